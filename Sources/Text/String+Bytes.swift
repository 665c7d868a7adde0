// Text: what may be done to text that somebody else chose, at a cost of no more than its length.
//
// Swift compares, hashes, searches and cuts a String by characters and in normalized form. A text of 32 KB that is one
// letter with thousands of accents makes each of that take seconds. Bytes have no such form: what is equal here is equal
// byte by byte, as it is for digests, files and other programs. Imports nothing; any target may import it.

extension String {
    /// The text if it has at most so many bytes, else its beginning, ended where a Unicode scalar ends.
    package func cut(bytes limit: Int) -> String {
        guard utf8.count > limit else { return self }
        var end = utf8.index(utf8.startIndex, offsetBy: max(limit, 0))
        while end > utf8.startIndex, UTF8.isContinuation(utf8[end]) { utf8.formIndex(before: &end) }
        return String(self[..<end])
    }

    /// Whether the two have the same bytes; `é` in one scalar is not `é` in two.
    package func isSame(as other: String) -> Bool { utf8.elementsEqual(other.utf8) }

    /// Whether the bytes of the text begin with those of the other one.
    package func begins(with beginning: String) -> Bool { utf8.starts(with: beginning.utf8) }

    /// Whether the bytes of the text end with those of the other one.
    package func ends(with end: String) -> Bool { utf8.reversed().starts(with: end.utf8.reversed()) }

    /// Whether the bytes of the other text stand somewhere in this one; any text holds the empty one.
    ///
    /// Costs the product of both lengths at worst, so at least one of them has to be short.
    package func holds(_ part: String) -> Bool {
        let bytes = Array(utf8)
        let wanted = Array(part.utf8)
        guard let first = wanted.first else { return true }
        guard bytes.count >= wanted.count else { return false }
        return (0...(bytes.count - wanted.count)).contains { place in
            bytes[place] == first && bytes[place...].starts(with: wanted)
        }
    }

    /// What stands between the separators, which are ASCII; empty parts only where they are wanted.
    package func parts(at separator: Unicode.Scalar, keepingEmpty: Bool = false) -> [String] {
        utf8.split(separator: UInt8(ascii: separator), omittingEmptySubsequences: !keepingEmpty)
            .map { String(Substring($0)) }
    }

    /// What stands before and behind the first separator, which is ASCII; nothing where there is none.
    package func halves(at separator: Unicode.Scalar) -> (before: String, behind: String)? {
        guard let mark = utf8.firstIndex(of: UInt8(ascii: separator)) else { return nil }
        return (String(self[..<mark]), String(self[utf8.index(after: mark)...]))
    }

    /// The text behind a beginning; nothing where it begins otherwise.
    package func behind(_ beginning: String) -> String? {
        guard begins(with: beginning) else { return nil }
        return String(self[utf8.index(utf8.startIndex, offsetBy: beginning.utf8.count)...])
    }

    /// Whether the text is printable ASCII without blanks, and so looks like what it is.
    package var isPlain: Bool { utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F } }
}

extension Dictionary where Key == String {
    /// The pairs in the order of the bytes of their keys.
    package var inByteOrder: [(key: String, value: Value)] {
        sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
    }
}

extension RawRepresentable where RawValue == String {
    /// The case that is spelled so; anything long is none, without a look at what it is.
    package init?(word: String) {
        guard word.utf8.count <= 64, word.isPlain else { return nil }
        self.init(rawValue: word)
    }
}
