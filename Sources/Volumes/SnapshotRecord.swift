/// A snapshot's handle: `<pool id>.<snapshot name>`, like a volume's; of a member of a group with its number, at most
/// 120 bytes.
package struct SnapshotID: Hashable, Sendable, CustomStringConvertible {
    /// The pool that holds the snapshot.
    package let pool: PoolID
    /// The snapshot's folder in that pool.
    package let name: VolumeName

    /// Joins the two parts.
    package init(pool: PoolID, name: VolumeName) {
        self.pool = pool
        self.name = name
    }

    /// Takes the text only if this driver could have minted it; anything else names no snapshot of ours.
    package init?(_ text: String) {
        guard let parts = PoolID.splitting(text), let name = VolumeName(snapshot: parts.rest) else {
            return nil
        }
        self.init(pool: parts.pool, name: name)
    }

    /// The group that it was cut with, if it was not cut alone.
    package var group: GroupID? { name.membership.map { GroupID(pool: pool, name: $0.group) } }

    package var description: String { "\(pool).\(name)" }
}

/// What a volume begins with instead of an empty file system.
package enum ContentSource: Hashable, Sendable, CustomStringConvertible {
    case snapshot(SnapshotID)
    case volume(VolumeID)

    /// The pool that holds the content.
    package var pool: PoolID {
        switch self {
        case .snapshot(let id): id.pool
        case .volume(let id): id.pool
        }
    }

    package var description: String {
        switch self {
        case .snapshot(let id): "snapshot \(id)"
        case .volume(let id): "volume \(id)"
        }
    }

    /// The object that must not change while it is copied.
    var key: ObjectKey {
        switch self {
        case .snapshot(let id): .snapshot(id.name)
        case .volume(let id): .volume(id.name)
        }
    }
}

/// In which state a mounted volume is copied.
package enum Consistency: String, Sendable {
    /// Its file system is frozen meanwhile: everything written is in the copy.
    case frozen
    /// It goes on: the copy is what a power loss would have left.
    case crash
}

/// A moment as the wire wants it.
package struct Moment: Hashable, Comparable, Sendable {
    /// Nanoseconds since 1970, UTC.
    package let nanoseconds: Int64

    /// Takes nanoseconds since 1970, UTC.
    package init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    package static func < (left: Moment, right: Moment) -> Bool { left.nanoseconds < right.nanoseconds }
}

/// What the pool remembers of a snapshot.
package struct SnapshotRecord: Equatable, Sendable {
    /// The handle.
    package let id: SnapshotID
    /// The name that the caller chose, unchanged.
    package let requestedName: String
    /// The volume that it was cut from, which may be gone.
    package let source: VolumeID
    /// Size of the image: the least that a volume restored from it has.
    package let size: ByteCount
    /// What the source was.
    package let kind: VolumeKind
    /// How the source was provisioned.
    package let provisioning: Provisioning
    /// Logical block size of the source's loop devices, in bytes.
    package let sectorBytes: UInt32
    /// What the snapshot may come to cost.
    ///
    /// A thick source's blocks may all be unshared by overwrites; a thin one's cost what they hold at the cut.
    package var commitment: ByteCount
    /// When it was cut.
    package let cut: Moment
    /// The volume that all objects descend from that it may share blocks with; nothing where it shares none.
    package var lineage: VolumeName?

    /// Puts a record together.
    package init(
        id: SnapshotID, requestedName: String, source: VolumeID, size: ByteCount, kind: VolumeKind,
        provisioning: Provisioning, sectorBytes: UInt32, commitment: ByteCount, cut: Moment,
        lineage: VolumeName? = nil
    ) {
        self.lineage = lineage
        self.id = id
        self.requestedName = requestedName
        self.source = source
        self.size = size
        self.kind = kind
        self.provisioning = provisioning
        self.sectorBytes = sectorBytes
        self.commitment = commitment
        self.cut = cut
    }
}
