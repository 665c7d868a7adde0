import CSIWire
import LinuxHost
import Testing

/// A volume that was made through a relay, and what kubelet does with it on its node's own socket.
struct ClusterVolume {
    let cluster: Cluster
    let id: String
    let kind: Kind
    /// Where it is used; the first that has the pool, unless a test says another.
    var node: ClusterNode
    /// What the relay said of it.
    let volume: CSI.Volume

    /// Creates it through the first relay, with the topology of a node unless that is nil.
    init(
        _ cluster: Cluster, _ kind: Kind = .ext4, name: String = "vol", on wanted: ClusterNode? = nil,
        bytes: Int64? = nil, from source: CSI.VolumeContentSource? = nil
    ) throws {
        let request = try Self.request(kind, name, on: wanted, bytes: bytes, from: source)
        volume = try #require(try cluster.client.call(request).volume)
        self.cluster = cluster
        self.kind = kind
        id = volume.volumeID
        let pool = String(try #require(id.split(separator: ".").first))
        node = try #require(
            try cluster.nodes.first { try $0.hasPool(pool) }, "no node has pool \(pool)")
    }

    /// What the provisioner sends for a pod on that node.
    static func request(
        _ kind: Kind = .ext4, _ name: String = "vol", on node: ClusterNode? = nil, bytes: Int64? = nil,
        from source: CSI.VolumeContentSource? = nil
    ) throws -> CSI.CreateVolumeRequest {
        var request = kind.create(name, bytes: bytes, from: source)
        if let node {
            let topology = try node.topology
            request.accessibilityRequirements = CSI.TopologyRequirement(
                requisite: [topology], preferred: [topology])
        }
        return request
    }

    private var folder: String { "\(node.machine.folder)/\(id.drop { $0 != "." }.dropFirst())" }
    var staging: String { "\(folder)-staging" }
    var target: String { "\(folder)-target" }
    var asSource: CSI.VolumeContentSource { .volume(id: id) }

    func stage() throws {
        try Host.makeFolder(staging)
        _ = try node.client.call(
            CSI.NodeStageVolumeRequest(
                volumeID: id, stagingTargetPath: staging, volumeCapability: kind.capability()))
    }

    func publish() throws {
        _ = try node.client.call(
            CSI.NodePublishVolumeRequest(
                volumeID: id, stagingTargetPath: staging, targetPath: target,
                volumeCapability: kind.capability()))
    }

    /// Takes the volume from its node.
    func release() throws {
        _ = try node.client.call(CSI.NodeUnpublishVolumeRequest(volumeID: id, targetPath: target))
        _ = try node.client.call(CSI.NodeUnstageVolumeRequest(volumeID: id, stagingTargetPath: staging))
    }

    var deleteRequest: CSI.DeleteVolumeRequest { CSI.DeleteVolumeRequest(volumeID: id) }

    func delete() throws { _ = try cluster.client.call(deleteRequest) }

    func end() throws {
        try release()
        try delete()
    }

    var cutRequest: CSI.CreateSnapshotRequest {
        var request = CSI.CreateSnapshotRequest()
        request.sourceVolumeID = id
        request.name = "snap"
        return request
    }
}

extension ClusterNode {
    /// True if the record of its pool has that id.
    func hasPool(_ id: String) throws -> Bool {
        guard try FileStatus.at("\(pool)/pool.json") != nil else { return false }
        return try Host.read("\(pool)/pool.json").contains(id)
    }
}

extension Cluster {
    /// The ids of all volumes that a list through the relay has.
    func volumes() throws -> [String] {
        try client.call(CSI.ListVolumesRequest()).entries.compactMap { $0.volume?.volumeID }
    }

    /// The room that the relay tells for one node, or for all.
    func available(on node: ClusterNode? = nil) throws -> Int64 {
        var request = CSI.GetCapacityRequest()
        request.accessibleTopology = try node?.topology
        return try client.call(request).availableCapacity
    }
}
