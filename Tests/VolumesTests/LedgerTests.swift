import Testing
import Volumes
import VolumesTestSupport

@Suite("The promises made on a pool")
struct LedgerTests {
    private let space = PoolSpace(total: ByteCount(known: 1000), free: ByteCount(known: 1000))
    private let a: VolumeName
    private let b: VolumeName

    init() throws {
        a = try known(VolumeName(folder: "a"))
        b = try known(VolumeName(folder: "b"))
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
        try ledger.begin(.volume(a), costing: ByteCount(known: 400), in: space)
        #expect(
            try fault { try ledger.begin(.volume(b), costing: ByteCount(known: 601), in: space) } == .noSpace)
        #expect(ledger.available(in: space).bytes == 600)
        try ledger.begin(.volume(b), costing: ByteCount(known: 600), in: space)
        #expect(ledger.available(in: space) == .zero)
        ledger.end(.volume(b))
        ledger.end(.volume(a))
        ledger.end(.volume(a))
        #expect(ledger.available(in: space).bytes == 1000)
    }

    @Test("More is set aside for the same object only as far as it needs more")
    func more() throws {
        var ledger = ledger()
        try ledger.begin(.snapshot(a), costing: ByteCount(known: 700), in: space)
        try ledger.begin(.snapshot(a), costing: ByteCount(known: 200), in: space)
        #expect(ledger.available(in: space).bytes == 300)
        try ledger.begin(.snapshot(a), costing: ByteCount(known: 1000), in: space)
        #expect(ledger.available(in: space) == .zero)
    }

    @Test("How far a creation has got with allocating changes nothing, until something else takes the room")
    func underWay() throws {
        var ledger = ledger()
        try ledger.begin(.volume(a), costing: ByteCount(known: 400), in: space)
        for free in [1000, 800, 600] as [Int64] {
            let now = PoolSpace(total: space.total, free: ByteCount(known: free))
            #expect(ledger.available(in: now).bytes == 600)
        }
        let others = PoolSpace(total: space.total, free: ByteCount(known: 100))
        #expect(ledger.available(in: others).bytes == 100)
        ledger.enter(volume: a, ByteCount(known: 400), .thick, held: ByteCount(known: 400))
        ledger.end(.volume(a), allocated: ByteCount(known: 400))
        let after = PoolSpace(total: space.total, free: ByteCount(known: 600))
        #expect(ledger.available(in: after).bytes == 600)
    }

    @Test("What others wrote beside the pool is not taken for room that a promise can come to stand on")
    func foreign() {
        var ledger = ledger()
        ledger.enter(volume: a, ByteCount(known: 200), .thick, held: ByteCount(known: 200))
        ledger.enter(snapshot: b, lineage: a)
        // 300 bytes belong to somebody else, 200 to the volume, and 200 may be unshared.
        let now = PoolSpace(total: space.total, free: ByteCount(known: 500))
        #expect(ledger.available(in: now).bytes == 300)
    }

    @Test(
        "Of a volume with snapshots every block may be overwritten once more, however many snapshots there are"
    )
    func snapshots() throws {
        var ledger = ledger()
        ledger.enter(volume: a, ByteCount(known: 300), .thick, held: ByteCount(known: 300))
        #expect(ledger.outstanding == .zero && !ledger.owes(a))
        #expect(ledger.cost(ofSharing: [a]).promised.bytes == 300)
        ledger.enter(snapshot: b, lineage: a)
        #expect(ledger.outstanding.bytes == 300 && ledger.owes(a))
        #expect(ledger.cost(ofSharing: [a]).promised == .zero)
        ledger.enter(snapshot: a, lineage: a)
        #expect(ledger.outstanding.bytes == 300)
        for name in [a, b] { ledger.release(.snapshot(name)) }
        // The blocks of the deleted ones are not given back yet.
        #expect(ledger.outstanding.bytes == 300)
        ledger.settle(ledger.departing)
        #expect(ledger.outstanding == .zero && ledger.departing.isEmpty)
    }

    @Test("Of volumes that share blocks among themselves, each but the last needs its own")
    func clones() throws {
        var ledger = ledger()
        let c = try known(VolumeName(folder: "c"))
        for name in [a, b, c] {
            ledger.enter(
                volume: name, ByteCount(known: 100), .thick, held: ByteCount(known: 100), lineage: a)
        }
        #expect(ledger.outstanding.bytes == 200)
        // A snapshot of a clone holds blocks of all.
        ledger.enter(snapshot: c, lineage: a)
        #expect(ledger.outstanding.bytes == 300)
        ledger.release(.volume(c))
        ledger.release(.volume(a))
        ledger.settle(ledger.departing)
        #expect(ledger.outstanding.bytes == 100)
        ledger.release(.snapshot(c))
        ledger.settle(ledger.departing)
        #expect(ledger.outstanding == .zero)
    }

    @Test("A thin volume is owed what it does not hold, and all of it once a snapshot holds its blocks")
    func thin() {
        var ledger = ledger(overcommit: 2000)
        ledger.enter(volume: a, ByteCount(known: 200), .thin, held: .zero)
        #expect(ledger.outstanding.bytes == 100 && ledger.exposure.bytes == 200)
        ledger.observe(a, held: ByteCount(known: 60))
        #expect(ledger.outstanding.bytes == 40 && ledger.exposure.bytes == 140)
        ledger.observe(a, held: ByteCount(known: 150))
        #expect(ledger.outstanding == .zero && ledger.exposure.bytes == 50)
        #expect(ledger.cost(ofSharing: [a]).promised.bytes == 100)
        ledger.enter(snapshot: b, lineage: a)
        #expect(ledger.outstanding.bytes == 100 && ledger.exposure.bytes == 200)
    }

    @Test("Entering and releasing are symmetric, in any order and repeated")
    func symmetry() {
        var ledger = ledger()
        for _ in 0..<3 {
            ledger.enter(volume: a, ByteCount(known: 300), .thick, held: .zero)
            ledger.enter(volume: b, ByteCount(known: 200), .thick, held: .zero)
            ledger.enter(volume: a, ByteCount(known: 100), .thick, held: .zero)
            #expect(ledger.promised.bytes == 300 && ledger.outstanding.bytes == 300)
            ledger.release(.volume(b))
            ledger.release(.volume(b))
            #expect(ledger.promised.bytes == 100)
            ledger.release(.volume(a))
            #expect(ledger.promised == .zero && ledger.outstanding == .zero)
            #expect(ledger.count == 0)
        }
    }

    @Test("What exists is entered even where it is too much, and nothing is available then")
    func overfull() {
        var ledger = ledger()
        ledger.enter(volume: a, ByteCount(known: 5000), .thick, held: .zero)
        #expect(ledger.available(in: space) == .zero)
    }

    @Test("Sums near the largest number neither trap nor turn negative")
    func extremes() throws {
        var ledger = ledger(.percent(90))
        let most = ByteCount(known: .max)
        ledger.enter(volume: a, most, .thick, held: .zero)
        ledger.enter(volume: b, ByteCount(known: 1), .thick, held: .zero)
        #expect(ledger.promised == most)
        let huge = PoolSpace(total: most, free: most)
        #expect(ledger.available(in: huge) == .zero)
        #expect(try fault { try ledger.begin(.volume(b), costing: most, in: huge) } == .noSpace)
        #expect(CapacityPolicy.standard.reserved(of: most) < most)
    }

    @Test("A pool is under pressure when little is free and less than its volumes may still take")
    func pressure() {
        var ledger = ledger()
        func at(_ free: Int64) -> PoolPressure {
            ledger.pressure(in: PoolSpace(total: space.total, free: ByteCount(known: free)))
        }
        #expect(at(0) == .none)
        ledger.enter(volume: a, ByteCount(known: 400), .thin, held: ByteCount(known: 300))
        #expect(at(100) == .none)
        #expect(at(99) == .low)
        #expect(at(50) == .low)
        #expect(at(49) == .critical)
        ledger.enter(volume: b, ByteCount(known: 900), .thin, held: .zero)
        #expect(at(150) == .none)
        #expect(at(149) == .low)
    }

    @Test("A critically full pool lets its thin volumes grow no further than it has room")
    func critical() throws {
        var ledger = ledger(overcommit: 100_000)
        let tight = PoolSpace(total: space.total, free: ByteCount(known: 40))
        #expect(ledger.exposable(in: tight).bytes == 40)
        let cost = ByteCount(known: 1)
        #expect(
            try fault {
                try ledger.begin(.volume(a), costing: cost, exposing: ByteCount(known: 41), in: tight)
            } == .noSpace)
        try ledger.begin(.volume(a), costing: cost, exposing: ByteCount(known: 40), in: tight)
        #expect(ledger.exposable(in: space).bytes == .max)
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
        #expect(generous.commitment(of: ByteCount(known: .max), .thin).bytes == .max / 1000 + 1)
    }

    @Test(
        "The largest thin volume fits, at every ratio",
        arguments: [1000, 1001, 1333, 1500, 3000, 7777] as [Int64])
    func largestFits(ratio: Int64) {
        let policy = CapacityPolicy(reserve: .percent(0), overcommitThousandths: ratio)
        for room in [0, 1, 999, 4096, 1 << 30, (1 << 40) + 7] as [Int64] {
            let room = ByteCount(known: room)
            let largest = policy.largest(.thin, in: room)
            #expect(policy.commitment(of: largest, .thin) <= room)
            #expect(policy.commitment(of: largest + ByteCount(known: 1), .thin) > room)
        }
    }
}
