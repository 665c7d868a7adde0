import Text

/// Finds what somebody most likely meant.
enum Nearest {
    /// The word that takes the fewest changes of single bytes, if they are few for its length; of several the first.
    static func to(_ word: String, among known: [String]) -> String? {
        let word = word.cut(bytes: 64)
        let near = known.map { ($0, changes(Array(word.utf8), Array($0.utf8))) }.min { $0.1 < $1.1 }
        guard let near, near.1 <= max(1, near.0.utf8.count / 3) else { return nil }
        return near.0
    }

    /// How many bytes have to be put in, taken out or replaced.
    private static func changes(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var row = Array(0...right.count)
        for (index, byte) in left.enumerated() {
            var diagonal = row[0]
            row[0] = index + 1
            for (place, other) in right.enumerated() {
                let replaced = diagonal + (byte == other ? 0 : 1)
                diagonal = row[place + 1]
                row[place + 1] = min(replaced, row[place] + 1, diagonal + 1)
            }
        }
        return row[right.count]
    }
}
