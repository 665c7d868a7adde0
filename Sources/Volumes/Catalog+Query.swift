/// One page of a list of volumes.
package struct VolumePage: Sendable {
    /// The volumes, ordered by handle.
    package let volumes: [VolumeRecord]
    /// Their images as they lay in the pools; nothing for one that is missing.
    package let images: [ImageState?]
    /// Where the next page starts; nothing after the last one.
    package let next: ListToken?
}

/// What GetCapacity answers.
package struct Capacity: Equatable, Sendable {
    /// The largest volume that would be created now.
    package let available: ByteCount
    /// The smallest volume of the kind asked for.
    package let minimum: ByteCount

    /// Puts the two together.
    package init(available: ByteCount, minimum: ByteCount) {
        self.available = available
        self.minimum = minimum
    }
}

extension Catalog {
    /// No reply holds more entries, so that it stays below the 4 MiB that gRPC clients accept.
    package static let longestPage = 8000

    /// Lists volumes in the order of their handles, from where the last page ended.
    ///
    /// Paging by key instead of by index: volumes deleted between two pages do no harm. Inline volumes are left out:
    /// no controller made them, and none is to delete them.
    package func list(after: ListToken?, limit: Int?) throws(VolumeFault) -> VolumePage {
        try page(after: after, limit: limit) {
            (shelf, name, room) throws(VolumeFault) in
            try shelf.volumes(after: name, limit: room)
        } cut: { (found, isLast) in
            VolumePage(
                volumes: found.map(\.0), images: found.map(\.1),
                next: isLast ? nil : (found.last?.0.id).map { ListToken(pool: $0.pool, after: $0.name) })
        }
    }

    /// The text of a token that ends a page; empty for none, as after the last page.
    package func text(of token: ListToken?, of list: ListName) -> String {
        token?.text(of: list, sha256Hex: sha256Hex) ?? ""
    }

    /// Where a list begins; an empty text is its beginning.
    ///
    /// - Throws: `staleToken` for a token that was not made for this list.
    package func position(_ text: String, of list: ListName) throws(VolumeFault) -> ListToken? {
        guard !text.isEmpty else { return nil }
        guard let token = ListToken(text, of: list, sha256Hex: sha256Hex), try served(token.pool) != nil
        else {
            throw .staleToken("it is not a next_token of this list; start again without one")
        }
        return token
    }

    /// Gathers a page from the pools in the order of their identities.
    ///
    /// One entry more than the page has room for tells whether there is another page. A pool that cannot be looked at is
    /// left out, unless the list is of what is in a `wanted` pool.
    func page<Entry, Page>(
        after: ListToken?, limit: Int?, of wanted: PoolID? = nil,
        _ part: (Shelf, VolumeName?, _ room: Int) throws(VolumeFault) -> [Entry],
        cut: ([Entry], _ isLast: Bool) -> Page
    ) throws(VolumeFault) -> Page {
        if let after { try expectServed(after.pool) }
        if let wanted { _ = try served(wanted) }
        let room = min(limit ?? Self.longestPage, Self.longestPage)
        var found: [Entry] = []
        var (seen, trouble) = (0, Optional<VolumeFault>.none)
        for shelf in shelves.sorted(by: { $0.store.pool.id.text < $1.store.pool.id.text })
        where found.count <= room {
            let pool = shelf.store.pool.id
            if let after, pool.text < after.pool.text { continue }
            guard wanted == nil || wanted == pool else { continue }
            let isBegun = after?.pool == pool
            do throws(VolumeFault) {
                found += try part(shelf, isBegun ? after?.name : nil, room + 1 - found.count)
                seen += 1
            } catch {
                // The objects of other pools are told all the same, but what was begun is not taken for ended.
                guard error.isOfPool, !isBegun else { throw error }
                trouble = trouble ?? error
                onOmission(shelf.store.pool.name, error)
            }
        }
        if after == nil, wanted == nil {
            for pool in absentees { onOmission(pool.name, pool.fault) }
        }
        // A list of nothing would say that there is nothing.
        if seen == 0, after == nil, let trouble = trouble ?? absentees.first?.fault { throw trouble }
        return cut(Array(found.prefix(room)), found.count <= room)
    }

    /// A token that names a pool of somebody else was not made here, or before a pool was taken away.
    private func expectServed(_ pool: PoolID) throws(VolumeFault) {
        guard try served(pool) == nil else { return }
        throw .staleToken("it is not a next_token of this driver; start again without one")
    }

    /// The largest volume that `create` would make now with these parameters at that place; zero if none.
    package func capacity(
        _ parameters: VolumeParameters, kind: VolumeKind, at topology: Topology?
    ) throws(VolumeFault) -> Capacity {
        let requisite = topology.map { [$0] } ?? []
        // Of a pool that is set aside nothing can be had, and of another one nothing was asked.
        guard let shelf = candidates(parameters, requisite: requisite, preferred: []).first?.shelf else {
            return Capacity(available: .zero, minimum: kind.minimumSize)
        }
        do {
            try shelf.store.check()
        } catch .notNow {
            // As above: an error would leave an old number standing, by which pods are sent here.
            return Capacity(available: .zero, minimum: kind.minimumSize)
        }
        let largest = try shelf.largest(parameters.provisioning ?? shelf.store.pool.defaultProvisioning)
        let whole = largest.bytes - largest.bytes % CapacityRange.granularity.bytes
        let servable = min(ByteCount(known: whole), CapacityRange.maximumSize)
        return Capacity(
            available: servable >= kind.minimumSize ? servable : .zero, minimum: kind.minimumSize)
    }

    /// Verifies that some pool is fit for work.
    ///
    /// - Throws: `notNow` naming the first pool if none is.
    package func check() throws(VolumeFault) {
        var trouble = absentees.first?.fault
        for shelf in shelves {
            do throws(VolumeFault) {
                return try shelf.store.check()
            } catch {
                trouble = trouble ?? error
            }
        }
        if let trouble { throw trouble }
    }
}
