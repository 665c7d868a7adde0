import CSIWire
import LinuxHost
import RPCClient

/// A caller of the driver that remembers what it asked for, so that all of it can be undone.
final class VolumeClient {
    private static let timeoutSeconds = 300.0

    private let connection: RPCConnection
    private var created: Set<String> = []
    private var snapshots: Set<String> = []
    /// The members of each group.
    private var groups: [String: [String]] = [:]
    private var staged: [String: String] = [:]
    private var published: [String: String] = [:]

    init(_ connection: RPCConnection) { self.connection = connection }

    /// Calls a method; a status other than OK is thrown.
    func call<Request: CSIRequest>(_ request: Request) throws -> Request.Reply {
        let reply = try connection.unary(Request.path, request.encoded(), timeout: Self.timeoutSeconds)
        guard reply.code == 0 else {
            throw CSIStatus(CSICode(rawValue: reply.code) ?? .unknown, reply.message)
        }
        return try Request.Reply(decoding: reply.body)
    }

    /// Creates a volume and returns its handle.
    func create(
        _ name: String, _ use: CSI.VolumeCapability, bytes: Int64, parameters: [String: String] = [:],
        from source: CSI.VolumeContentSource? = nil
    ) throws -> String {
        let reply = try call(
            CSI.CreateVolumeRequest(
                name: name, capacityRange: CSI.CapacityRange(requiredBytes: bytes), volumeCapabilities: [use],
                parameters: parameters, contentSource: source))
        guard let volume = reply.volume else { throw CSIStatus(.internalError, "a reply without a volume") }
        created.insert(volume.volumeID)
        return volume.volumeID
    }

    func stage(_ volume: String, _ use: CSI.VolumeCapability, at path: String) throws {
        staged[path] = volume
        _ = try call(
            CSI.NodeStageVolumeRequest(volumeID: volume, stagingTargetPath: path, volumeCapability: use))
    }

    func publish(_ volume: String, _ use: CSI.VolumeCapability, from staging: String, to target: String)
        throws
    {
        published[target] = volume
        _ = try call(
            CSI.NodePublishVolumeRequest(
                volumeID: volume, stagingTargetPath: staging, targetPath: target, volumeCapability: use))
    }

    func unpublish(_ volume: String, from target: String) throws {
        _ = try call(CSI.NodeUnpublishVolumeRequest(volumeID: volume, targetPath: target))
        published[target] = nil
    }

    func unstage(_ volume: String, from path: String) throws {
        _ = try call(CSI.NodeUnstageVolumeRequest(volumeID: volume, stagingTargetPath: path))
        staged[path] = nil
    }

    func delete(_ volume: String) throws {
        _ = try call(CSI.DeleteVolumeRequest(volumeID: volume))
        created.remove(volume)
    }

    /// Takes a snapshot and returns its handle.
    func snapshot(of volume: String, named name: String) throws -> String {
        let reply = try call(CSI.CreateSnapshotRequest(sourceVolumeID: volume, name: name))
        guard let snapshot = reply.snapshot else {
            throw CSIStatus(.internalError, "a reply without a snapshot")
        }
        snapshots.insert(snapshot.snapshotID)
        return snapshot.snapshotID
    }

    func deleteSnapshot(_ snapshot: String) throws {
        _ = try call(CSI.DeleteSnapshotRequest(snapshotID: snapshot))
        snapshots.remove(snapshot)
    }

    /// Takes snapshots of volumes at one moment; returns the handle of the group and those of its members, in the order of
    /// the volumes.
    func groupSnapshot(of volumes: [String], named name: String) throws -> (group: String, members: [String])
    {
        let reply = try call(CSI.CreateVolumeGroupSnapshotRequest(name: name, sourceVolumeIDs: volumes))
        guard let group = reply.groupSnapshot else {
            throw CSIStatus(.internalError, "a reply without a group")
        }
        groups[group.groupSnapshotID] = group.snapshots.map(\.snapshotID)
        let members = volumes.compactMap { volume in
            group.snapshots.first { $0.sourceVolumeID == volume }?.snapshotID
        }
        guard members.count == volumes.count else {
            throw CSIStatus(.internalError, "a group without a snapshot of each volume")
        }
        return (group.groupSnapshotID, members)
    }

    func deleteGroup(_ group: String) throws {
        _ = try call(
            CSI.DeleteVolumeGroupSnapshotRequest(groupSnapshotID: group, snapshotIDs: groups[group] ?? []))
        groups[group] = nil
    }

    /// Unpublishes, unstages and deletes whatever is left; goes on after a failure and throws the first one.
    func undoAll() throws {
        var first: (any Error)?
        func attempt(_ body: () throws -> Void) {
            do { try body() } catch { first = first ?? error }
        }
        for (target, volume) in published { attempt { try unpublish(volume, from: target) } }
        for (path, volume) in staged { attempt { try unstage(volume, from: path) } }
        for volume in created { attempt { try delete(volume) } }
        for group in groups.keys { attempt { try deleteGroup(group) } }
        for snapshot in snapshots { attempt { try deleteSnapshot(snapshot) } }
        if let first { throw first }
    }
}

extension CSI.VolumeCapability {
    /// One writer on one node, with a file system.
    static func filesystem(_ type: String) -> Self {
        CSI.VolumeCapability(access: .mount(fsType: type), mode: .singleNodeWriter)
    }

    /// One writer on one node, with the raw device.
    static var rawDevice: Self { CSI.VolumeCapability(access: .block, mode: .singleNodeWriter) }
}
