import LinuxHost
package import Volumes

extension DiskPool {
    package func snapshotNames() throws(VolumeFault) -> [VolumeName] {
        (try names(in: PoolLayout.snapshots) + memberNames()).sorted()
    }

    package func snapshot(of name: VolumeName) throws(VolumeFault) -> SnapshotRecord? {
        try sight(snapshot: name)?.served()
    }

    package func snapshots(_ names: ArraySlice<VolumeName>) throws(VolumeFault) -> Sighting<SnapshotRecord> {
        var seen = Sighting<SnapshotRecord>()
        guard !names.isEmpty else { return seen }
        guard let parent = try openedIfThere(PoolLayout.snapshots) else {
            for name in names { seen.add(try sight(snapshot: name)) }
            return seen
        }
        for name in names {
            seen.add(
                name.membership == nil ? try sight(snapshot: name, in: parent) : try sight(snapshot: name))
        }
        return seen
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
        // What is torn is nobody's to delete.
        guard try snapshot(of: name) != nil else { return try settle(.snapshot(name)) }
        try discard(name, from: try opened(PoolLayout.snapshots))
    }
}
