import CSIWire
import Testing
import VolumesTestSupport

@Suite("The Controller service")
struct ControllerTests {
    private let services: Services

    init() throws { services = try Services(FakeDriver(pools: ["hdd", "nvme"])) }

    @Test("A created volume comes with handle, size and place, again and again")
    func create() throws {
        let request = CSI.CreateVolumeRequest(
            name: "pvc-1", capacityRange: .init(requiredBytes: 1 << 30), volumeCapabilities: [.writer],
            parameters: ["pool": "nvme", "csi.storage.k8s.io/pvc/name": "claim"])
        let reply = try services.call(request)
        #expect(
            reply.volume
                == CSI.Volume(
                    volumeID: "0000000000000002.pvc-1", capacityBytes: 1 << 30,
                    accessibleTopology: [.init(segments: ["topology.test/pool.nvme": "0000000000000002"])]))
        #expect(try services.call(request) == reply)
        var other = request
        other.capacityRange = .init(requiredBytes: 2 << 30)
        #expect(try services.code(other) == .alreadyExists)
    }

    @Test("Where nothing can be made, the codes tell why")
    func cannotCreate() throws {
        func code(_ range: CSI.CapacityRange, _ place: [String: String] = [:]) throws -> CSICode {
            try services.code(
                CSI.CreateVolumeRequest(
                    name: "n", capacityRange: range, volumeCapabilities: [.writer],
                    accessibilityRequirements: place.isEmpty
                        ? nil : .init(requisite: [.init(segments: place)])))
        }
        #expect(try code(.init(requiredBytes: 99 << 30)) == .resourceExhausted)
        #expect(try code(.init(requiredBytes: 17 << 40)) == .outOfRange)
        #expect(try code(.init(limitBytes: 1000)) == .outOfRange)
        #expect(try code(.init(requiredBytes: 1 << 30), ["zone": "a"]) == .resourceExhausted)
    }

    @Test("A handle that is not ours is deleted already, and is not found by anything else")
    func foreignHandles() throws {
        for id in ["pvc-1", "../../etc/passwd", "0000000000000001.", "0000000000000001.A"] {
            #expect(try services.code(CSI.DeleteVolumeRequest(volumeID: id)) == .ok)
            #expect(try services.code(CSI.ControllerGetVolumeRequest(volumeID: id)) == .notFound)
            #expect(
                try services.code(
                    CSI.ControllerExpandVolumeRequest(volumeID: id, capacityRange: .init(requiredBytes: 1)))
                    == .notFound)
            #expect(
                try services.code(
                    CSI.ValidateVolumeCapabilitiesRequest(volumeID: id, volumeCapabilities: [.writer]))
                    == .notFound)
        }
        #expect(try services.code(CSI.DeleteVolumeRequest(volumeID: "0000000000000001.gone")) == .ok)
        #expect(
            try services.code(CSI.DeleteVolumeRequest(volumeID: "ffffffffffffffff.pvc-1"))
                == .failedPrecondition)
    }

    @Test("A volume is deleted once and for all, but not while it is in use")
    func delete() throws {
        let id = try services.create()
        let stage = CSI.NodeStageVolumeRequest(
            volumeID: id, stagingTargetPath: "/kubelet/staging", volumeCapability: .writer)
        try services.call(stage)
        #expect(try services.code(CSI.DeleteVolumeRequest(volumeID: id)) == .failedPrecondition)
        try services.call(CSI.NodeUnstageVolumeRequest(volumeID: id, stagingTargetPath: "/kubelet/staging"))
        for _ in 0..<2 { #expect(try services.code(CSI.DeleteVolumeRequest(volumeID: id)) == .ok) }
        #expect(try services.code(stage) == .notFound)
    }

    @Test("Expansion answers the new size and asks for the node's part, also when repeated")
    func expand() throws {
        let id = try services.create()
        let request = CSI.ControllerExpandVolumeRequest(
            volumeID: id, capacityRange: .init(requiredBytes: 2 << 30), volumeCapability: .writer)
        for _ in 0..<2 {
            #expect(
                try services.call(request)
                    == CSI.ControllerExpandVolumeResponse(capacityBytes: 2 << 30, nodeExpansionRequired: true)
            )
        }
        var bad = request
        bad.capacityRange = .init(requiredBytes: 99 << 30)
        #expect(try services.code(bad) == .outOfRange)
        bad.capacityRange = .init(limitBytes: 1 << 30)
        #expect(try services.code(bad) == .outOfRange)
        bad = request
        bad.volumeCapability = .disk
        #expect(try services.code(bad) == .invalidArgument)
    }

    @Test("One volume is told with its health")
    func getVolume() throws {
        let id = try services.create()
        let reply = try services.call(CSI.ControllerGetVolumeRequest(volumeID: id))
        #expect(reply.volume?.volumeID == id)
        #expect(reply.status?.volumeCondition?.abnormal == false)
        #expect(reply.status?.volumeCondition?.message.isEmpty == false)
        services.driver.store.loseImage(try known(services.driver.store.names().first))
        let ill = try services.call(CSI.ControllerGetVolumeRequest(volumeID: id))
        #expect(ill.status?.volumeCondition == .init(abnormal: true, message: "the image is missing"))
    }

    @Test("Volumes are listed in pages that the tokens connect")
    func list() throws {
        #expect(try services.call(CSI.ListVolumesRequest()) == CSI.ListVolumesResponse())
        let ids = try (1...5).map { try services.create("v\($0)") }
        var listed: [String] = []
        var token = ""
        repeat {
            let page = try services.call(CSI.ListVolumesRequest(maxEntries: 2, startingToken: token))
            listed += page.entries.compactMap(\.volume?.volumeID)
            #expect(page.entries.allSatisfy { $0.status?.volumeCondition?.abnormal == false })
            token = page.nextToken
        } while !token.isEmpty
        #expect(listed == ids)
        #expect(try services.call(CSI.ListVolumesRequest()).entries.count == 5)
        #expect(try services.call(CSI.ListVolumesRequest(maxEntries: .max)).nextToken.isEmpty)
        for stale in ["x", "7", "0000000000000001", "../.."] {
            #expect(try services.code(CSI.ListVolumesRequest(startingToken: stale)) == .aborted)
        }
    }
}

