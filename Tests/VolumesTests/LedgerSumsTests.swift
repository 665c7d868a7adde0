import Testing
import Volumes
import VolumesTestSupport

@Suite("The sums of the ledger")
struct LedgerSumsTests {
    private struct Volume {
        let size, held: Int64
        let isThick: Bool
        let lineage: VolumeName
    }

    private static let policy = CapacityPolicy(reserve: .bytes(.zero), overcommitThousandths: 2000)

    @Test("They are what walking over all volumes gives, whatever came, changed and went", arguments: 0..<40)
    func sums(seed: UInt64) throws {
        var random = SplitMix(state: seed)
        func below(_ bound: Int) -> Int { random.below(bound) }
        let names = try (0..<12).map { try known(VolumeName(folder: "v\($0)")) }
        var ledger = Ledger(policy: Self.policy)
        var volumes: [VolumeName: Volume] = [:]
        var snapshots: [VolumeName: VolumeName] = [:]
        for _ in 0..<400 {
            let name = names[below(names.count)]
            switch below(6) {
            case 0, 1:
                let volume = Volume(
                    size: Int64(below(100) + 1), held: Int64(below(120)), isThick: below(2) == 0,
                    lineage: below(3) == 0 ? name : names[below(3)])
                volumes[name] = volume
                ledger.enter(
                    volume: name, ByteCount(known: volume.size), volume.isThick ? .thick : .thin,
                    held: ByteCount(known: volume.held), lineage: volume.lineage)
            case 2:
                guard let old = volumes[name] else { continue }
                let held = Int64(below(120))
                volumes[name] = Volume(
                    size: old.size, held: held, isThick: old.isThick, lineage: old.lineage)
                ledger.observe(name, held: ByteCount(known: held))
            case 3:
                let lineage = names[below(3)]
                snapshots[name] = lineage
                ledger.enter(snapshot: name, lineage: lineage)
            case 4:
                snapshots[name] = nil
                ledger.release(.snapshot(name))
                ledger.settle(ledger.departing)
            default:
                volumes[name] = nil
                ledger.release(.volume(name))
                ledger.settle(ledger.departing)
            }
            expect(ledger, volumes, Set(snapshots.values))
        }
    }

    private func expect(_ ledger: Ledger, _ volumes: [VolumeName: Volume], _ pinned: Set<VolumeName>) {
        var (promised, outstanding, exposure): (Int64, Int64, Int64) = (0, 0, 0)
        for (lineage, family) in Dictionary(grouping: volumes.values, by: \.lineage) {
            let promises = family.map { $0.isThick ? $0.size : ($0.size + 1) / 2 }
            promised += promises.reduce(0, +)
            let isPinned = pinned.contains(lineage)
            let kept = zip(family, promises).map { min($0.held, $1) }.max() ?? 0
            let keptInFull = family.map { min($0.held, $0.size) }.max() ?? 0
            outstanding += promises.reduce(0, +) - (isPinned ? 0 : kept)
            exposure += family.map(\.size).reduce(0, +) - (isPinned ? 0 : keptInFull)
        }
        #expect(ledger.promised.bytes == promised)
        #expect(ledger.outstanding.bytes == outstanding)
        #expect(ledger.exposure.bytes == exposure)
    }

    @Test(
        "Thousands of copies of one volume are entered and taken out without a walk over them",
        .timeLimit(.minutes(1)))
    func copies() throws {
        var ledger = Ledger(policy: .standard)
        let root = try known(VolumeName(folder: "root"))
        let names = try (0..<40_000).map { try known(VolumeName(folder: "copy-\($0)")) }
        ledger.enter(volume: root, .gibibytes(1), .thick, held: .gibibytes(1))
        for name in names {
            ledger.enter(volume: name, .gibibytes(1), .thick, held: .gibibytes(1), lineage: root)
        }
        #expect(ledger.outstanding == .gibibytes(40_000))
        for name in names { ledger.release(.volume(name)) }
        ledger.settle(ledger.departing)
        #expect(ledger.outstanding == .zero)
    }

    @Test("What a torn snapshot holds stays set aside until it is gone")
    func pins() throws {
        var ledger = Ledger(policy: .standard)
        let name = try known(VolumeName(folder: "s"))
        let torn = TornObject(
            .snapshot(name), "it is torn",
            footprint: ImageState(size: .gibibytes(4), allocated: .gibibytes(3)))
        for _ in 0..<2 { ledger.enter(torn, sharesBlocks: true) }
        #expect(ledger.outstanding == .gibibytes(3))
        ledger.enter(torn, sharesBlocks: false)
        #expect(ledger.outstanding == .zero)
        ledger.enter(torn, sharesBlocks: true)
        ledger.release(.snapshot(name))
        #expect(ledger.outstanding == .zero && ledger.exposure == .zero)
    }
}
