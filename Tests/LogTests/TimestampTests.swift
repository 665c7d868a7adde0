import Log
import Testing

@Suite("Timestamp")
struct TimestampTests {
    @Test(
        "A moment is written in UTC with milliseconds",
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"),
            (-1, "1969-12-31T23:59:59.999Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (951_868_799_999, "2000-02-29T23:59:59.999Z"),
            (1_709_164_800_000, "2024-02-29T00:00:00.000Z"),
            (1_735_689_599_007, "2024-12-31T23:59:59.007Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
            (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
        ] as [(Int64, String)])
    func rfc3339(milliseconds: Int64, text: String) {
        #expect(Timestamp(millisecondsSinceEpoch: milliseconds).rfc3339 == text)
    }

    @Test("The clock is read in this century and does not stand still for ever")
    func now() {
        let first = Timestamp.now()
        #expect(first > Timestamp(millisecondsSinceEpoch: 1_700_000_000_000))
        #expect(first < Timestamp(millisecondsSinceEpoch: 4_102_444_800_000))
    }
}
