import Testing
import Volumes
import VolumesTestSupport

@Suite("Staging")
struct StageTests {
    private let driver: FakeDriver
    private let staging: HostPath
    private let other: HostPath

    init() throws {
        driver = try FakeDriver()
        staging = try HostPath("/staging")
        other = try HostPath("/other")
        driver.makeFolders("/staging", "/other")
    }

    private var kernel: FakeKernel { driver.node.kernel }

    @Test("A file system volume gets a device and a mount", arguments: FilesystemKind.allCases)
    func filesystem(kind: FilesystemKind) throws {
        let id = try driver.create("a", .filesystem(kind))
        try driver.volumes.stage(id, at: staging, .mount())
        #expect(kernel.mounts == [.init(path: "/staging", source: .filesystem(0), isReadOnly: false)])
        #expect(kernel.loops[0]?.volume == id)
        #expect(kernel.loops.count == 1)
        #expect(try fault { try driver.catalog.delete(id) } == .notNow)
    }

    @Test("A block volume gets a device alone")
    func block() throws {
        let id = try driver.create("a", .block)
        try driver.volumes.stage(id, at: staging, .block())
        #expect(kernel.mounts.isEmpty)
        #expect(kernel.loops[0]?.volume == id)
    }

    @Test("A repeat changes nothing", arguments: [VolumeKind.block, .filesystem(.ext4)])
    func idempotent(kind: VolumeKind) throws {
        let id = try driver.create("a", kind)
        let capability = kind == .block ? VolumeCapability.block() : .mount()
        try driver.volumes.stage(id, at: staging, capability)
        let before = kernel
        try driver.volumes.stage(id, at: staging, capability)
        #expect(kernel == before)
    }

