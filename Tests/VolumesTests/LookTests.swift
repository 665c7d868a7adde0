import Testing
import Volumes
import VolumesTestSupport

@Suite("Statistics, growth and health of volumes on the node")
struct LookTests {
    private let driver: FakeDriver
    private let staging: HostPath
    private let target: HostPath

    init() throws {
        driver = try FakeDriver()
        staging = try HostPath("/staging")
        target = try HostPath("/pods/1")
        driver.makeFolders("/staging", "/pods")
    }

    private func published(_ kind: VolumeKind, _ mode: AccessMode = .singleNodeWriter) throws -> VolumeID {
        let id = try driver.create("a", kind)
        let capability = kind == .block ? VolumeCapability.block(mode) : .mount(mode)
        try driver.volumes.stage(id, at: staging, capability)
        try driver.volumes.publish(id, from: staging, to: target, capability, readOnly: false)
        return id
    }

    private func range(_ required: ByteCount) throws -> CapacityRange {
        try CapacityRange(requiredBytes: required.bytes, limitBytes: 0)
    }

    @Test("A file system tells bytes and inodes, at its target and where it is staged")
    func filesystemUsage() throws {
        let id = try published(.filesystem(.xfs))
        for path in [target, staging] {
            let (usage, health) = try driver.volumes.usage(of: id, at: path)
            #expect(usage.bytes.total == 1 << 30)
            #expect(usage.inodes?.used == 10)
            #expect(health.message == "the volume is healthy")
        }
    }

    @Test("A disk tells its size, at its target, its staging path and its node")
    func blockUsage() throws {
        let id = try published(.block)
        for path in [target, staging, try HostPath("/dev/loop0")] {
            let usage = try driver.volumes.usage(of: id, at: path).usage
            #expect(usage == VolumeUsage(bytes: .init(total: 1 << 30, used: 0, available: 0), inodes: nil))
        }
    }

