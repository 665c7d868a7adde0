import CSIWire
import LinuxHost
import Testing

/// The objects of one subject at one moment: a volume in each state that a call can find one in, and two snapshots.
final class MatrixVolumes: Sendable {
    /// Not staged.
    let idle: MatrixVolume
    /// Not staged, to be deleted.
    let spare: MatrixVolume
    /// Staged and published.
    let mounted: MatrixVolume
    /// A raw disk, staged and published.
    let raw: MatrixVolume
    /// Published.
    let inline: MatrixInline
    /// Snapshots of the volume that calls for one volume are about: one to restore from, one to delete.
    let snapshots: [String]
    /// What new objects of this subject are called.
    let tag: String
    let pool: MatrixPool
    /// True where the volume with the fault is the mounted one, so that all calls are about that.
    let isAboutMounted: Bool

    /// The volume that calls for one volume are about.
    var victim: MatrixVolume { isAboutMounted ? mounted : idle }

    /// Makes all of them; the mounted one holds a file.
    init(_ rig: MatrixRig, _ pool: MatrixPool, isAboutMounted: Bool = false) throws {
        let tag = "\(rig.mark)-\(pool.name)-\(RandomBytes.hex(byteCount: 3))"
        func volume(_ kind: Kind, _ name: String) throws -> MatrixVolume {
            var volume = MatrixVolume(
                kind: kind, pool: pool, folder: rig.path, name: "\(tag)-\(name)", id: "")
            volume.id = try #require(try rig.client.call(volume.createRequest).volume).volumeID
            return volume
        }
        self.tag = tag
        self.pool = pool
        self.isAboutMounted = isAboutMounted
        idle = try volume(.ext4, "idle")
        spare = try volume(.ext4, "spare")
        mounted = try volume(.ext4, "mounted")
        raw = try volume(.block, "raw")
        inline = try MatrixInline(pool, folder: rig.path, mark: rig.mark)
        for volume in [mounted, raw] {
            try Host.makeFolder(volume.staging)
            _ = try rig.client.call(volume.stageRequest)
            _ = try rig.client.call(volume.publishRequest(at: volume.target))
        }
        try Host.makeFolder(idle.staging)
        try Host.write("kept", to: "\(mounted.target)/kept")
        _ = try rig.client.call(inline.publishRequest)
        let source = isAboutMounted ? mounted : idle
        snapshots = try ["keep", "drop"].map { name in
            try #require(try rig.client.call(source.cutRequest("\(tag)-\(name)")).snapshot).snapshotID
        }
    }

    /// The same objects under ids and names that a stranger made up.
    init(_ real: MatrixVolumes, id: String) {
        func hostile(_ volume: MatrixVolume) -> MatrixVolume {
            MatrixVolume(kind: volume.kind, pool: volume.pool, folder: volume.folder, name: id, id: id)
        }
        tag = id
        pool = real.pool
        isAboutMounted = false
        idle = hostile(real.idle)
        spare = hostile(real.spare)
        mounted = hostile(real.mounted)
        raw = hostile(real.raw)
        var inline = real.inline
        inline.id = id
        self.inline = inline
        snapshots = [id, id]
    }

    var all: [MatrixVolume] { [idle, spare, mounted, raw] }
}