    @Test("A repeat that means something else is refused", arguments: [VolumeKind.block, .filesystem(.ext4)])
    func different(kind: VolumeKind) throws {
        let id = try driver.create("a", kind)
        func capability(_ mode: AccessMode, _ flags: [String] = []) -> VolumeCapability {
            kind == .block ? .block(mode) : .mount(mode, flags: flags)
        }
        try driver.volumes.stage(id, at: staging, capability(.singleNodeWriter))
        let before = kernel
        for mode in [AccessMode.singleNodeReaderOnly, .multiNodeReaderOnly, .singleNodeSingleWriter] {
            #expect(
                try fault { try driver.volumes.stage(id, at: staging, capability(mode)) }
                    == .existsDifferently,
                "\(mode)")
        }
        if kind != .block {
            for flags in [["noatime"], ["ro"]] {
                #expect(
                    try fault { try driver.volumes.stage(id, at: staging, .mount(flags: flags)) }
                        == .existsDifferently)
            }
        }
        #expect(kernel == before)
    }

    @Test("Read-only among other options of one word is read-only, also for the repeat")
    func readOnlyAmongOthers() throws {
        let id = try driver.create("a", .filesystem(.ext4))
        for _ in 0..<2 { try driver.volumes.stage(id, at: staging, .mount(flags: ["noatime,ro"])) }
        #expect(kernel.mounts == [.init(path: "/staging", source: .filesystem(0), isReadOnly: true)])
    }

    @Test(
        "A capability that the volume does not have is refused before anything happens",
        arguments: [
            (VolumeKind.block, VolumeCapability.mount()), (.filesystem(.ext4), .block()),
            (.filesystem(.ext4), .mount(.singleNodeWriter, .xfs)),
        ])
    func mismatch(kind: VolumeKind, capability: VolumeCapability) throws {
        let id = try driver.create("a", kind)
        let before = kernel
        #expect(try fault { try driver.volumes.stage(id, at: staging, capability) } == .notNow)
        #expect(kernel == before)
    }

    @Test("Reader modes and the flag ro attach and mount read-only")
    func readOnly() throws {
        for (index, capability) in [
            VolumeCapability.mount(.singleNodeReaderOnly), .mount(.multiNodeReaderOnly),
            .mount(flags: ["ro"]),
        ].enumerated() {
            let id = try driver.create("v\(index)")
            try driver.volumes.stage(id, at: staging, capability)
            #expect(kernel.mounts.map(\.isReadOnly) == [true])
            #expect(kernel.loops.values.map(\.isAttachedReadOnly) == [true])
            try driver.volumes.unstage(id, at: staging)
        }
    }

    @Test("A file system volume is staged at one path only; a foreign mount in the way is left alone")
    func places() throws {
        let id = try driver.create()
        try driver.volumes.stage(id, at: staging, .mount())
        var before = kernel
        #expect(try fault { try driver.volumes.stage(id, at: other, .mount()) } == .notNow)
        #expect(kernel == before)

        let second = try driver.create("pvc-2")
        #expect(try fault { try driver.volumes.stage(second, at: staging, .mount()) } == .existsDifferently)
        driver.node.change {
            $0.mounts.append(.init(path: "/other", source: .foreign("tmpfs"), isReadOnly: false))
        }
        before = kernel
        #expect(try fault { try driver.volumes.stage(second, at: other, .mount()) } == .existsDifferently)
        #expect(kernel == before)
    }

    @Test("What does not exist cannot be staged")
    func missing() throws {
        let gone = try known(VolumeID("0000000000000001.gone"))
        #expect(try fault { try driver.volumes.stage(gone, at: staging, .mount()) } == .missing)
        let id = try driver.create()
        #expect(try fault { try driver.volumes.stage(id, at: HostPath("/nowhere"), .mount()) } == .notNow)
        #expect(kernel.loops.isEmpty)
    }

    @Test("Flags that the kernel refuses are the caller's fault, and nothing stays")
    func flags() throws {
        let id = try driver.create()
        #expect(
            try fault { try driver.volumes.stage(id, at: staging, .mount(flags: ["bogus"])) } == .malformed)
        #expect(kernel.loops.isEmpty)
        try driver.catalog.delete(id)
    }

    @Test("An image that someone else holds is not attached")
    func held() throws {
        let id = try driver.create()
        driver.store.hold(id.name)
        #expect(try fault { try driver.volumes.stage(id, at: staging, .mount()) } == .notNow)
        #expect(kernel.loops.isEmpty)
    }

    @Test("A volume whose image was replaced under its device must be unstaged first")
    func replaced() throws {
        let id = try driver.create()
        try driver.volumes.stage(id, at: staging, .mount())
        driver.store.replaceImage(id.name)
        #expect(try fault { try driver.volumes.stage(id, at: staging, .mount()) } == .notNow)
        try driver.volumes.unstage(id, at: staging)
        #expect(kernel.loops.isEmpty)
        try driver.volumes.stage(id, at: staging, .mount())
    }

    @Test("A file system smaller than its device is grown", arguments: [true, false])
    func grows(whileMounted: Bool) throws {
        driver.node.change { $0.growsMountedExt4 = whileMounted }
        let id = try driver.create()
        driver.node.change { $0.filesystems[id] = .mebibytes(100) }
        try driver.volumes.stage(id, at: staging, .mount())
        #expect(kernel.filesystems[id] == .gibibytes(1))
    }

    @Test(
        "A growth that fails leaves the volume usable at its old size; a repeat of the stage does not try again",
        arguments: [true, false])
    func growthFails(whileMounted: Bool) throws {
        let id = try driver.create()
        driver.node.change {
            $0.growsMountedExt4 = whileMounted
            $0.filesystems[id] = .mebibytes(100)
            $0.growthFailure = .host(step: "grow", cause: "broken-tool")
        }
        for _ in 1...2 {
            try driver.volumes.stage(id, at: staging, .mount())
            #expect(kernel.filesystems[id] == .mebibytes(100))
            #expect(kernel.mounts.count == 1)
            let health = try driver.volumes.health(of: [driver.catalog.volume(id)])[0]
            #expect(health.isAbnormal && health.message.contains("broken-tool"))
        }
        try driver.volumes.unstage(id, at: staging)
        driver.node.change { $0.growthFailure = nil }
        try driver.volumes.stage(id, at: staging, .mount())
        #expect(kernel.filesystems[id] == .gibibytes(1))
        #expect(try !driver.volumes.health(of: [driver.catalog.volume(id)])[0].isAbnormal)
    }

    @Test("NodeExpand tells a growth that fails, and the next one that works heals the condition")
    func growthFailsOnline() throws {
        let id = try driver.create()
        try driver.volumes.stage(id, at: staging, .mount())
        driver.node.change {
            $0.filesystems[id] = .mebibytes(100)
            $0.growthFailure = .host(step: "grow", cause: "broken-tool")
        }
        let record = try driver.catalog.volume(id)
        #expect(try fault { _ = try driver.volumes.expand(id, at: staging, to: .any, usedAs: nil) } == .host)
        #expect(try driver.volumes.health(of: [record])[0].isAbnormal)
        driver.node.change { $0.growthFailure = nil }
        _ = try driver.volumes.expand(id, at: staging, to: .any, usedAs: nil)
        #expect(try !driver.volumes.health(of: [record])[0].isAbnormal)
    }

    @Test("What a growth finds damaged is not mounted, then or later")
    func growthFindsDamage() throws {
        let id = try driver.create()
        driver.node.change {
            $0.growsMountedExt4 = false
            $0.filesystems[id] = .mebibytes(100)
            $0.growthFailure = .setAside(what: "the ext4", why: "it is damaged")
        }
        for _ in 1...2 {
            #expect(try fault { try driver.volumes.stage(id, at: staging, .mount()) } == .setAside)
            #expect(kernel.mounts.isEmpty && kernel.loops.isEmpty)
        }
    }

    @Test("After a reboot the volume is staged again, in another way too; the old note means nothing")
    func reboot() throws {
        let id = try driver.create()
        let disk = try driver.create("disk", .block)
        try driver.volumes.stage(id, at: staging, .mount())
        try driver.volumes.stage(disk, at: other, .block())
        driver.node.reboot()
        let again = try FakeDriver(stores: driver.stores, node: driver.node)
        try again.volumes.stage(id, at: staging, .mount(.singleNodeReaderOnly))
        #expect(kernel.mounts == [.init(path: "/staging", source: .filesystem(0), isReadOnly: true)])
        try again.volumes.stage(disk, at: other, .block(.singleNodeReaderOnly))
        #expect(kernel.loops[1]?.isAttachedReadOnly == true)
        try again.volumes.unstage(disk, at: other)
        try again.volumes.unstage(id, at: staging)
        #expect(kernel.loops.isEmpty)
    }

    @Test("A call that was cut off between attach and mount is completed, in whichever mode is asked for now")
    func cutOff() throws {
        for (index, mode) in [AccessMode.singleNodeWriter, .singleNodeReaderOnly].enumerated() {
            let id = try driver.create("v\(index)")
            _ = try driver.node.attach(driver.catalog.volume(id), readOnly: false)
            try driver.volumes.stage(id, at: staging, .mount(mode))
            #expect(kernel.loops.count == 1)
            #expect(kernel.mounts.map(\.isReadOnly) == [mode.isReadOnly])
            try driver.volumes.unstage(id, at: staging)
            #expect(kernel.loops.isEmpty)
        }
    }

    @Test(
        "A log that holds changes is replayed before a read-only stage; whichever step of it fails is undone")
    func dirtyLog() throws {
        let id = try driver.create()
        try driver.volumes.stage(id, at: staging, .mount())
        try driver.volumes.unstage(id, at: staging)
        for step in 1...40 {
            driver.node.change { $0.dirtyLogs = [id] }
            let before = kernel
            driver.node.faults.fail(step: step)
            let failure = try fault {
                try driver.volumes.stage(id, at: staging, .mount(.singleNodeReaderOnly))
            }
            driver.node.faults.fail(step: nil)
            driver.node.change { $0.dirtyLogs = [id] }
            if failure != nil {
                #expect(kernel == before, "step \(step)")
                continue
            }
            #expect(step > 9)
            #expect(kernel.loops.values.map(\.isAttachedReadOnly) == [true])
            #expect(kernel.mounts.map(\.isReadOnly) == [true])
            try driver.volumes.unstage(id, at: staging)
            return
        }
        Issue.record("staging took more than 40 steps")
    }

    @Test(
        "Whichever step fails, everything is undone, and the repeat succeeds",
        arguments: [VolumeKind.block, .filesystem(.ext4)])
    func everyStep(kind: VolumeKind) throws {
        let id = try driver.create("a", kind)
        let capability = kind == .block ? VolumeCapability.block() : .mount()
        try driver.volumes.stage(id, at: staging, capability)
        try driver.volumes.unstage(id, at: staging)
        for step in 1...40 {
            let before = kernel
            let picture = driver.store.picture
            driver.node.faults.fail(step: step)
            let failure = try fault { try driver.volumes.stage(id, at: staging, capability) }
            let names = driver.node.faults.names
            driver.node.faults.fail(step: nil)
            guard failure != nil else {
                #expect(step > 4, "too few steps were tried: \(names)")
                return
            }
            #expect(failure == .host, "step \(step)")
            #expect(kernel == before, "step \(step) of \(names)")
            #expect(driver.store.picture == picture, "step \(step) of \(names)")
            try driver.volumes.stage(id, at: staging, capability)
            try driver.volumes.unstage(id, at: staging)
            #expect(kernel == before, "the life after step \(step) of \(names)")
        }
        Issue.record("staging took more than 40 steps")
    }

    @Test("A failure while a block volume is staged at a second path leaves the first one as it was")
    func secondPathFails() throws {
        let id = try driver.create("a", .block)
        try driver.volumes.stage(id, at: staging, .block())
        for step in 1...20 {
            let before = kernel
            driver.node.faults.fail(step: step)
            let failure = try fault { try driver.volumes.stage(id, at: other, .block()) }
            driver.node.faults.fail(step: nil)
            guard failure != nil else { return }
            #expect(kernel == before, "step \(step)")
        }
        Issue.record("staging took more than 20 steps")
    }

    @Test("Both faults are told where undoing fails too")
    func undoFails() throws {
        let id = try driver.create()
        driver.node.change { $0.busy.insert("/dev/loop0") }
        let complaint = try complaint { try driver.volumes.stage(id, at: staging, .mount(flags: ["bogus"])) }
        #expect(complaint?.contains("the kernel refused them") == true)
        #expect(complaint?.contains("/dev/loop0 is still in use") == true)
    }

    @Test("While a call runs on a volume, others on it are told")
    func pending() throws {
        let id = try driver.create()
        try driver.inFlight.withExclusive(id.name) { () throws(VolumeFault) in
            let calls: [() throws -> Void] = [
                { try driver.volumes.stage(id, at: staging, .mount()) },
                { try driver.volumes.unstage(id, at: staging) },
                { try driver.volumes.publish(id, from: staging, to: other, .mount(), readOnly: false) },
                { try driver.volumes.unpublish(id, from: other) },
                { _ = try driver.volumes.expand(id, at: staging, to: .any, usedAs: nil) },
                { try driver.catalog.delete(id) },
                { _ = try driver.catalog.expand(id, to: .any, usedAs: nil) },
                { _ = try driver.create() },
            ]
            for call in calls {
                #expect(throws: VolumeFault.operationPending("volume pvc-1"), performing: call)
            }
        }
    }
}
