import CSIWire
import LinuxHost
import Synchronization
import Testing

extension Rig {
    func groupRequest(_ lives: [Life], _ name: String = "group") -> CSI.CreateVolumeGroupSnapshotRequest {
        CSI.CreateVolumeGroupSnapshotRequest(name: name, sourceVolumeIDs: lives.map(\.id))
    }

    /// Cuts a group and expects that it is complete and of one moment.
    func cutGroup(_ lives: [Life], _ name: String = "group") throws -> CSI.VolumeGroupSnapshot {
        let group = try #require(try client.call(groupRequest(lives, name)).groupSnapshot)
        #expect(group.readyToUse && group.snapshots.map(\.sourceVolumeID) == lives.map(\.id))
        #expect(
            group.snapshots.allSatisfy { snapshot in
                snapshot.readyToUse && snapshot.groupSnapshotID == group.groupSnapshotID
                    && snapshot.creationTime == group.creationTime && snapshot.snapshotID.utf8.count <= 128
            })
        return group
    }

    func deleteRequest(_ group: CSI.VolumeGroupSnapshot) -> CSI.DeleteVolumeGroupSnapshotRequest {
        CSI.DeleteVolumeGroupSnapshotRequest(
            groupSnapshotID: group.groupSnapshotID, snapshotIDs: group.snapshots.map(\.snapshotID))
    }

    func deleteGroup(_ group: CSI.VolumeGroupSnapshot) throws { _ = try client.call(deleteRequest(group)) }
}

/// Writes a number to one file, waits until it is on disk, writes it to the other file, and so on with the next number.
///
/// So at no moment is the second file ahead of the first one, nor behind by more than one.
final class OrderedWriter: Sendable {
    static let file = "ordered"
    private let state = Mutex((number: 0, isStopped: false, trouble: String?.none, isDone: false))

    /// Begins to write in two folders.
    init(_ first: String, _ second: String) throws {
        _ = try OwnThread.start(name: "writer") { [self] in
            do {
                let one = try Self.open(first)
                let other = try Self.open(second)
                while !state.withLock(\.isStopped) {
                    let number = state.withLock {
                        $0.number += 1; return $0.number
                    }
                    let text = Array(String(number + 1_000_000).utf8)
                    try one.pwrite(text, offset: 0)
                    try one.sync()
                    try other.pwrite(text, offset: 0)
                    try other.sync()
                }
            } catch {
                state.withLock { $0.trouble = "\(error)" }
            }
            state.withLock { $0.isDone = true }
        }
        try waitFor(2)
    }

    private static func open(_ folder: String) throws(SystemError) -> OwnedDescriptor {
        try Directory.open(folder).createFile(file, mode: 0o600)
    }

    /// Waits until so many more numbers were written.
    func waitFor(_ more: Int) throws {
        let wanted = state.withLock(\.number) + more
        try waitUntil("the writer goes on") {
            if let trouble = state.withLock(\.trouble) { throw RigTrouble("the writer: \(trouble)") }
            return state.withLock(\.number) > wanted
        }
    }

    /// Ends the writing; nothing holds the files afterwards.
    func stop() throws {
        state.withLock { $0.isStopped = true }
        try waitUntil("the writer ends") { state.withLock(\.isDone) }
        #expect(state.withLock(\.trouble) == nil)
    }

    /// The number in a folder.
    static func number(in folder: String) throws -> Int {
        try #require(Int(try Host.read("\(folder)/\(file)"))) - 1_000_000
    }
}
