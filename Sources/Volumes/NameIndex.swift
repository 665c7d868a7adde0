/// The names of a pool's objects in order, so that a page of a list costs what is on it.
///
/// Derived from the pool and thrown away when the pool's folders say that they changed; records stay on disk.
struct NameIndex: Sendable {
    /// A snapshot and the volume of the same pool that it was cut from.
    private struct Cut: Sendable {
        let name: VolumeName
        /// Nothing where the snapshot is torn and does not tell.
        let source: VolumeName?
    }

    private(set) var volumes: [VolumeName] = []
    private var cuts: [Cut] = []

    var snapshots: [VolumeName] { cuts.map(\.name) }
    /// How many folders hold all these: members of a group share one, and each group has a first member.
    var folders: Int { volumes.count + cuts.count - members + groups }
    private var members = 0
    private var groups = 0

    mutating func insert(volume name: VolumeName) {
        let place = Self.place(of: name, in: volumes, \.self)
        guard place == volumes.count || volumes[place] != name else { return }
        volumes.insert(name, at: place)
    }

    mutating func insert(snapshot name: VolumeName, of source: VolumeName?) {
        let place = Self.place(of: name, in: cuts, \.name)
        let cut = Cut(name: name, source: source)
        if place < cuts.count, cuts[place].name == name {
            cuts[place] = cut
        } else {
            cuts.insert(cut, at: place)
            count(name, 1)
        }
    }

    mutating func remove(_ key: ObjectKey) {
        switch key {
        case .volume(let name):
            let place = Self.place(of: name, in: volumes, \.self)
            if place < volumes.count, volumes[place] == name { volumes.remove(at: place) }
        case .snapshot(let name):
            let place = Self.place(of: name, in: cuts, \.name)
            guard place < cuts.count, cuts[place].name == name else { return }
            cuts.remove(at: place)
            count(name, -1)
        case .group: return
        }
    }

    private mutating func count(_ name: VolumeName, _ change: Int) {
        guard let (_, index) = name.membership else { return }
        members += change
        groups += index == 0 ? change : 0
    }

    func contains(_ key: ObjectKey) -> Bool {
        switch key {
        case .volume(let name):
            let place = Self.place(of: name, in: volumes, \.self)
            return place < volumes.count && volumes[place] == name
        case .snapshot(let name):
            let place = Self.place(of: name, in: cuts, \.name)
            return place < cuts.count && cuts[place].name == name
        case .group(let name):
            return contains(.snapshot(VolumeName(member: 0, of: name)))
        }
    }

    func volumes(after name: VolumeName?, limit: Int) -> ArraySlice<VolumeName> {
        volumes[Self.start(after: name, in: volumes, \.self)...].prefix(limit)
    }

    func snapshots(of source: VolumeName?, after name: VolumeName?, limit: Int) -> ArraySlice<VolumeName> {
        let rest = cuts[Self.start(after: name, in: cuts, \.name)...]
        guard let source else { return rest.prefix(limit).map(\.name)[...] }
        return rest.lazy.filter { $0.source == source }.prefix(limit).map(\.name)[...]
    }

    private static func start<Entry>(
        after name: VolumeName?, in entries: [Entry], _ key: KeyPath<Entry, VolumeName>
    ) -> Int {
        guard let name else { return 0 }
        let place = place(of: name, in: entries, key)
        return place < entries.count && entries[place][keyPath: key] == name ? place + 1 : place
    }

    /// Where the first entry is that is not below the name.
    private static func place<Entry>(
        of name: VolumeName, in entries: [Entry], _ key: KeyPath<Entry, VolumeName>
    ) -> Int {
        var low = 0
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            if entries[middle][keyPath: key] < name { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
