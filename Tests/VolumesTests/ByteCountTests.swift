import Testing
import Volumes

@Suite("Byte counts")
struct ByteCountTests {
    private let largest = ByteCount(known: .max)

    @Test("There is no negative count")
    func negative() {
        #expect(ByteCount(-1) == nil)
        #expect(ByteCount(.min) == nil)
        #expect(ByteCount(0) == .zero)
    }

    @Test("Sums stop at the largest count and differences at zero")
    func saturation() {
        #expect(largest + largest == largest)
        #expect(largest + .zero == largest)
        #expect(ByteCount.gibibytes(1) + .gibibytes(2) == .gibibytes(3))
        #expect(ByteCount.zero.minus(largest) == .zero)
        #expect(ByteCount.gibibytes(3).minus(.gibibytes(1)) == .gibibytes(2))
    }

    @Test("Rounding up is exact, and has no answer where it would overflow")
    func rounding() {
        let unit = ByteCount(known: 4096)
        for (bytes, wanted) in [(0, 0), (1, 4096), (4095, 4096), (4096, 4096), (4097, 8192)]
            as [(Int64, Int64)]
        {
            #expect(ByteCount(known: bytes).roundedUp(to: unit)?.bytes == wanted)
        }
        #expect(largest.roundedUp(to: unit) == nil)
        let last = ByteCount(known: Int64.max - 4095)
        #expect(last.roundedUp(to: unit) == last)
    }

    @Test("A count is shown in its largest exact unit")
    func shown() {
        #expect("\(ByteCount.gibibytes(1024))" == "1 TiB")
        #expect("\(ByteCount.gibibytes(3))" == "3 GiB")
        #expect("\(ByteCount.mebibytes(1))" == "1 MiB")
        #expect("\(ByteCount(known: 1536))" == "1536 bytes")
        #expect("\(ByteCount(known: 1024))" == "1 KiB")
        #expect("\(ByteCount.zero)" == "0 bytes")
        #expect("\(largest)" == "9223372036854775807 bytes")
    }
}
