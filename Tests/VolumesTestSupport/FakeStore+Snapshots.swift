package import Volumes

extension FakeStore {
    package func snapshotNames() throws(VolumeFault) -> [VolumeName] {
        try step("snapshotNames") { state in
            (state.snapshots.keys + state.groups.values.flatMap { $0.members.map(\.id.name) }).sorted()
        }
    }

    package func snapshot(of name: VolumeName) throws(VolumeFault) -> SnapshotRecord? {
        try step("snapshot") { (state) throws(VolumeFault) in
            if let object = state.torn(.snapshot(name)) { throw object.fault }
            return state.snapshot(name)
        }
    }

    package func snapshots(_ names: ArraySlice<VolumeName>) throws(VolumeFault) -> Sighting<SnapshotRecord> {
        try step("snapshots") { state in
            var seen = Sighting<SnapshotRecord>()
            for name in names {
                if let object = state.torn(.snapshot(name)) {
                    seen.torn.append(object)
                } else if let record = state.snapshot(name) {
                    seen.found.append(record)
                }
            }
            return seen
        }
    }

    @discardableResult
    package func cut(_ record: SnapshotRecord, quieting: Quieting) throws(VolumeFault) -> SnapshotRecord {
        try copy(.volume(record.source), quieting)
        return try step("cut") { (state) throws(VolumeFault) in
            guard state.snapshots[record.id.name] == nil else {
                throw .existsDifferently(what: "snapshot \(record.id.name)", why: "it was just published")
            }
            state.snapshots[record.id.name] = record
            return record
        }
    }

    package func removeSnapshot(_ name: VolumeName) throws(VolumeFault) {
        try step("removeSnapshot") { (state) throws(VolumeFault) in
            if let object = state.torn(.snapshot(name)) { throw object.fault }
            if let record = state.snapshots[name], record.lineage == nil {
                state.trash = state.trash + record.commitment
            }
            state.snapshots[name] = nil
        }
    }

    /// Copies nothing, but asks for quiet and looks whether the source is there.
    func copy(_ source: ContentSource, _ quieting: Quieting) throws(VolumeFault) {
        try quieting(nil) { (_) throws(VolumeFault) in
            try step("copy") { (state) throws(VolumeFault) in
                let isThere =
                    switch source {
                    case .snapshot(let id): state.snapshot(id.name) != nil
                    case .volume(let id): state.images[id.name] != nil
                    }
                guard isThere else { throw .host(step: "copy \(source)", cause: "ENOENT") }
            }
        }
    }
}

extension FakeStore {
    package func groupNames() throws(VolumeFault) -> [VolumeName] {
        try step("groupNames") { $0.groups.keys.sorted() }
    }

    package func group(of name: VolumeName) throws(VolumeFault) -> GroupRecord? {
        try step("group") { (state) throws(VolumeFault) in
            if let object = state.torn(.group(name)) { throw object.fault }
            for member in state.groups[name]?.members ?? [] {
                if let object = state.torn(.snapshot(member.id.name)) { throw object.fault }
            }
            return state.groups[name]
        }
    }

    package func groups(_ names: ArraySlice<VolumeName>) throws(VolumeFault) -> Sighting<VolumeName> {
        try step("groups") { state in
            var seen = Sighting<VolumeName>()
            for name in names {
                if let object = state.torn(.group(name)) {
                    seen.torn.append(object)
                } else if state.groups[name] != nil {
                    seen.found.append(name)
                }
            }
            return seen
        }
    }

    package func cut(_ group: GroupRecord, quieting: Quieting) throws(VolumeFault) {
        try quieting(nil) { (_) throws(VolumeFault) in
            for member in group.members {
                try copy(.volume(member.source)) { (_, copying) throws(VolumeFault) in try copying { true } }
            }
        }
        try step("cutGroup") { (state) throws(VolumeFault) in
            guard state.groups[group.id.name] == nil else {
                throw .existsDifferently(what: "group \(group.id.name)", why: "it was just published")
            }
            state.groups[group.id.name] = group
        }
    }

    package func removeGroup(_ name: VolumeName) throws(VolumeFault) {
        try step("removeGroup") { state in
            for member in state.groups[name]?.members ?? [] where member.lineage == nil {
                state.trash = state.trash + member.commitment
            }
            state.groups[name] = nil
        }
    }
}

extension FakeStore.State {
    fileprivate func snapshot(_ name: VolumeName) -> SnapshotRecord? {
        guard let (group, index) = name.membership else { return snapshots[name] }
        let members = groups[group]?.members ?? []
        return members.indices.contains(index) ? members[index] : nil
    }
}
