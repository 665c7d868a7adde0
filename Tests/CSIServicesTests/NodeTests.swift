import CSIServices
import CSIWire
import Testing
import Volumes
import VolumesTestSupport

@Suite("The Node service")
struct NodeTests {
    private static let staging = "/kubelet/staging"
    private static let target = "/kubelet/pods/1"
    private let services: Services

    init() throws { services = try Services() }

    private func stage(_ id: String, _ capability: CSI.VolumeCapability) -> CSI.NodeStageVolumeRequest {
        CSI.NodeStageVolumeRequest(
            volumeID: id, stagingTargetPath: Self.staging, volumeCapability: capability)
    }

    private func publish(_ id: String, _ capability: CSI.VolumeCapability) -> CSI.NodePublishVolumeRequest {
        CSI.NodePublishVolumeRequest(
            volumeID: id, stagingTargetPath: Self.staging, targetPath: Self.target,
            volumeCapability: capability)
    }

    @Test(
        "A volume lives from stage to unstage, each call twice",
        arguments: [CSI.VolumeCapability.writer, .disk])
    func life(capability: CSI.VolumeCapability) throws {
        let id = try services.create("v", capability)
        for _ in 0..<2 { try services.call(stage(id, capability)) }
        for _ in 0..<2 { try services.call(publish(id, capability)) }
        let stats = try services.call(CSI.NodeGetVolumeStatsRequest(volumeID: id, volumePath: Self.target))
        #expect(stats.usage.first?.unit == .bytes)
        #expect(stats.usage.first?.total == 1 << 30)
        #expect(stats.usage.count == (capability == .disk ? 1 : 2))
        #expect(stats.volumeCondition?.abnormal == false)
        try services.call(
            CSI.ControllerExpandVolumeRequest(volumeID: id, capacityRange: .init(requiredBytes: 2 << 30)))
        for _ in 0..<2 {
            #expect(
                try services.call(
                    CSI.NodeExpandVolumeRequest(
                        volumeID: id, volumePath: Self.target, capacityRange: .init(requiredBytes: 2 << 30))
                ).capacityBytes == 2 << 30)
        }
        for _ in 0..<2 {
            try services.call(CSI.NodeUnpublishVolumeRequest(volumeID: id, targetPath: Self.target))
        }
        for _ in 0..<2 {
            try services.call(CSI.NodeUnstageVolumeRequest(volumeID: id, stagingTargetPath: Self.staging))
        }
        let kernel = services.driver.node.kernel
        #expect(kernel.loops.isEmpty && kernel.mounts.isEmpty && kernel.notes.isEmpty)
        try services.call(CSI.DeleteVolumeRequest(volumeID: id))
    }

    @Test("A handle that is not ours is unpublished and unstaged already, and is not found by anything else")
    func foreignHandles() throws {
        for id in ["pvc-1", "../../etc/passwd", "0000000000000001.A", "0000000000000001.gone"] {
            #expect(
                try services.code(CSI.NodeUnstageVolumeRequest(volumeID: id, stagingTargetPath: Self.staging))
                    == .ok)
            #expect(
                try services.code(CSI.NodeUnpublishVolumeRequest(volumeID: id, targetPath: Self.target))
                    == .ok)
            #expect(try services.code(stage(id, .writer)) == .notFound)
            #expect(try services.code(publish(id, .writer)) == .notFound)
            #expect(
                try services.code(CSI.NodeGetVolumeStatsRequest(volumeID: id, volumePath: Self.target))
                    == .notFound)
            #expect(
                try services.code(CSI.NodeExpandVolumeRequest(volumeID: id, volumePath: Self.target))
                    == .notFound)
        }
        #expect(services.driver.node.kernel.mounts.isEmpty)
    }

    @Test("Publishing without a staging path fails only once the volume is known to exist")
    func noStagingPath() throws {
        var request = publish(try services.create(), .writer)
        request.stagingTargetPath = ""
        #expect(try services.code(request) == .failedPrecondition)
        request.volumeID = "0000000000000001.gone"
        #expect(try services.code(request) == .notFound)
    }

    @Test("Using a volume out of order is FAILED_PRECONDITION, in another way ALREADY_EXISTS")
    func outOfOrder() throws {
        let id = try services.create()
        #expect(try services.code(publish(id, .writer)) == .failedPrecondition)
        #expect(try services.code(stage(id, .disk)) == .failedPrecondition)
        try services.call(stage(id, .writer))
        let reader = CSI.VolumeCapability(access: .mount(), mode: .singleNodeReaderOnly)
        #expect(try services.code(stage(id, reader)) == .alreadyExists)
        try services.call(publish(id, .writer))
        #expect(try services.code(publish(id, reader)) == .alreadyExists)
        let unstage = CSI.NodeUnstageVolumeRequest(volumeID: id, stagingTargetPath: Self.staging)
        #expect(try services.code(unstage) == .failedPrecondition)
        #expect(
            try services.code(
                CSI.NodeExpandVolumeRequest(
                    volumeID: id, volumePath: Self.target, capacityRange: .init(requiredBytes: 2 << 30)))
                == .outOfRange)
    }

    @Test("The read-only flag of the request makes the target read-only")
    func readonly() throws {
        let id = try services.create()
        try services.call(stage(id, .writer))
        var request = publish(id, .writer)
        request.readonly = true
        try services.call(request)
        #expect(services.driver.node.kernel.top(of: Self.target)?.isReadOnly == true)
        request.readonly = false
        #expect(try services.code(request) == .alreadyExists)
    }

    @Test("A call on a volume that another call is working on is ABORTED")
    func pending() throws {
        let id = try services.create()
        let name = try known(VolumeID(id)).name
        let calls: [() throws -> CSICode] = [
            { try services.code(stage(id, .writer)) },
            { try services.code(publish(id, .writer)) },
            { try services.code(CSI.DeleteVolumeRequest(volumeID: id)) },
            { try services.code(CSI.NodeUnpublishVolumeRequest(volumeID: id, targetPath: Self.target)) },
        ]
        let codes = try services.driver.inFlight.withExclusive(name) { () throws(VolumeFault) in
            calls.map { call in Result { try call() } }
        }
        for code in codes { #expect(try code.get() == .aborted) }
    }

    @Test("Paths outside of kubelet's folder are refused where the operator wants that")
    func exclusive() throws {
        let root = try HostPath("/kubelet")
        let strict = try Services(
            services.driver, paths: PathPolicy(root: root, resolvedRoot: root, isExclusive: true)
        ) { () throws(VolumeFault) in true }
        let id = try services.create()
        #expect(
            try strict.code(
                CSI.NodeStageVolumeRequest(
                    volumeID: id, stagingTargetPath: "/tmp/x", volumeCapability: .writer))
                == .invalidArgument)
        #expect(try strict.code(stage(id, .writer)) == .ok)
    }
}
