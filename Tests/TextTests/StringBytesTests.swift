import Testing
import Text

/// One letter with so many accents that characters of it cost the square of its length.
private let accents = "a" + String(repeating: "\u{301}\u{323}", count: 400_000)

@Suite("Text by its bytes")
struct StringBytesTests {
    private enum Color: String { case red, blue }

    @Test("is cut at a number of bytes, and never inside a scalar")
    func cut() {
        #expect("abc".cut(bytes: 3) == "abc")
        #expect("abc".cut(bytes: 2) == "ab")
        #expect("aä".cut(bytes: 2) == "a")
        #expect("ä".cut(bytes: 1) == "")
        #expect("😀😀".cut(bytes: 7).utf8.elementsEqual("😀".utf8))
        #expect("abc".cut(bytes: 0) == "")
        #expect("abc".cut(bytes: -1) == "")
        #expect(accents.cut(bytes: 128).utf8.count == 127)
    }

    @Test("is the same only byte for byte")
    func same() {
        #expect("é" == "e\u{301}")
        #expect(!"é".isSame(as: "e\u{301}"))
        #expect("é".isSame(as: "é"))
        #expect(!accents.isSame(as: accents + "x"))
    }

    @Test("is searched, split and taken apart where it says so, whatever accents follow")
    func places() {
        #expect("abc".begins(with: "ab") && !"abc".begins(with: "b") && "abc".begins(with: ""))
        #expect("abc".ends(with: "bc") && !"abc".ends(with: "ab") && !"c".ends(with: "bc"))
        #expect("abcabd".holds("abd") && !"abc".holds("abcd") && "abc".holds("") && !"".holds("a"))
        #expect(",a,,b".parts(at: ",") == ["a", "b"])
        #expect(",a,".parts(at: ",", keepingEmpty: true) == ["", "a", ""])
        #expect("a/\u{301}b".parts(at: "/").count == 2)
        #expect("a=b=c".halves(at: "=")?.before == "a" && "a=b=c".halves(at: "=")?.behind == "b=c")
        #expect("a".halves(at: "=") == nil)
        #expect("pool.a".behind("pool.") == "a" && "poo".behind("pool.") == nil)
    }

    @Test("is a word only if it is short and plain")
    func words() {
        #expect(Color(word: "red") == .red)
        #expect(Color(word: "green") == nil && Color(word: "") == nil)
        #expect(Color(word: accents) == nil)
        #expect("a-b.c/d".isPlain && !"a b".isPlain && !"ä".isPlain && !"a\n".isPlain)
    }

    @Test("with accents without end takes no longer than other text of that length")
    func cost() {
        // By characters each of these takes minutes.
        for _ in 0..<20 {
            #expect(accents.cut(bytes: 1000).utf8.count == 999)
            #expect(!accents.holds("volume") && !accents.ends(with: "x") && accents.begins(with: "a"))
            #expect(accents.parts(at: ",").count == 1)
            #expect(!accents.isPlain && accents.halves(at: "=") == nil)
        }
    }
}
