import LinuxHost
import Pool
import TestSupport
import Testing
import Volumes
import VolumesTestSupport

@Suite("Records and notes on disk")
struct RecordTests {
    private let rig: PoolRig

    init() throws { rig = try PoolRig() }

    @Test(
        "Every field of a record comes back",
        arguments: [
            "plain-1", "Ä ö/ü", "../../etc/passwd", "a\tb\nc", "\"quoted\" \\ {json}", "sha256-0000",
            ".hidden",
            String(repeating: "x", count: 128), "\u{1F980}", "null",
        ])
    func roundTrip(name: String) throws {
        let record = try rig.record(
            name, .filesystem(.ext4), provisioning: .thin,
            parameters: [
                "pool": "test", "provisioning": "thin", "csi.storage.k8s.io/fstype": "ext4",
                "mkfsOptions": "-i 8192 -L x",
            ])
        try rig.pool.create(record, from: .fresh)
        #expect(try rig.pool.record(of: record.id.name) == record)
        #expect(try rig.reopened().record(of: record.id.name) == record)
        #expect(try rig.pool.names() == [record.id.name])
    }

    @Test("Each kind of volume comes back as that kind", arguments: FilesystemKind.allCases)
    func kinds(kind: FilesystemKind) throws {
        let record = try rig.created("v", .filesystem(kind), size: kind.minimumSize, provisioning: .thin)
        #expect(try rig.pool.record(of: record.id.name)?.kind == .filesystem(kind))
    }

    @Test(
        "A volume whose record is torn, of another version or another volume's is set aside, never missing",
        arguments: [
            "", "{", "{}", "null", "\u{0}\u{0}\u{0}",
            #"{"version":2,"id":"ID","name":"vol","sizeBytes":1,"kind":"block","provisioning":"thick","sectorBytes":4096,"parameters":{},"created":""}"#,
            #"{"version":1,"id":"other","name":"vol","sizeBytes":1,"kind":"block","provisioning":"thick","sectorBytes":4096,"parameters":{},"created":""}"#,
            #"{"version":1,"id":"ID","name":"vol","sizeBytes":-1,"kind":"block","provisioning":"thick","sectorBytes":4096,"parameters":{},"created":""}"#,
            #"{"version":1,"id":"ID","name":"vol","sizeBytes":1,"kind":"ntfs","provisioning":"thick","sectorBytes":4096,"parameters":{},"created":""}"#,
            #"{"version":1,"id":"ID","name":"vol","sizeBytes":1,"kind":"block","provisioning":"fat","sectorBytes":4096,"parameters":{},"created":""}"#,
        ])
    func damaged(text: String) throws {
        let record = try rig.created()
        let bytes = text.split(separator: "ID", omittingEmptySubsequences: false).joined(
            separator: "\(record.id)")
        let folder = try rig.folder("volumes/vol")
        try folder.replace("volume.json", with: Array(bytes.utf8), mode: 0o600, sync: false)
        #expect(try fault { _ = try rig.pool.record(of: record.id.name) } == .setAside)
        try FakeDriver.startsOn(rig.pool)
        #expect(try folder.read("volume.json", limitBytes: 1 << 16) == Array(bytes.utf8))
    }

    @Test("A volume whose record is missing from its folder is set aside")
    func noRecord() throws {
        let record = try rig.created()
        try rig.folder("volumes/vol").removeFile("volume.json")
        #expect(try fault { _ = try rig.pool.record(of: record.id.name) } == .setAside)
    }

    @Test("Names that no volume can have are passed over in the list")
    func strangers() throws {
        _ = try rig.created()
        try rig.folder("volumes").ensure("Not A Volume", mode: 0o700)
        #expect(try rig.pool.names().map(\.text) == ["vol"])
    }

    @Test("A note comes back, and is gone when there is nothing to note")
    func note() throws {
        let node = KernelNode(pools: [rig.pool], log: quiet)
        let id = try rig.created().id
        #expect(try node.note(of: id) == StagingNote())
        var note = StagingNote()
        note.staged["/a b/\"ä\n"] = Usage(mode: .singleNodeWriter, isReadOnly: false, flagsDigest: "")
        for mode: AccessMode in [.singleNodeReaderOnly, .multiNodeReaderOnly, .singleNodeSingleWriter] {
            note.published["/\(mode)"] = Usage(mode: mode, isReadOnly: true, flagsDigest: fakeDigest("x"))
        }
        try node.keep(note, of: id)
        #expect(try node.note(of: id) == note)
        #expect(try KernelNode(pools: [rig.reopened()], log: quiet).note(of: id) == note)
        try node.keep(StagingNote(), of: id)
        #expect(try node.note(of: id) == StagingNote())
    }

    @Test(
        "A note that a power loss tore is an empty note",
        arguments: ["", "{", "null", "\u{0}", #"{"version":9}"#])
    func tornNote(text: String) throws {
        let node = KernelNode(pools: [rig.pool], log: quiet)
        let id = try rig.created().id
        try rig.folder("volumes/vol").replace(
            "staging.json", with: Array(text.utf8), mode: 0o600, sync: false)
        #expect(try node.note(of: id) == StagingNote())
    }

    @Test("A note lies outside of the pool, and an empty one nowhere", .requiresRoot)
    func noteOfNothing() throws {
        let node = KernelNode(pools: [rig.pool], log: quiet)
        var note = StagingNote()
        note.staged["/a"] = Usage(mode: .singleNodeWriter, isReadOnly: false, flagsDigest: "")
        for text in ["\(rig.pool.pool.id).gone", "ffffffffffffffff.gone"] {
            let id = try known(VolumeID(text))
            try node.keep(note, of: id)
            #expect(try node.note(of: id) == note)
            #expect(try rig.entries("volumes").isEmpty)
            try node.keep(StagingNote(), of: id)
            #expect(try FileStatus.at("/run/loopcsi-node/staged/\(id)") == nil)
            #expect(try node.note(of: id) == StagingNote())
        }
    }
}

extension FakeDriver {
    /// Reads the books of a pool, as a start does.
    static func startsOn(_ store: any VolumeStore) throws {
        _ = try Catalog(
            pools: [(store, .standard)], quieter: FakeQuieter(), inFlight: InFlight(), topologyPrefix: "t",
            sha256Hex: fakeDigest, now: { "" }, moment: { Moment(nanoseconds: 0) })
    }
}
