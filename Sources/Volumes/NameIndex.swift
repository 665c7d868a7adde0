/// The names of a pool's objects in order, so that a page of a list costs what is on it.
///
/// Derived from the pool and thrown away when the pool's folders say that they changed; records stay on disk.
struct NameIndex: Sendable {
    /// A snapshot and the volume of the same pool that it was cut from.
    private struct Cut: Sendable {
        let name: VolumeName
        let source: VolumeName
    }

    private(set) var volumes: [VolumeName] = []
    private var cuts: [Cut] = []

    var snapshots: [VolumeName] { cuts.map(\.name) }
    var count: Int { volumes.count + cuts.count }

    mutating func insert(volume name: VolumeName) {
        let place = Self.place(of: name, in: volumes, \.self)
        guard place == volumes.count || volumes[place] != name else { return }
        volumes.insert(name, at: place)
    }

    mutating func insert(snapshot name: VolumeName, of source: VolumeName) {
        let place = Self.place(of: name, in: cuts, \.name)
        if place < cuts.count, cuts[place].name == name { cuts.remove(at: place) }
        cuts.insert(Cut(name: name, source: source), at: place)
    }

    mutating func remove(_ key: ObjectKey) {
        switch key {
        case .volume(let name):
            let place = Self.place(of: name, in: volumes, \.self)
            if place < volumes.count, volumes[place] == name { volumes.remove(at: place) }
        case .snapshot(let name):
            let place = Self.place(of: name, in: cuts, \.name)
            if place < cuts.count, cuts[place].name == name { cuts.remove(at: place) }
        }
    }

    func contains(_ key: ObjectKey) -> Bool {
        switch key {
        case .volume(let name):
            let place = Self.place(of: name, in: volumes, \.self)
            return place < volumes.count && volumes[place] == name
        case .snapshot(let name):
            let place = Self.place(of: name, in: cuts, \.name)
            return place < cuts.count && cuts[place].name == name
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
