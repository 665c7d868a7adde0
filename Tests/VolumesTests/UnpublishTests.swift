import Testing
import Volumes
import VolumesTestSupport

@Suite("Unpublishing, and what failures leave")
struct UnpublishTests {
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

    @Test("A target that holds files after unmounting is not removed")
    func holdsFiles() throws {
        let id = try staged()
        try driver.volumes.publish(id, from: staging, to: one, .mount(), readOnly: false)
        driver.node.change { $0.files["/pods/1/data"] = .file(bytes: 7) }
        for _ in 0..<2 { #expect(try fault { try driver.volumes.unpublish(id, from: one) } == .notNow) }
        #expect(kernel.files["/pods/1/data"] == .file(bytes: 7))
        driver.node.change { $0.files["/pods/1/data"] = nil }
        try driver.volumes.unpublish(id, from: one)
        try driver.volumes.unstage(id, at: staging)
    }

    @Test("A busy target stays published")
    func busy() throws {
        let id = try staged()
        try driver.volumes.publish(id, from: staging, to: one, .mount(), readOnly: false)
        driver.node.change { $0.busy = ["/pods/1"] }
        let before = kernel
        #expect(try fault { try driver.volumes.unpublish(id, from: one) } == .notNow)
        #expect(kernel == before)
    }

    @Test("Targets of before a reboot count for nothing, and can be unpublished")
    func reboot() throws {
        let id = try staged(.filesystem(.ext4), .singleNodeSingleWriter)
        let capability = VolumeCapability.mount(.singleNodeSingleWriter)
        try driver.volumes.publish(id, from: staging, to: one, capability, readOnly: false)
        driver.node.reboot()
        let again = try FakeDriver(stores: driver.stores, node: driver.node)
        try again.volumes.stage(id, at: staging, capability)
        try again.volumes.publish(id, from: staging, to: two, capability, readOnly: false)
        try again.volumes.unpublish(id, from: one)
        #expect(kernel.files["/pods/1"] == nil)
        try again.volumes.unpublish(id, from: two)
        try again.volumes.unstage(id, at: staging)
        #expect(kernel.loops.isEmpty)
    }

    @Test("Mounts of the volume stacked at the target all go")
    func stacked() throws {
        let id = try staged()
        try driver.volumes.publish(id, from: staging, to: one, .mount(), readOnly: false)
        driver.node.change { kernel in
            for _ in 0..<2 {
                kernel.mounts.append(.init(path: "/pods/1", source: .filesystem(0), isReadOnly: false))
            }
        }
        try driver.volumes.unpublish(id, from: one)
        #expect(kernel.mounts.map(\.path) == ["/staging"])
    }

    @Test(
        "Whichever step of publishing fails, everything is undone, and the repeat succeeds", arguments: kinds)
    func everyPublishStep(kind: VolumeKind) throws {
        let id = try staged(kind)
        for readOnly in [false, true] {
            var didFinish = false
            for step in 1...40 where !didFinish {
                let before = kernel
                driver.node.faults.fail(step: step)
                let failure = try fault {
                    try driver.volumes.publish(
                        id, from: staging, to: one, capability(kind), readOnly: readOnly)
                }
                let names = driver.node.faults.names
                driver.node.faults.fail(step: nil)
                didFinish = failure == nil
                if didFinish {
                    #expect(step > 4)
                } else {
                    #expect(kernel == before, "step \(step) of \(names)")
                    try driver.volumes.publish(
                        id, from: staging, to: one, capability(kind), readOnly: readOnly)
                }
                try driver.volumes.unpublish(id, from: one)
                #expect(kernel == before, "the life after step \(step) of \(names)")
            }
            #expect(didFinish)
        }
    }

    @Test("Whichever step of unpublishing fails, the repeat completes it", arguments: kinds)
    func everyUnpublishStep(kind: VolumeKind) throws {
        let id = try staged(kind)
        let before = kernel
        for step in 1...40 {
            try driver.volumes.publish(id, from: staging, to: one, capability(kind), readOnly: true)
            driver.node.faults.fail(step: step)
            let failure = try fault { try driver.volumes.unpublish(id, from: one) }
            let names = driver.node.faults.names
            driver.node.faults.fail(step: nil)
            try driver.volumes.unpublish(id, from: one)
            #expect(kernel == before, "step \(step) of \(names)")
            guard failure != nil else { return }
        }
        Issue.record("unpublishing took more than 40 steps")
    }
}
