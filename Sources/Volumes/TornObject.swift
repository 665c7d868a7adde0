/// An object of a pool that is there and cannot be served until a person mends it.
///
/// Its name stays taken, its blocks count, and nobody touches its data; everything else of the pool goes on.
package struct TornObject: Hashable, Sendable {
    /// Which one.
    package let key: ObjectKey
    /// What is wrong with it, in a clause.
    package let why: String
    /// What its image may come to occupy and what it does, as far as that can be seen and believed.
    package let footprint: ImageState?

    /// Puts the three together.
    package init(_ key: ObjectKey, _ why: String, footprint: ImageState?) {
        self.key = key
        self.why = why
        self.footprint = footprint
    }

    /// What a call on it ends with.
    package var fault: VolumeFault {
        .setAside(what: "\(key)", why: "\(why); loopcsi pool check tells what to do")
    }
}

/// What a look at several objects of a pool showed.
package struct Sighting<Found: Sendable>: Sendable {
    /// Those that are there and can be served, in the order asked for.
    package var found: [Found] = []
    /// Those that are there and cannot.
    package var torn: [TornObject] = []

    /// Nothing seen yet.
    package init() {}

    /// Adds what another look showed.
    package mutating func add(_ more: Sighting) {
        found += more.found
        torn += more.torn
    }
}

/// An object that was found torn, or is whole again.
package struct TornChange: Equatable, Sendable {
    /// Its pool.
    package let pool: PoolName
    /// The object.
    package let object: TornObject
    /// True where it can be served again, or is gone.
    package let isMended: Bool
}