@Suite("GetCapacity and ValidateVolumeCapabilities")
struct ControllerQueryTests {
    private let services: Services

    init() throws { services = try Services(FakeDriver(pools: ["hdd", "nvme"])) }

    @Test("What is available can be created, and comes with the limits")
    func capacity() throws {
        let reply = try services.call(CSI.GetCapacityRequest())
        #expect(
            reply
                == CSI.GetCapacityResponse(
                    availableCapacity: 95 << 30, maximumVolumeSize: 95 << 30, minimumVolumeSize: 16 << 20))
        try services.call(
            CSI.CreateVolumeRequest(
                name: "n", capacityRange: .init(requiredBytes: reply.availableCapacity),
                volumeCapabilities: [.writer]))
        let rest = try services.call(CSI.GetCapacityRequest())
        #expect(rest.availableCapacity == 0)
        #expect(rest.maximumVolumeSize == 0)
    }

    @Test("A StorageClass comes unstripped, and its file system counts")
    func storageClass() throws {
        let reply = try services.call(
            CSI.GetCapacityRequest(parameters: [
                "csi.storage.k8s.io/fstype": "xfs", "csi.storage.k8s.io/node-stage-secret-name": "s",
                "pool": "nvme",
            ]))
        #expect(reply.minimumVolumeSize == 300 << 20)
    }

    @Test("What cannot be served has no capacity, which is no error")
    func none() throws {
        let many = CSI.VolumeCapability(access: .mount(), mode: .multiNodeMultiWriter)
        for request in [
            CSI.GetCapacityRequest(volumeCapabilities: [many]),
            CSI.GetCapacityRequest(volumeCapabilities: [.writer, .disk]),
            CSI.GetCapacityRequest(parameters: ["pool": "ssd"]),
            CSI.GetCapacityRequest(accessibleTopology: .init(segments: ["zone": "a"])),
            CSI.GetCapacityRequest(accessibleTopology: .init(segments: ["topology.test/pool.hdd": "f"])),
        ] { #expect(try services.call(request).availableCapacity == 0, "\(request)") }
        let here = CSI.Topology(segments: ["topology.test/pool.nvme": "0000000000000002"])
        for place in [here, CSI.Topology()] {
            #expect(
                try services.call(CSI.GetCapacityRequest(accessibleTopology: place)).availableCapacity == 95
                    << 30)
        }
    }

    @Test("Capabilities that the volume has are confirmed as they were asked")
    func confirmed() throws {
        let id = try services.create()
        let reader = CSI.VolumeCapability(access: .mount(fsType: "ext4"), mode: .multiNodeReaderOnly)
        let request = CSI.ValidateVolumeCapabilitiesRequest(
            volumeID: id, volumeContext: ["storage.kubernetes.io/csiProvisionerIdentity": "x"],
            volumeCapabilities: [.writer, reader])
        let reply = try services.call(request)
        #expect(reply.message.isEmpty)
        #expect(reply.confirmed?.volumeCapabilities == request.volumeCapabilities)
        #expect(reply.confirmed?.volumeContext == request.volumeContext)
    }

    @Test("Anything else is answered with a message and no confirmation, which is no error")
    func notConfirmed() throws {
        let id = try services.create()
        let good = CSI.ValidateVolumeCapabilitiesRequest(volumeID: id, volumeCapabilities: [.writer])
        let changes: [(inout CSI.ValidateVolumeCapabilitiesRequest) -> Void] = [
            { $0.volumeCapabilities = [.writer, .disk] },
            { $0.volumeCapabilities = [.init(access: .mount(fsType: "xfs"), mode: .singleNodeWriter)] },
            { $0.volumeCapabilities = [.init(access: .mount(), mode: .multiNodeMultiWriter)] },
            { $0.volumeCapabilities = [.init()] },
            { $0.parameters = ["pool": "nvme"] },
            { $0.parameters = ["typo": "x"] },
            { $0.mutableParameters = ["a": "b"] },
            { $0.volumeContext = ["stranger": "x"] },
        ]
        for (index, change) in changes.enumerated() {
            var request = good
            change(&request)
            let reply = try services.call(request)
            #expect(reply.confirmed == nil, "change \(index)")
            #expect(!reply.message.isEmpty, "change \(index)")
        }
        #expect(try services.call(good).confirmed != nil)
    }
}