    @Test("A volume that is not there has no statistics", arguments: [VolumeKind.block, .filesystem(.ext4)])
    func nowhere(kind: VolumeKind) throws {
        let elsewhere = try HostPath("/pods/2")
        let gone = try known(VolumeID("0000000000000001.gone"))
        let id = try driver.create("a", kind)
        #expect(try fault { _ = try driver.volumes.usage(of: id, at: target) } == .missing)
        #expect(try fault { _ = try driver.volumes.usage(of: gone, at: target) } == .missing)
        try driver.catalog.delete(id)
        let again = try published(kind)
        #expect(try fault { _ = try driver.volumes.usage(of: again, at: elsewhere) } == .missing)
        #expect(
            try fault { _ = try driver.volumes.expand(again, at: elsewhere, to: .any, usedAs: nil) }
                == .missing)
        #expect(
            try fault { _ = try driver.volumes.expand(gone, at: target, to: .any, usedAs: nil) } == .missing)
    }

    @Test("Device and file system grow to the image, at either path, and a repeat changes nothing")
    func expand() throws {
        let id = try published(.filesystem(.ext4))
        for (path, size) in [(target, ByteCount.gibibytes(2)), (staging, .gibibytes(3))] {
            _ = try driver.catalog.expand(id, to: range(size), usedAs: nil)
            for _ in 0..<2 {
                #expect(try driver.volumes.expand(id, at: path, to: range(size), usedAs: .mount()) == size)
                #expect(driver.node.kernel.loops[0]?.size == size)
                #expect(driver.node.kernel.filesystems[id] == size)
            }
        }
    }

    @Test("A disk grows too")
    func expandBlock() throws {
        let id = try published(.block)
        _ = try driver.catalog.expand(id, to: range(.gibibytes(2)), usedAs: nil)
        #expect(try driver.volumes.expand(id, at: target, to: .any, usedAs: .block()) == .gibibytes(2))
    }

    @Test("The node does not grow what the controller did not, nor a volume used as what it is not")
    func expandRefused() throws {
        let id = try published(.filesystem(.ext4))
        #expect(
            try fault { _ = try driver.volumes.expand(id, at: target, to: range(.gibibytes(2)), usedAs: nil) }
                == .sizeNotServable)
        #expect(
            try fault { _ = try driver.volumes.expand(id, at: target, to: .any, usedAs: .block()) }
                == .malformed)
    }

    @Test("A file system that is mounted read-only cannot grow")
    func expandReadOnly() throws {
        let id = try published(.filesystem(.ext4), .singleNodeReaderOnly)
        #expect(try fault { _ = try driver.volumes.expand(id, at: target, to: .any, usedAs: nil) } == .notNow)
    }

    @Test("Where ext4 cannot grow while mounted, the call says so, and the next stage grows it")
    func expandLater() throws {
        driver.node.change { $0.growsMountedExt4 = false }
        let id = try published(.filesystem(.ext4))
        _ = try driver.catalog.expand(id, to: range(.gibibytes(2)), usedAs: nil)
        #expect(
            try fault { _ = try driver.volumes.expand(id, at: target, to: range(.gibibytes(2)), usedAs: nil) }
                == .notNow)
        try driver.volumes.unpublish(id, from: target)
        try driver.volumes.unstage(id, at: staging)
        try driver.volumes.stage(id, at: staging, .mount())
        #expect(driver.node.kernel.filesystems[id] == .gibibytes(2))
        #expect(
            try driver.volumes.expand(id, at: staging, to: range(.gibibytes(2)), usedAs: nil) == .gibibytes(2)
        )
    }

    @Test("A healthy volume is healthy, staged or not")
    func healthy() throws {
        let id = try driver.create()
        #expect(try health(id).isEmpty)
        try driver.volumes.stage(id, at: staging, .mount())
        #expect(try health(id).isEmpty)
        try driver.volumes.unstage(id, at: staging)
        #expect(try health(id).isEmpty)
    }

    @Test("A failed stage does not make a volume look ill")
    func failedStage() throws {
        let id = try driver.create()
        #expect(throws: VolumeFault.self) {
            try driver.volumes.stage(id, at: staging, .mount(flags: ["bogus"]))
        }
        #expect(try health(id).isEmpty)
    }

    @Test("Each sign of trouble is told")
    func troubles() throws {
        let id = try published(.filesystem(.ext4))
        driver.node.change { $0.shutDown = [0] }
        #expect(try health(id).count == 1)
        driver.store.loseImage(id.name)
        #expect(try health(id).contains("the image is missing"))
        driver.node.change { kernel in
            kernel.loops = [:]
            kernel.mounts = []
        }
        #expect(try health(id).contains { $0.contains("loop device is gone") })
    }

    @Test("A thin volume in a nearly full pool is in danger, a thick one is not")
    func nearlyFull() throws {
        let thin = try driver.create("thin", .block, parameters: ["provisioning": "thin"])
        let thick = try driver.create("thick", .block)
        driver.store.occupy(.gibibytes(95))
        // All that the thin one may still take is there.
        #expect(try health(thin).isEmpty)
        driver.store.occupy(.mebibytes(98 * 1024 + 512))
        #expect(try health(thin).first?.hasPrefix("the pool is nearly full") == true)
        #expect(try health(thick).isEmpty)
    }

    @Test("Health of many volumes comes in the order asked for")
    func order() throws {
        let ids = try (0..<5).map { try driver.create("v\($0)") }
        driver.store.loseImage(ids[3].name)
        let healths = try driver.volumes.health(of: ids.reversed().map { try driver.catalog.volume($0) })
        #expect(healths.map(\.isAbnormal) == [false, true, false, false, false])
    }

    private func health(_ id: VolumeID) throws -> [String] {
        try known(driver.volumes.health(of: [driver.catalog.volume(id)]).first).troubles
    }
}
