import LinuxHost
import Pool
import TestSupport
import Testing
import Volumes
import VolumesTestSupport

@Suite("What is torn on disk", .requiresRoot)
struct TornRecordTests {
    private let rig: PoolRig

    init() throws { rig = try PoolRig() }

    /// Things that a record can be, besides itself, as shell commands in the folder of the object.
    static let damages = [
        "rm $R", ": > $R", "head -c 5 $R > x && mv x $R", "head -c 100000 /dev/zero > $R",
        "rm $R && mkfifo $R", "rm $R && mkdir $R", "rm $R && ln -s /etc/passwd $R",
        "rm $R && ln -s nowhere $R",
        "rm $R && mknod $R c 1 5", "echo '{}' > $R", "echo null > $R", "echo '[[[[[[' > $R",
        "echo '{\"version\":\"1\"}' > $R", "echo '{\"version\":9}' > $R",
        "sed -i 's/\"version\" : 1/\"version\" : 7/' $R", "sed -i 's/\"id\" : \"/\"id\" : \"f/' $R",
        "sed -i 's/\"sizeBytes\" : .*,/\"sizeBytes\" : 9223372036854775807,/' $R",
        "sed -i 's/\"sizeBytes\" : .*,/\"sizeBytes\" : 99999999999999999999999,/' $R",
        "sed -i 's/\"sizeBytes\" : .*,/\"sizeBytes\" : -4096,/' $R",
        "sed -i 's/\"sizeBytes\" : .*,/\"sizeBytes\" : 0,/' $R",
        "sed -i 's/\"sizeBytes\" : .*,/\"sizeBytes\" : 1073741824,/' $R",
        "sed -i 's/\"sizeBytes\" : .*,/\"sizeBytes\" : 1000,/' $R",
        "sed -i 's/\"sectorBytes\" : 4096/\"sectorBytes\" : 3/' $R",
        "sed -i 's/\"sectorBytes\" : 4096/\"sectorBytes\" : 8192/' $R",
        "sed -i 's/\"kind\" : \"block\"/\"kind\" : \"ntfs\"/' $R",
        "sed -i 's/\"provisioning\" : \"thick\"/\"provisioning\" : \"fat\"/' $R",
        "sed -i 's/\"version\"/\"lineage\" : \"..\\/x\", \"version\"/' $R", "rm image && mkfifo image",
        "rm image && mkdir image", "rm image && ln -s /etc/passwd image", "rm image && mknod image b 7 0",
    ]

    private func sh(_ script: String, in folder: String, record: String = "volume.json") throws {
        try TestTool.run("sh", ["-ec", "cd \(rig.path)/\(folder); R=\(record); \(script)"])
    }

    /// What lies in the folder of a volume, with sizes and times.
    private func files(of volume: String) throws -> [String] {
        let folder = try rig.folder("volumes/\(volume)")
        return try folder.entries().sorted().map { entry in
            let status = try folder.status(entry)
            return
                "\(entry) \(status?.sizeBytes ?? 0) \(status?.allocatedBytes ?? 0) \(status?.modifiedNanoseconds ?? 0)"
        }
    }

    private func catalog(_ pool: DiskPool) throws -> Catalog {
        try Catalog(
            pools: [(pool, .standard)], quieter: FakeQuieter(), inFlight: InFlight(), topologyPrefix: "t",
            sha256Hex: fakeDigest, now: { "" }, moment: { Moment(nanoseconds: 7) })
    }

