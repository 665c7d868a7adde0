import Testing

@testable import DriverApp

@Suite("Lines of the health page")
struct TroubleLinesTests {
    @Test("Few troubles have a line each")
    func few() { #expect(TroubleLines.text(["a", "b"]) == "a\nb") }

    @Test("Many are counted after the twentieth, and long ones are cut")
    func many() {
        let text = TroubleLines.text((1...100).map { "\($0)" + String(repeating: "é", count: 1 << 16) })
        let lines = text.split(separator: "\n")
        #expect(lines.count == 21 && lines.last == "and 80 more")
        #expect(text.utf8.count < 21 * 1025)
    }

    @Test("A line stays a line, whatever is in it")
    func lineEnds() { #expect(TroubleLines.text(["a\nok\u{1b}[2J"]).split(separator: "\n").count == 1) }
}
