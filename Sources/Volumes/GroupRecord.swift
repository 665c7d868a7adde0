import Text

/// A group's handle: `<pool id>.<group name>`, of the same form as a volume's.
package struct GroupID: Hashable, Sendable, CustomStringConvertible {
    /// The pool that holds the group.
    package let pool: PoolID
    /// The group's folder in that pool.
    package let name: VolumeName

    /// Joins the two parts.
    package init(pool: PoolID, name: VolumeName) {
        self.pool = pool
        self.name = name
    }

    /// Takes the text only if this driver could have minted it; anything else names no group of ours.
    package init?(_ text: String) {
        guard let handle = VolumeID(text) else { return nil }
        self.init(pool: handle.pool, name: handle.name)
    }

    package var description: String { "\(pool).\(name)" }
}

/// What the pool remembers of a group: snapshots of several volumes at one moment.
package struct GroupRecord: Equatable, Sendable {
    /// The most members that a group has; each takes a few open files while the group is cut.
    package static let mostMembers = 100

    /// The handle.
    package let id: GroupID
    /// The name that the caller chose, unchanged.
    package let requestedName: String
    /// The snapshots in the order of the request; each has the moment of the group.
    package let members: [SnapshotRecord]
    /// When it was cut.
    package let cut: Moment

    /// Puts a record together.
    package init(id: GroupID, requestedName: String, members: [SnapshotRecord], cut: Moment) {
        self.id = id
        self.requestedName = requestedName
        self.members = members
        self.cut = cut
    }

    /// What all members together may come to cost.
    package var commitment: ByteCount { members.reduce(.zero) { $0 + $1.commitment } }

    /// The number of a member from the text that stands for it, in one way only.
    package static func index(_ text: String) -> Int? {
        guard text.utf8.count <= 3, let index = Int(text), (0..<mostMembers).contains(index),
            "\(index)".isSame(as: text)
        else { return nil }
        return index
    }

    /// Verifies that the caller knows the members of the group.
    ///
    /// CSI 1.x, Get- and DeleteVolumeGroupSnapshot: other snapshot_ids than the group's are INVALID_ARGUMENT.
    func expect(_ snapshotIDs: [String]) throws(VolumeFault) {
        guard Set(snapshotIDs) != Set(members.map { "\($0.id)" }) else { return }
        throw .malformed(
            field: "snapshot_ids",
            why: "group \(id) has \(members.count) snapshots, and those given are not exactly they")
    }
}

/// A request to cut a group, checked and in the terms of the domain.
package struct GroupRequest: Sendable {
    /// The name that the caller chose.
    package let name: String
    /// The volumes to cut, none twice.
    package let sources: [VolumeID]

    /// Reads the handles of the volumes.
    ///
    /// - Throws: `malformed` for none, too many, or one twice; `missing` for a handle that is none of ours.
    package init(name: String, sourceVolumeIDs: [String]) throws(VolumeFault) {
        let field = "source_volume_ids"
        guard !sourceVolumeIDs.isEmpty else {
            throw .malformed(field: field, why: "at least one is required")
        }
        guard sourceVolumeIDs.count <= GroupRecord.mostMembers else {
            throw .malformed(
                field: field,
                why:
                    "\(sourceVolumeIDs.count) are more than the \(GroupRecord.mostMembers) that a group can have"
            )
        }
        var seen: Set<String> = []
        for text in sourceVolumeIDs where !seen.insert(text).inserted {
            throw .malformed(field: field, why: "'\(text.cut(bytes: 128))' is in it twice")
        }
        var sources: [VolumeID] = []
        for text in sourceVolumeIDs {
            guard !text.isEmpty else { throw .malformed(field: field, why: "one of them is empty") }
            guard let id = VolumeID(text) else { throw .missing("volume \(text.cut(bytes: 128))") }
            sources.append(id)
        }
        self.name = name
        self.sources = sources
    }
}
