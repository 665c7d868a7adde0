import Testing
import Volumes
import VolumesTestSupport

@Suite("The promises made on a pool")
struct LedgerTests {
    private let space = PoolSpace(total: ByteCount(known: 1000), free: ByteCount(known: 1000))
    private let a: ObjectKey
    private let b: ObjectKey

    init() throws {
        a = .volume(try known(VolumeName(folder: "a")))
        b = .volume(try known(VolumeName(folder: "b")))
    }

    private func ledger(
        _ reserve: CapacityPolicy.Reserve = .bytes(.zero), overcommit: Int64 = 1000
    ) -> Ledger {
        Ledger(policy: CapacityPolicy(reserve: reserve, overcommitThousandths: overcommit))
    }

    @Test("The reserve is never promised, whether in bytes or in percent")
    func reserve() {
        #expect(ledger(.bytes(ByteCount(known: 100))).available(in: space).bytes == 900)
        #expect(ledger(.percent(5)).available(in: space).bytes == 950)
        #expect(ledger(.percent(0)).available(in: space).bytes == 1000)
        #expect(ledger(.bytes(ByteCount(known: 5000))).available(in: space) == .zero)
    }

    @Test("No more is promised than is really free, less the reserve")
    func reallyFree() {
        let tight = PoolSpace(total: ByteCount(known: 1000), free: ByteCount(known: 150))
        #expect(ledger(.percent(10)).available(in: tight).bytes == 50)
        let full = PoolSpace(total: ByteCount(known: 1000), free: .zero)
        #expect(ledger(.percent(10)).available(in: full) == .zero)
    }

    @Test("A promise is kept to the byte and refused one byte above, with the ledger unchanged")
    func toTheByte() throws {
        var ledger = ledger()
        try ledger.reserve(a, ByteCount(known: 400), in: space)
        #expect(try fault { try ledger.reserve(b, ByteCount(known: 601), in: space) } == .noSpace)
        #expect(ledger.committed.bytes == 400)
        #expect(ledger.count == 1)
        try ledger.reserve(b, ByteCount(known: 600), in: space)
        #expect(ledger.available(in: space) == .zero)
    }

    @Test("Growing a promise needs room for the difference only")
    func growth() throws {
        var ledger = ledger()
        try ledger.reserve(a, ByteCount(known: 700), in: space)
        try ledger.reserve(a, ByteCount(known: 1000), in: space)
        #expect(ledger.committed.bytes == 1000)
        #expect(try fault { try ledger.reserve(a, ByteCount(known: 1001), in: space) } == .noSpace)
    }

    @Test("Entering and releasing are symmetric, in any order and repeated")
    func symmetry() {
        var ledger = ledger()
        for _ in 0..<3 {
            ledger.enter(a, ByteCount(known: 300))
            ledger.enter(b, ByteCount(known: 200))
            ledger.enter(a, ByteCount(known: 100))
            #expect(ledger.committed.bytes == 300)
            ledger.release(b)
            ledger.release(b)
            #expect(ledger.committed.bytes == 100)
            ledger.release(a)
            #expect(ledger.committed == .zero)
            #expect(ledger.count == 0)
        }
    }

    @Test("A volume and a snapshot of one name are two promises")
    func keys() throws {
        let name = try known(VolumeName(folder: "a"))
        var ledger = ledger()
        try ledger.reserve(.volume(name), ByteCount(known: 400), in: space)
        try ledger.reserve(.snapshot(name), ByteCount(known: 300), in: space)
        #expect(ledger.committed.bytes == 700)
        #expect(ledger.count == 2)
        ledger.release(.volume(name))
        #expect(ledger.committed.bytes == 300)
    }

    @Test("What exists is entered even where it is too much, and nothing is available then")
    func overfull() {
        var ledger = ledger()
        ledger.enter(a, ByteCount(known: 5000))
        #expect(ledger.available(in: space) == .zero)
    }

    @Test("Sums near the largest number neither trap nor turn negative")
    func extremes() throws {
        var ledger = ledger(.percent(90))
        let most = ByteCount(known: .max)
        ledger.enter(a, most)
        ledger.enter(b, ByteCount(known: 1))
        #expect(ledger.committed == most)
        let huge = PoolSpace(total: most, free: most)
        #expect(ledger.available(in: huge) == .zero)
        #expect(try fault { try ledger.reserve(b, most, in: huge) } == .noSpace)
        #expect(CapacityPolicy.standard.reserved(of: most) < most)
    }

    @Test("Thick volumes count in full, thin ones by the overcommit ratio")
    func overcommit() {
        let policy = CapacityPolicy(reserve: .percent(0), overcommitThousandths: 1500)
        #expect(policy.commitment(of: ByteCount(known: 900), .thick).bytes == 900)
        #expect(policy.commitment(of: ByteCount(known: 900), .thin).bytes == 600)
        #expect(policy.largest(.thick, in: ByteCount(known: 600)).bytes == 600)
        #expect(policy.largest(.thin, in: ByteCount(known: 600)).bytes == 900)
        let generous = CapacityPolicy(reserve: .percent(0), overcommitThousandths: 1_000_000)
        #expect(generous.largest(.thin, in: ByteCount(known: .max)).bytes == .max)
        #expect(generous.commitment(of: ByteCount(known: .max), .thin).bytes == .max / 1000)
    }

    @Test(
        "The largest thin volume fits, at every ratio",
        arguments: [1000, 1001, 1333, 1500, 3000, 7777] as [Int64])
    func largestFits(ratio: Int64) {
        let policy = CapacityPolicy(reserve: .percent(0), overcommitThousandths: ratio)
        for room in [0, 1, 999, 4096, 1 << 30, (1 << 40) + 7] as [Int64] {
            let room = ByteCount(known: room)
            #expect(policy.commitment(of: policy.largest(.thin, in: room), .thin) <= room)
        }
    }
}
