package import Volumes

extension FakeStore {
    package func snapshotNames() throws(VolumeFault) -> [VolumeName] {
        try step("snapshotNames") { $0.snapshots.keys.sorted() }
    }

    package func snapshot(of name: VolumeName) throws(VolumeFault) -> SnapshotRecord? {
        try step("snapshot") { $0.snapshots[name] }
    }

    package func snapshots(_ names: ArraySlice<VolumeName>) throws(VolumeFault) -> [SnapshotRecord] {
        try step("snapshots") { state in names.compactMap { state.snapshots[$0] } }
    }

    @discardableResult
    package func cut(_ record: SnapshotRecord, quieting: Quieting) throws(VolumeFault) -> SnapshotRecord {
        try copy(.volume(record.source), quieting)
        return try step("cut") { (state) throws(VolumeFault) in
            guard state.snapshots[record.id.name] == nil else {
                throw .host(step: "publish snapshot \(record.id.name)", cause: "EEXIST")
            }
            state.snapshots[record.id.name] = record
            return record
        }
    }

    package func removeSnapshot(_ name: VolumeName) throws(VolumeFault) {
        try step("removeSnapshot") { state in
            if let record = state.snapshots[name], record.lineage == nil {
                state.trash = state.trash + record.commitment
            }
            state.snapshots[name] = nil
        }
    }

    /// Copies nothing, but asks for quiet and looks whether the source is there.
    func copy(_ source: ContentSource, _ quieting: Quieting) throws(VolumeFault) {
        try quieting(nil) { () throws(VolumeFault) in
            try step("copy") { (state) throws(VolumeFault) in
                let isThere =
                    switch source {
                    case .snapshot(let id): state.snapshots[id.name] != nil
                    case .volume(let id): state.images[id.name] != nil
                    }
                guard isThere else { throw .host(step: "copy \(source)", cause: "ENOENT") }
            }
        }
    }
}
