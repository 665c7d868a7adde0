import Testing

@testable import DriverApp

@Suite struct FigureTests {
    @Test(
        "bytes are told in the largest unit that leaves a whole part",
        arguments: [
            (0, "0 bytes"), (1023, "1023 bytes"), (1024, "1 KiB"), (1536, "1.5 KiB"), (1 << 30, "1 GiB"),
            (2 << 30, "2 GiB"), (1_020_702_720, "973.4 MiB"),
        ] as [(Int64, String)])
    func bytes(_ count: Int64, _ text: String) { #expect(Figure.bytes(count) == text) }

    @Test(
        "milliseconds have as many decimals as matter",
        arguments: [
            (0, "0.00"), (210_400, "0.21"), (9_449_999, "9.4"), (9_450_000, "9.5"), (99_949_999, "99.9"),
            (123_456_789, "123"),
        ] as [(Int64, String)])
    func milliseconds(_ nanoseconds: Int64, _ text: String) {
        #expect(Figure.milliseconds(nanoseconds) == text)
    }

    @Test("a decimal keeps the zeros after its point")
    func decimal() {
        #expect(Figure.decimal(105, unit: 100, decimals: 2) == "1.05")
        #expect(Figure.decimal(5, unit: 10, decimals: 0) == "1")
        #expect(Figure.decimal(Int64.max / 1000, unit: Int64.max / 1000, decimals: 2) == "1.00")
    }

    @Test("padding never cuts")
    func padding() {
        #expect(Figure.padded("ab", 4) == "ab  ")
        #expect(Figure.padded("ab", 4, toTheRight: true) == "  ab")
        #expect(Figure.padded("abcdef", 4) == "abcdef")
    }
}
