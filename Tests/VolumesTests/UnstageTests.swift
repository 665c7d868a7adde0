import Testing
import Volumes
import VolumesTestSupport

@Suite("Unstaging")
struct UnstageTests {
    private let driver: FakeDriver
    private let staging: HostPath
    private let other: HostPath
    private let target: HostPath

    init() throws {
        driver = try FakeDriver()
        staging = try HostPath("/staging")
        other = try HostPath("/other")
        target = try HostPath("/pods/a")
        driver.makeFolders("/staging", "/other", "/pods")
    }

    private var kernel: FakeKernel { driver.node.kernel }

    @Test(
        "Everything of the volume is gone, and a repeat is no error",
        arguments: [VolumeKind.block, .filesystem(.xfs)])
    func whole(kind: VolumeKind) throws {
        let id = try driver.create("a", kind)
        let before = kernel
        try driver.volumes.stage(id, at: staging, kind == .block ? .block() : .mount())
        for _ in 0..<2 {
            try driver.volumes.unstage(id, at: staging)
            #expect(kernel.loops.isEmpty && kernel.mounts.isEmpty && kernel.notes.isEmpty)
            #expect(kernel.files == before.files)
        }
        try driver.catalog.delete(id)
    }

    @Test("Unstaging at a path where the volume is not staged leaves it staged where it is")
    func elsewhere() throws {
        let id = try driver.create()
        try driver.volumes.stage(id, at: staging, .mount())
        let before = kernel
        try driver.volumes.unstage(id, at: other)
        #expect(kernel == before)
    }

    @Test("A volume that is unknown, or of a pool that is not here, is unstaged already")
    func unknown() throws {
        for text in ["0000000000000001.gone", "ffffffffffffffff.pvc-1"] {
            try driver.volumes.unstage(known(VolumeID(text)), at: staging)
            try driver.volumes.unpublish(known(VolumeID(text)), from: target)
        }
    }

    @Test("A volume whose record and image were removed by hand can still be unstaged")
    func recordGone() throws {
        let id = try driver.create()
        try driver.volumes.stage(id, at: staging, .mount())
        driver.store.loseRecord(id.name)
        driver.store.loseImage(id.name)
        try driver.volumes.unstage(id, at: staging)
        #expect(kernel.loops.isEmpty && kernel.mounts.isEmpty)
    }

    @Test("A volume that is still published stays staged", arguments: [VolumeKind.block, .filesystem(.ext4)])
    func published(kind: VolumeKind) throws {
        let id = try driver.create("a", kind)
        let capability = kind == .block ? VolumeCapability.block() : .mount()
        try driver.volumes.stage(id, at: staging, capability)
        try driver.volumes.publish(id, from: staging, to: target, capability, readOnly: false)
        let before = kernel
        #expect(try fault { try driver.volumes.unstage(id, at: staging) } == .notNow)
        #expect(kernel == before)
        try driver.volumes.unpublish(id, from: target)
        try driver.volumes.unstage(id, at: staging)
        #expect(kernel.loops.isEmpty)
    }

    @Test("A block volume behind two staging paths keeps its device until the last is unstaged")
    func twoPaths() throws {
        let id = try driver.create("a", .block)
        try driver.volumes.stage(id, at: staging, .block())
        try driver.volumes.stage(id, at: other, .block())
        #expect(kernel.loops.count == 1)
        try driver.volumes.unstage(id, at: staging)
        #expect(kernel.loops.count == 1)
        try driver.volumes.unstage(id, at: staging)
        #expect(kernel.loops.count == 1)
        try driver.volumes.unstage(id, at: other)
        #expect(kernel.loops.isEmpty)
    }

    @Test("A busy mount stays, and the device with it")
    func busy() throws {
        let id = try driver.create()
        try driver.volumes.stage(id, at: staging, .mount())
        driver.node.change { $0.busy = ["/staging"] }
        let before = kernel
        #expect(try fault { try driver.volumes.unstage(id, at: staging) } == .notNow)
        #expect(kernel == before)
    }

    @Test("A foreign mount on top of the volume is not taken off")
    func covered() throws {
        let id = try driver.create()
        try driver.volumes.stage(id, at: staging, .mount())
        driver.node.change {
            $0.mounts.append(.init(path: "/staging", source: .foreign("tmpfs"), isReadOnly: false))
        }
        let before = kernel
        #expect(try fault { try driver.volumes.unstage(id, at: staging) } == .notNow)
        #expect(kernel == before)
    }

    @Test("Mounts of the volume that are stacked at the path all go")
    func stacked() throws {
        let id = try driver.create()
        try driver.volumes.stage(id, at: staging, .mount())
        driver.node.change { kernel in
            for _ in 0..<3 {
                kernel.mounts.append(.init(path: "/staging", source: .filesystem(0), isReadOnly: false))
            }
        }
        try driver.volumes.unstage(id, at: staging)
        #expect(kernel.mounts.isEmpty && kernel.loops.isEmpty)
    }

    @Test("A mount that somebody else made of the volume keeps the device")
    func foreignBind() throws {
        let id = try driver.create()
        try driver.volumes.stage(id, at: staging, .mount())
        driver.node.change {
            $0.mounts.append(.init(path: "/other", source: .filesystem(0), isReadOnly: false))
        }
        #expect(try fault { try driver.volumes.unstage(id, at: staging) } == .notNow)
        #expect(kernel.loops.count == 1)
    }

    @Test("Whichever step fails, the repeat completes it", arguments: [VolumeKind.block, .filesystem(.ext4)])
    func everyStep(kind: VolumeKind) throws {
        let id = try driver.create("a", kind)
        for step in 1...40 {
            try driver.volumes.stage(id, at: staging, kind == .block ? .block() : .mount())
            driver.node.faults.fail(step: step)
            let failure = try fault { try driver.volumes.unstage(id, at: staging) }
            driver.node.faults.fail(step: nil)
            try driver.volumes.unstage(id, at: staging)
            #expect(kernel.loops.isEmpty && kernel.mounts.isEmpty, "step \(step)")
            guard failure != nil else { return }
        }
        Issue.record("unstaging took more than 40 steps")
    }
}
