/// A pool of the operator's that is not served now.
package struct AbsentPool: Equatable, Sendable {
    /// The operator's name for it.
    package let name: PoolName
    /// Its identity, where this run or an earlier one has seen it.
    package let id: PoolID?
    /// Whether other nodes may have it too, as far as is known.
    package let isShared: Bool
    /// Why it is not served and what to do, in a sentence.
    package let why: String

    /// Puts them together.
    package init(name: PoolName, id: PoolID?, isShared: Bool = false, why: String) {
        self.name = name
        self.id = id
        self.isShared = isShared
        self.why = why
    }

    /// What a call is told that needs the pool.
    var fault: VolumeFault { .setAside(what: "pool \(name)", why: why) }
}

/// A pool of the operator's, served or not.
enum PoolPlace: Sendable {
    case served(Shelf)
    case absent(AbsentPool)

    var name: PoolName {
        switch self {
        case .served(let shelf): shelf.store.pool.name
        case .absent(let pool): pool.name
        }
    }

    var id: PoolID? {
        switch self {
        case .served(let shelf): shelf.store.pool.id
        case .absent(let pool): pool.id
        }
    }

    var isShared: Bool {
        switch self {
        case .served(let shelf): shelf.store.pool.isShared
        case .absent(let pool): pool.isShared
        }
    }

    var shelf: Shelf? {
        guard case .served(let shelf) = self else { return nil }
        return shelf
    }
}

/// All pools of the operator's in the operator's order; the first one is the default, whether it is served or not.
struct PoolRoll: Sendable {
    private(set) var places: [PoolPlace] = []
    /// Those that are served.
    private(set) var shelves: [Shelf] = []

    init(_ places: [PoolPlace]) {
        self.places = places
        shelves = places.compactMap(\.shelf)
    }

    /// Puts a pool into its place in the order.
    mutating func put(_ place: PoolPlace) {
        if let index = places.firstIndex(where: { $0.name == place.name }) {
            places[index] = place
        } else {
            places.append(place)
        }
        shelves = places.compactMap(\.shelf)
    }
}
