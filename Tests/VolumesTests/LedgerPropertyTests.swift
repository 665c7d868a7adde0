import Testing
import Volumes
import VolumesTestSupport

@Suite("The ledger against a pool of blocks")
struct LedgerPropertyTests {
    @Test(
        "Whatever was created, cut, cloned, written and deleted: all thick volumes and covered thin ones can be written",
        arguments: 0..<60)
    func neverLies(seed: UInt64) throws {
        var pool = BlockPool(seed: seed)
        for _ in 0..<400 { try pool.step() }
        try pool.writeEverything()
    }
}

/// A pool that shares blocks as XFS does, with a ledger that knows what the driver knows of it.
private struct BlockPool {
    private struct Volume {
        var blocks: [Int?]
        let provisioning: Provisioning
        let lineage: VolumeName
    }

    private static let total = 600
    private var random: SplitMix
    private var ledger: Ledger
    private var references: [Int: Int] = [:]
    private var nextBlock = 0
    private var foreign = 0
    private var volumes: [VolumeName: Volume] = [:]
    private var snapshots: [VolumeName: (blocks: [Int?], lineage: VolumeName)] = [:]
    private var trash: [[Int?]] = []
    private var nextName = 0

    init(seed: UInt64) {
        random = SplitMix(state: seed)
        ledger = Ledger(
            policy: CapacityPolicy(reserve: .bytes(ByteCount(known: 10)), overcommitThousandths: 1000))
    }

    private var free: Int { Self.total - references.count - foreign }

    private var space: PoolSpace {
        PoolSpace(total: ByteCount(known: Int64(Self.total)), free: ByteCount(known: Int64(free)))
    }

    private mutating func name() throws -> VolumeName {
        nextName += 1
        return try known(VolumeName(folder: "v\(nextName)"))
    }

    private mutating func allocate() throws -> Int {
        try #require(free > 0, "the pool is full")
        nextBlock += 1
        references[nextBlock] = 1
        return nextBlock
    }

    private mutating func drop(_ block: Int?) {
        guard let block, let count = references[block] else { return }
        references[block] = count == 1 ? nil : count - 1
    }

    private mutating func write(_ name: VolumeName, _ index: Int) throws {
        let old = volumes[name]?.blocks[index] ?? nil
        if let old, references[old] == 1 { return }
        let new = try allocate()
        volumes[name]?.blocks[index] = new
        drop(old)
    }

    mutating func step() throws {
        switch random.below(12) {
        case 0...2: try create()
        case 3, 4: try cut()
        case 5: try clone()
        case 6: try delete()
        case 7: reclaim()
        case 8: try strangers()
        case 9: look()
        default: try writeSome()
        }
    }

    private mutating func reserved(_ key: ObjectKey, _ cost: Int) -> Bool {
        let available = Int(ledger.available(in: space).bytes)
        do {
            try ledger.begin(key, costing: ByteCount(known: Int64(cost)), in: space)
            #expect(cost <= available)
            return true
        } catch {
            #expect(cost > available || cost == 0)
            return false
        }
    }

    private mutating func create() throws {
        let (name, size) = (try name(), 1 + random.below(60))
        let provisioning: Provisioning = random.below(3) == 0 ? .thin : .thick
        // To the byte as well: exactly what is left now and then.
        let left = Int(ledger.available(in: space).bytes)
        let wish = random.below(5) == 0 && left > 0 ? left : size
        guard reserved(.volume(name), wish) else { return }
        var blocks = [Int?](repeating: nil, count: wish)
        if provisioning == .thick { for index in blocks.indices { blocks[index] = try allocate() } }
        enter(name, Volume(blocks: blocks, provisioning: provisioning, lineage: name))
    }

    private mutating func enter(_ name: VolumeName, _ volume: Volume) {
        volumes[name] = volume
        let held = ByteCount(known: Int64(volume.blocks.count { $0 != nil }))
        ledger.enter(
            volume: name, ByteCount(known: Int64(volume.blocks.count)), volume.provisioning, held: held,
            lineage: volume.lineage)
        ledger.end(.volume(name), allocated: held)
    }

    private mutating func cut() throws {
        guard let (source, volume) = random.element(of: volumes) else { return }
        // As the driver does: the image is looked at when the volume stands still.
        ledger.observe(source, held: ByteCount(known: Int64(volume.blocks.count { $0 != nil })))
        let name = try name()
        guard reserved(.snapshot(name), Int(ledger.cost(ofSharing: [source]).promised.bytes)) else { return }
        for case .some(let block) in volume.blocks { references[block, default: 0] += 1 }
        snapshots[name] = (volume.blocks, volume.lineage)
        ledger.enter(snapshot: name, lineage: volume.lineage)
        ledger.end(.snapshot(name))
    }

    private mutating func clone() throws {
        let source: (blocks: [Int?], lineage: VolumeName)
        if random.below(2) == 0, let (_, snapshot) = random.element(of: snapshots) {
            source = snapshot
        } else if let (_, volume) = random.element(of: volumes) {
            source = (volume.blocks, volume.lineage)
        } else {
            return
        }
        let name = try name()
        let provisioning: Provisioning = random.below(3) == 0 ? .thin : .thick
        var blocks = source.blocks + [Int?](repeating: nil, count: random.below(10))
        guard reserved(.volume(name), blocks.count) else { return }
        for case .some(let block) in blocks { references[block, default: 0] += 1 }
        if provisioning == .thick {
            for index in blocks.indices where blocks[index] == nil { blocks[index] = try allocate() }
        }
        enter(name, Volume(blocks: blocks, provisioning: provisioning, lineage: source.lineage))
    }

    private mutating func delete() throws {
        if random.below(2) == 0, let (name, snapshot) = random.element(of: snapshots) {
            snapshots[name] = nil
            trash.append(snapshot.blocks)
            ledger.release(.snapshot(name))
        } else if let (name, volume) = random.element(of: volumes) {
            volumes[name] = nil
            trash.append(volume.blocks)
            ledger.release(.volume(name))
        }
    }

    private mutating func reclaim() {
        for blocks in trash { for block in blocks { drop(block) } }
        trash = []
        ledger.settle(ledger.departing)
    }

    /// Others write as much as nobody was promised, or remove what they wrote.
    private mutating func strangers() throws {
        let room = Int(ledger.available(in: space).bytes)
        foreign = random.below(2) == 0 ? foreign / 2 : foreign + random.below(room / 4 + 1)
    }

    /// Somebody asks for the statistics of a volume.
    private mutating func look() {
        guard let (name, volume) = random.element(of: volumes) else { return }
        ledger.observe(name, held: ByteCount(known: Int64(volume.blocks.count { $0 != nil })))
    }

    private mutating func writeSome() throws {
        guard let (name, volume) = random.element(of: volumes) else { return }
        for index in volume.blocks.indices where random.below(2) == 0 { try write(name, index) }
    }

    mutating func writeEverything() throws {
        for name in volumes.keys.sorted() {
            for index in volumes[name]?.blocks.indices ?? 0..<0 { try write(name, index) }
        }
    }
}

struct SplitMix {
    var state: UInt64

    mutating func below(_ bound: Int) -> Int {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return Int((mixed ^ (mixed >> 31)) % UInt64(bound))
    }

    mutating func element<Value>(of map: [VolumeName: Value]) -> (VolumeName, Value)? {
        guard !map.isEmpty else { return nil }
        let name = map.keys.sorted()[below(map.count)]
        return map[name].map { (name, $0) }
    }
}
