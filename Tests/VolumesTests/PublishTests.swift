import Testing
import Volumes
import VolumesTestSupport

@Suite("Publishing")
struct PublishTests {
    private let driver: FakeDriver
    private let staging: HostPath
    private let one: HostPath
    private let two: HostPath
    static let kinds = [VolumeKind.block, .filesystem(.ext4)]

    init() throws {
        driver = try FakeDriver()
        staging = try HostPath("/staging")
        one = try HostPath("/pods/1")
        two = try HostPath("/pods/2")
        driver.makeFolders("/staging", "/pods")
    }

    private var kernel: FakeKernel { driver.node.kernel }

    private func capability(
        _ kind: VolumeKind, _ mode: AccessMode = .singleNodeWriter, flags: [String] = []
    ) -> VolumeCapability {
        kind == .block ? .block(mode) : .mount(mode, flags: flags)
    }

    private func staged(
        _ kind: VolumeKind = .filesystem(.ext4), _ mode: AccessMode = .singleNodeWriter
    ) throws -> VolumeID {
        let id = try driver.create("a", kind)
        try driver.volumes.stage(id, at: staging, capability(kind, mode))
        return id
    }

    @Test("The volume shows at a target that is made for it, and is gone with it", arguments: kinds)
    func life(kind: VolumeKind) throws {
        let id = try staged(kind)
        let before = kernel
        try driver.volumes.publish(id, from: staging, to: one, capability(kind), readOnly: false)
        let isBlock = kind == .block
        #expect(kernel.files["/pods/1"] == (isBlock ? .file(bytes: 0) : .folder))
        #expect(
            kernel.mounts.last
                == .init(path: "/pods/1", source: isBlock ? .node(0) : .filesystem(0), isReadOnly: false))
        let published = kernel
        try driver.volumes.publish(id, from: staging, to: one, capability(kind), readOnly: false)
        #expect(kernel == published)
        for _ in 0..<2 {
            try driver.volumes.unpublish(id, from: one)
            #expect(kernel == before)
        }
    }

    @Test("A target that is there already is used, and removed at the end")
    func existingTarget() throws {
        let id = try staged()
        driver.makeFolders("/pods/1")
        try driver.volumes.publish(id, from: staging, to: one, .mount(), readOnly: false)
        try driver.volumes.unpublish(id, from: one)
        #expect(kernel.files["/pods/1"] == nil)
    }

    @Test("The same target in another way is refused", arguments: kinds)
    func different(kind: VolumeKind) throws {
        let id = try staged(kind)
        try driver.volumes.publish(id, from: staging, to: one, capability(kind), readOnly: false)
        let before = kernel
        var others = [
            (capability(kind), true), (capability(kind, .singleNodeReaderOnly), false),
            (capability(kind, .singleNodeSingleWriter), false),
            (capability(kind == .block ? .filesystem(.ext4) : .block), false),
        ]
        if kind != .block { others.append((.mount(flags: ["noatime"]), false)) }
        for (other, readOnly) in others {
            #expect(
                try fault {
                    try driver.volumes.publish(id, from: staging, to: one, other, readOnly: readOnly)
                }
                    == .existsDifferently)
        }
        #expect(kernel == before)
    }

    @Test("A foreign mount at the target is neither covered nor taken off")
    func foreign() throws {
        let id = try staged()
        driver.makeFolders("/pods/1")
        driver.node.change {
            $0.mounts.append(.init(path: "/pods/1", source: .foreign("tmpfs"), isReadOnly: false))
        }
        let before = kernel
        #expect(
            try fault { try driver.volumes.publish(id, from: staging, to: one, .mount(), readOnly: false) }
                == .existsDifferently)
        try driver.volumes.unpublish(id, from: one)
        #expect(kernel == before)
    }

    @Test("Another volume at the target is neither covered nor taken off")
    func otherVolume() throws {
        let id = try staged()
        try driver.volumes.publish(id, from: staging, to: one, .mount(), readOnly: false)
        driver.makeFolders("/staging2")
        let second = try driver.create("second")
        try driver.volumes.stage(second, at: HostPath("/staging2"), .mount())
        let before = kernel
        #expect(
            try fault {
                try driver.volumes.publish(
                    second, from: HostPath("/staging2"), to: one, .mount(), readOnly: false)
            } == .existsDifferently)
        try driver.volumes.unpublish(second, from: one)
        #expect(kernel == before)
    }

    @Test("Only what is staged at that path can be published", arguments: kinds)
    func notStaged(kind: VolumeKind) throws {
        let id = try driver.create("a", kind)
        func publish(_ capability: VolumeCapability, from path: HostPath) throws -> FaultKind? {
            try fault { try driver.volumes.publish(id, from: path, to: one, capability, readOnly: false) }
        }
        #expect(try publish(capability(kind), from: staging) == .notNow)
        try driver.volumes.stage(id, at: staging, capability(kind))
        #expect(try publish(capability(kind), from: two) == .notNow)
        #expect(
            try publish(capability(kind == .block ? .filesystem(.xfs) : .block), from: staging) == .notNow)
        let gone = try known(VolumeID("0000000000000001.gone"))
        #expect(
            try fault { try driver.volumes.publish(gone, from: staging, to: one, .mount(), readOnly: false) }
                == .missing)
        #expect(kernel.files["/pods/1"] == nil)
    }

    @Test("The folder above the target is the caller's to make")
    func noParent() throws {
        let id = try staged()
        #expect(
            try fault {
                try driver.volumes.publish(
                    id, from: staging, to: HostPath("/no/x"), .mount(), readOnly: false)
            } == .notNow)
    }

    @Test(
        "Whether a second target on the node is allowed depends on both modes",
        arguments: [AccessMode.singleNodeWriter, .singleNodeMultiWriter, .singleNodeSingleWriter],
        [AccessMode.singleNodeWriter, .singleNodeMultiWriter, .singleNodeSingleWriter])
    func secondTarget(first: AccessMode, second: AccessMode) throws {
        for kind in Self.kinds {
            let id = try driver.create("v-\(kind)", kind)
            try driver.volumes.stage(id, at: staging, capability(kind, first))
            try driver.volumes.publish(id, from: staging, to: one, capability(kind, first), readOnly: false)
            let isRefused = first == .singleNodeSingleWriter || second == .singleNodeSingleWriter
            #expect(
                try fault {
                    try driver.volumes.publish(
                        id, from: staging, to: two, capability(kind, second), readOnly: false)
                } == (isRefused ? .notNow : nil))
            try driver.volumes.unpublish(id, from: one)
            if isRefused {
                try driver.volumes.publish(
                    id, from: staging, to: two, capability(kind, second), readOnly: false)
            }
            try driver.volumes.unpublish(id, from: two)
            try driver.volumes.unstage(id, at: staging)
        }
    }

    @Test("What is staged read-only is published read-only, or not at all", arguments: kinds)
    func stagedReadOnly(kind: VolumeKind) throws {
        let id = try staged(kind, .multiNodeReaderOnly)
        #expect(
            try fault {
                try driver.volumes.publish(id, from: staging, to: one, capability(kind), readOnly: false)
            }
                == .notNow)
        try driver.volumes.publish(
            id, from: staging, to: one, capability(kind, .multiNodeReaderOnly), readOnly: false)
        try driver.volumes.publish(
            id, from: staging, to: two, capability(kind, .multiNodeReaderOnly), readOnly: true)
        #expect(kernel.mounts.filter { $0.path.hasPrefix("/pods/") }.map(\.isReadOnly) == [true, true])
    }

    @Test("A read-only target beside a writable one")
    func mixed() throws {
        let id = try staged()
        try driver.volumes.publish(id, from: staging, to: one, .mount(), readOnly: false)
        try driver.volumes.publish(id, from: staging, to: two, .mount(), readOnly: true)
        #expect(kernel.top(of: "/pods/1")?.isReadOnly == false)
        #expect(kernel.top(of: "/pods/2")?.isReadOnly == true)
        #expect(kernel.loops[0]?.refusesWrites == false)
    }

    @Test("A disk refuses writes as long as all of its publications are read-only")
    func diskWriteProtection() throws {
        let id = try staged(.block)
        func protects() -> Bool? { kernel.loops[0]?.refusesWrites }
        #expect(protects() == false)
        try driver.volumes.publish(id, from: staging, to: one, .block(), readOnly: true)
        #expect(protects() == true)
        try driver.volumes.publish(id, from: staging, to: two, .block(), readOnly: false)
        #expect(protects() == false)
        try driver.volumes.unpublish(id, from: two)
        #expect(protects() == true)
        try driver.volumes.unpublish(id, from: one)
        #expect(protects() == false)
    }
}
