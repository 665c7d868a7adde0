import LinuxHost
package import Volumes

extension DiskPool {
    package func snapshotNames() throws(VolumeFault) -> [VolumeName] {
        (try names(in: PoolLayout.snapshots) + memberNames()).sorted()
    }

    package func snapshot(of name: VolumeName) throws(VolumeFault) -> SnapshotRecord? {
        guard let folder = try folder(ofSnapshot: name) else { return nil }
        return try readRecord(ofSnapshot: name, from: folder)
    }

    /// The record in a folder that was there a moment ago; nothing if the snapshot was deleted while it was read.
    private func readRecord(
        ofSnapshot name: VolumeName, from folder: borrowing Directory
    ) throws(VolumeFault) -> SnapshotRecord? {
        do {
            return try SnapshotFile.read(from: folder, as: SnapshotID(pool: pool.id, name: name))
        } catch {
            guard try self.folder(ofSnapshot: name) != nil else { return nil }
            throw error
        }
    }

    package func snapshots(_ names: ArraySlice<VolumeName>) throws(VolumeFault) -> [SnapshotRecord] {
        var found: [SnapshotRecord] = []
        found.reserveCapacity(names.count)
        try eachFolder(names, in: PoolLayout.snapshots) { (name, folder) throws(VolumeFault) in
            if let record = try readRecord(ofSnapshot: name, from: folder) { found.append(record) }
        } elsewhere: { (name) throws(VolumeFault) in
            if let member = try snapshot(of: name) { found.append(member) }
        }
        return found
    }

    @discardableResult
    package func cut(_ record: SnapshotRecord, quieting: Quieting) throws(VolumeFault) -> SnapshotRecord {
        var written = record
        try publish(
            record.id.name, in: PoolLayout.snapshots, PoolLayout.snapshotRecord,
            RecordFile.json(SnapshotFile(written))
        ) { (image, _) throws(VolumeFault) in
            try copy(of: .volume(record.source), into: image, quieting)
            try cutToSize(image, record)
            if record.provisioning == .thin {
                written.commitment = try VolumeFault.onHost("examine image of snapshot \(record.id.name)") {
                    () throws(SystemError) in
                    ByteCount(known: try image.status().allocatedBytes)
                }
            }
        }
        return written
    }

    /// An interrupted growth may have left the source longer than its record says.
    func cutToSize(_ image: borrowing OwnedDescriptor, _ record: SnapshotRecord) throws(VolumeFault) {
        try VolumeFault.onHost("size image of snapshot \(record.id.name)") { () throws(SystemError) in
            if try image.status().sizeBytes != record.size.bytes {
                try image.truncate(to: record.size.bytes)
            }
        }
    }

    package func removeSnapshot(_ name: VolumeName) throws(VolumeFault) {
        guard try folder(of: name, in: PoolLayout.snapshots) != nil else { return }
        try discard(name, from: try opened(PoolLayout.snapshots))
    }
}