    private func expectSentence(_ work: () throws -> Void) throws {
        let why = try #require(try complaint(work))
        #expect(
            why.contains("is set aside") && why.contains("loopcsi pool check") && why.utf8.count < 600,
            "\(why)")
        for word in ["Swift", "Error", "Context", "codingPath", "Optional"] {
            #expect(!why.contains(word), "\(why)")
        }
    }

    @Test("A volume is set aside in a sentence, whatever became of its record or image", arguments: damages)
    func volume(damage: String) throws {
        let torn = try rig.created("torn")
        let whole = try rig.created("whole")
        let before = try catalog(rig.pool)
        try sh(damage, in: "volumes/torn")
        let listing = try files(of: "torn")
        let pool = try rig.reopened()
        for catalog in [before, try catalog(pool)] {
            #expect(try catalog.list(after: nil, limit: nil).volumes.map(\.id) == [whole.id])
            #expect(catalog.tornObjects(inPool: torn.id.pool).map(\.key) == [.volume(torn.id.name)])
            try expectSentence { _ = try catalog.volume(torn.id) }
            try expectSentence { try catalog.delete(torn.id) }
            try expectSentence { _ = try catalog.create(Self.request("torn")) }
            try expectSentence {
                _ = try catalog.cut(SnapshotRequest(name: "s", source: torn.id, consistency: .frozen))
            }
            try expectSentence {
                let range = try CapacityRange(requiredBytes: 32 << 20, limitBytes: 0)
                _ = try catalog.expand(torn.id, to: range, usedAs: nil)
            }
        }
        #expect(try files(of: "torn") == listing)
        try pool.remove(whole.id.name)
    }

    private static func request(_ name: String) throws -> CreateRequest {
        try CreateRequest(
            name: name, range: try CapacityRange(requiredBytes: 16 << 20, limitBytes: 0), kind: .block,
            parameters: try VolumeParameters([:]))
    }

    @Test(
        "A snapshot and a group are set aside in the same way",
        arguments: damages.filter { !$0.contains("1073741824") && !$0.contains("lineage") })
    func snapshot(damage: String) throws {
        let volume = try rig.created()
        let cutter = try catalog(rig.pool)
        let snapshot = try cutter.cut(
            SnapshotRequest(name: "torn", source: volume.id, consistency: .frozen))
        _ = try cutter.cut(SnapshotRequest(name: "whole", source: volume.id, consistency: .frozen))
        let group = try cutter.cut(GroupRequest(name: "g", sourceVolumeIDs: ["\(volume.id)"]))
        let member = try #require(group.members.first)
        for folder in ["snapshots/torn", "groups/g/0"] { try sh(damage, in: folder, record: "snapshot.json") }
        for catalog in [cutter, try catalog(rig.reopened())] {
            let listed = try catalog.listSnapshots(of: nil, after: nil, limit: nil).snapshots
            #expect(listed.map(\.id.name.text) == ["whole"])
            for id in [snapshot.id, member.id] { try expectSentence { _ = try catalog.snapshot(id) } }
            try expectSentence { try catalog.delete(snapshot.id) }
            try expectSentence { try catalog.delete(group.id, snapshotIDs: ["\(member.id)"]) }
            try expectSentence {
                _ = try catalog.cut(
                    SnapshotRequest(name: "torn", source: volume.id, consistency: .frozen))
            }
            try expectSentence {
                _ = try catalog.cut(GroupRequest(name: "g", sourceVolumeIDs: ["\(volume.id)"]))
            }
        }
    }

    @Test(
        "What takes the place of a whole folder is set aside too",
        arguments: ["touch", "mkfifo", "ln -s /etc", "mkdir"])
    func noFolder(command: String) throws {
        let whole = try rig.created("whole")
        for part in ["volumes", "snapshots", "groups"] { try sh("\(command) taken", in: part) }
        let catalog = try catalog(rig.reopened())
        #expect(try catalog.list(after: nil, limit: nil).volumes.map(\.id) == [whole.id])
        #expect(try catalog.listSnapshots(of: nil, after: nil, limit: nil).snapshots.isEmpty)
        #expect(catalog.tornObjects(inPool: whole.id.pool).count == 3)
        try expectSentence { _ = try catalog.create(Self.request("taken")) }
        try expectSentence {
            _ = try catalog.cut(SnapshotRequest(name: "taken", source: whole.id, consistency: .frozen))
        }
        try expectSentence {
            _ = try catalog.cut(GroupRequest(name: "taken", sourceVolumeIDs: ["\(whole.id)"]))
        }
    }

    @Test("An image that a growth left longer is believed, but not to any length")
    func longer() throws {
        let record = try rig.created("grown")
        _ = try rig.created("other")
        try sh("fallocate -l 32M image", in: "volumes/grown")
        let pool = try rig.reopened()
        #expect(try pool.record(of: record.id.name)?.size == .mebibytes(32))
        try sh("truncate -s 8E image || truncate -s 15T image", in: "volumes/grown")
        let again = try rig.reopened()
        #expect(try fault { _ = try again.record(of: record.id.name) } == .setAside)
        let seen = try again.volumes([record.id.name])
        #expect(seen.torn.count == 1 && seen.found.isEmpty)
        // What cannot be believed is not what it counts with.
        #expect(try #require(seen.torn.first?.footprint).size < .gibibytes(1))
        _ = try catalog(again).create(Self.request("third"))
    }

    @Test("Half-written files of killed drivers are swept, and not those of a writer that is at work")
    func temporaries() throws {
        let volume = try rig.created()
        let cutter = try catalog(rig.pool)
        _ = try cutter.cut(SnapshotRequest(name: "s", source: volume.id, consistency: .frozen))
        _ = try cutter.cut(GroupRequest(name: "g", sourceVolumeIDs: ["\(volume.id)"]))
        let folders = ["", "volumes/vol", "snapshots/s", "groups/g", "groups/g/0"]
        let name = ".tmp-0123456789abcdef"
        for folder in folders { try rig.folder(folder).write(name, [1], mode: 0o600) }
        let held = try rig.folder("volumes/vol").createFile(".tmp-00000000000000ff", mode: 0o600)
        #expect(try held.tryLock(.exclusive))
        let view = try PoolView.open(rig.path, name: known(PoolName("test")), policy: .standard)
        let found = try PoolCheck.run(view).findings.filter { $0.kind == .temporaryLeftover }.map(\.object)
        #expect(
            Set(found)
                == Set(
                    folders.map { $0.isEmpty ? name : "\($0)/\(name)" } + [
                        "volumes/vol/.tmp-00000000000000ff"
                    ]))
        _ = try rig.reopened()
        for folder in folders { #expect(try rig.folder(folder).status(name) == nil) }
        #expect(try rig.folder("volumes/vol").status(".tmp-00000000000000ff") != nil)
        try held.unlock()
        _ = try rig.reopened()
        #expect(try rig.folder("volumes/vol").status(".tmp-00000000000000ff") == nil)
    }

    @Test("A writer whose file is swept away begins anew")
    func robbed() throws {
        let folder = try rig.folder()
        let path = rig.path
        let sweeper = try OwnThread.start(name: "sweeper") {
            do {
                let folder = try Directory.open(path)
                for _ in 0..<2000 { try folder.sweepTemporaries() }
            } catch {
                Issue.record("\(error)")
            }
        }
        for index in 0..<500 { try folder.replace("x", with: [UInt8(index % 256)], mode: 0o600, sync: false) }
        try sweeper.join()
        #expect(try folder.read("x", limitBytes: 8) == [UInt8(499 % 256)])
        #expect(try folder.entries().filter { $0.hasPrefix(Directory.temporaryPrefix) } == [])
    }

    @Test("Trash that cannot be removed is tried again until it can, and the rest goes meanwhile")
    func reclaimer() throws {
        let volume = try rig.created()
        let trash = try rig.folder("trash")
        try trash.create("held.1234", mode: 0o700)
        try rig.folder("trash/held.1234").write("image", [1], mode: 0o600)
        try TestTool.run("chattr", ["+i", "\(rig.path)/trash/held.1234"])
        try rig.pool.remove(volume.id.name)
        try eventually { try rig.entries("trash") == ["held.1234"] && rig.pool.reclaimTrouble != nil }
        try TestTool.run("chattr", ["-i", "\(rig.path)/trash/held.1234"])
        try eventually { try rig.entries("trash").isEmpty && rig.pool.reclaimTrouble == nil }
    }

    private func eventually(_ condition: () throws -> Bool) throws {
        let deadline = Clock.monotonicNanoseconds + 60_000_000_000
        while try !condition() {
            try #require(Clock.monotonicNanoseconds < deadline, "waited in vain")
            Clock.sleep(nanoseconds: 10_000_000)
        }
    }
}
