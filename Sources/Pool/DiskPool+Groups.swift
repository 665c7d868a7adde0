import LinuxHost
package import Volumes

extension DiskPool {
    package func groupNames() throws(VolumeFault) -> [VolumeName] {
        // A pool of an earlier version, looked at without being opened for work, has no such folder.
        let root = try opened()
        let found = try VolumeFault.onHost("look for groups of pool \(pool.name)") { () throws(SystemError) in
            try root.status(PoolLayout.groups)
        }
        guard found != nil else { return [] }
        return try names(in: PoolLayout.groups)
    }

    package func group(of name: VolumeName) throws(VolumeFault) -> GroupRecord? {
        guard let parent = try openedIfThere(PoolLayout.groups) else { return nil }
        return try sight(.group(name), in: parent) { (folder) throws(VolumeFault) in
            try GroupFile.read(from: folder, as: GroupID(pool: pool.id, name: name)) {
                (id, member) throws(VolumeFault) in try examine(snapshot: id.name, member)
            }
        }?.served()
    }

    package func groups(_ names: ArraySlice<VolumeName>) throws(VolumeFault) -> Sighting<VolumeName> {
        var seen = Sighting<VolumeName>()
        guard !names.isEmpty else { return seen }
        guard let parent = try openedIfThere(PoolLayout.groups) else { return seen }
        for name in names {
            seen.add(
                try sight(.group(name), in: parent) { (folder) throws(VolumeFault) in
                    _ = try GroupFile.head(from: folder, as: GroupID(pool: pool.id, name: name))
                    return name
                })
        }
        return seen
    }

    package func cut(_ group: GroupRecord, quieting: Quieting) throws(VolumeFault) {
        let bytes = try RecordFile.json(GroupFile(group))
        try publish(group.id.name, in: PoolLayout.groups) { (folder, _) throws(VolumeFault) in
            var members: [MemberCopy] = []
            for (index, record) in group.members.enumerated() {
                members.append(try memberCopy(record, in: folder, as: "\(index)"))
            }
            try copy(members, quieting)
            for member in members { try finish(member) }
            try VolumeFault.onHostAllocating("write record of group \(group.id)") { () throws(SystemError) in
                try folder.write(PoolLayout.groupRecord, bytes, mode: 0o600)
            }
        }
    }

    package func removeGroup(_ name: VolumeName) throws(VolumeFault) {
        guard try group(of: name) != nil else { return try settle(.group(name)) }
        try discard(name, from: try opened(PoolLayout.groups))
    }

    /// The names of the members of all groups; those of one that cannot be read are not seen, and it is torn itself.
    func memberNames() throws(VolumeFault) -> [VolumeName] {
        let groups = try groupNames()
        guard !groups.isEmpty, let parent = try openedIfThere(PoolLayout.groups) else { return [] }
        var names: [VolumeName] = []
        for group in groups {
            do throws(SystemError) {
                names += try parent.open(group.text).entries().compactMap(GroupRecord.index)
                    .map { VolumeName(member: $0, of: group) }
            } catch {
                if error.errno.isShortage {
                    throw .host(step: "list group \(group)", cause: "\(error)")
                }
            }
        }
        return names
    }

    /// The folder of a snapshot, whether it is in a group or not; nothing if there is no such one.
    func folder(ofSnapshot name: VolumeName) throws(VolumeFault) -> Directory? {
        let root = try opened()
        do {
            return try root.openSnapshot(name)
        } catch {
            guard error.errno == .noEntry else {
                throw .host(step: "open snapshot \(name)", cause: "\(error)")
            }
            return nil
        }
    }

    /// Everything that may have to wait is done here, before anything is frozen.
    private func memberCopy(
        _ record: SnapshotRecord, in group: borrowing Directory, as name: String
    ) throws(VolumeFault) -> MemberCopy {
        let step = "create image of \(record.id.name)"
        let source = try openImage(of: .volume(record.source), step)
        let folder = try VolumeFault.onHostAllocating(step) { () throws(SystemError) in
            try group.create(name, mode: 0o700)
        }
        let image = try makeImage(in: folder, of: record.id.name)
        return MemberCopy(record: record, source: source, folder: folder, image: image)
    }

    private func copy(_ members: [MemberCopy], _ quieting: Quieting) throws(VolumeFault) {
        if features.canReflink {
            var areShared = true
            try quieting(nil) { (_) throws(VolumeFault) in
                for member in members where areShared {
                    areShared = try share(member.source, with: member.image, member.step)
                }
            }
            if areShared { return }
        }
        var sizes: [Int64] = []
        for member in members {
            let bytes = try VolumeFault.onHost(member.step) { () throws(SystemError) in
                try member.source.dataBytes()
            }
            sizes.append(bytes)
        }
        // All of them, also those that could be shared: that was at another moment.
        try quieting(Double(sizes.reduce(0, +)) / Self.copiedBytesPerSecond) { (holds) throws(VolumeFault) in
            for (member, bytes) in zip(members, sizes) {
                try copyData(of: member.source, to: member.image, member.step, bytes, holds)
            }
        }
    }

    private func finish(_ member: MemberCopy) throws(VolumeFault) {
        let bytes = try RecordFile.json(SnapshotFile(member.record))
        try cutToSize(member.image, member.record)
        try VolumeFault.onHostAllocating("create image of \(member.record.id.name)") {
            () throws(SystemError) in
            try member.image.sync()
            try member.folder.write(PoolLayout.snapshotRecord, bytes, mode: 0o600)
            try member.folder.sync()
        }
    }
}

/// A member of a group that is being cut.
private final class MemberCopy {
    let record: SnapshotRecord
    let source: OwnedDescriptor
    let folder: Directory
    let image: OwnedDescriptor

    var step: String { "copy volume \(record.source)" }

    init(
        record: SnapshotRecord, source: consuming OwnedDescriptor, folder: consuming Directory,
        image: consuming OwnedDescriptor
    ) {
        self.record = record
        self.source = source
        self.folder = folder
        self.image = image
    }
}

extension Directory {
    /// Opens the folder of a snapshot in a pool.
    func openSnapshot(_ name: VolumeName) throws(SystemError) -> Directory {
        guard let (group, index) = name.membership else {
            return try open(PoolLayout.snapshots).open(name.text)
        }
        return try open(PoolLayout.groups).open(group.text).open("\(index)")
    }
}
