import CSIWire
import Volumes

/// A reply that is one page of a list.
protocol ListReply: CSIReply {
    associatedtype Entry: CSIMessage
    var entries: [Entry] { get }
    var nextToken: String { get }
    init(entries: [Entry], nextToken: String)
    /// The pool and the name of an entry; nothing for a handle that is none of ours.
    static func place(of entry: Entry) -> (pool: PoolID, name: VolumeName)?
    /// The request for a page.
    static func request(limit: Int32, token: String) -> [UInt8]
}

extension CSI.ListVolumesResponse: ListReply {
    static func place(of entry: CSI.ListedVolume) -> (pool: PoolID, name: VolumeName)? {
        VolumeID(entry.volume?.volumeID ?? "").map { ($0.pool, $0.name) }
    }

    static func request(limit: Int32, token: String) -> [UInt8] {
        CSI.ListVolumesRequest(maxEntries: limit, startingToken: token).encoded()
    }
}

extension CSI.ListSnapshotsResponse: ListReply {
    static func place(of entry: CSI.ListedSnapshot) -> (pool: PoolID, name: VolumeName)? {
        SnapshotID(entry.snapshot?.snapshotID ?? "").map { ($0.pool, $0.name) }
    }

    static func request(limit: Int32, token: String) -> [UInt8] {
        CSI.ListSnapshotsRequest(maxEntries: limit, startingToken: token).encoded()
    }
}

extension Relay {
    func listVolumes(_ bytes: [UInt8], until deadline: Int64) throws(CSIStatus) -> [UInt8] {
        let request = try CSI.ListVolumesRequest(decoding: bytes)
        let page: CSI.ListVolumesResponse = try page(
            request.maxEntries, request.startingToken, .volumes, until: deadline)
        return page.encoded()
    }

    func listSnapshots(_ bytes: [UInt8], until deadline: Int64) throws(CSIStatus) -> [UInt8] {
        let request = try CSI.ListSnapshotsRequest(decoding: bytes)
        let page: CSI.ListSnapshotsResponse = try page(
            request.maxEntries, request.startingToken, .snapshots(of: ""), until: deadline)
        return page.encoded()
    }

    /// Gathers a page from the pools of all nodes in the order of their ids, as a node does from its own.
    ///
    /// The page is whole or there is none: a list that leaves out a node looks as if its volumes were gone.
    private func page<Reply: ListReply>(
        _ maximum: Int32, _ token: String, _ list: ListName, until deadline: Int64
    ) throws(CSIStatus) -> Reply {
        guard maximum >= 0 else {
            throw CSIStatus(.invalidArgument, "max_entries: \(maximum) is negative")
        }
        let start = ListToken(token, of: list, sha256Hex: sha256Hex)
        guard token.isEmpty || start != nil else {
            throw CSIStatus(
                .aborted, "starting_token: it is not a next_token of this list; start again without one")
        }
        let map = try fleet.whole(until: deadline)
        let room = maximum == 0 ? Catalog.longestPage : min(Int(maximum), Catalog.longestPage)
        var gathered = Gathered<Reply>(room: room)
        var pools = map.pools.filter { start == nil || $0.text >= (start?.pool.text ?? "") }[...]
        // A short page is found in the first few pools, a long one takes them all.
        var stride = max(8, min(room / 8, 256))
        while !pools.isEmpty, !gathered.hasMore {
            let parts: [Part<Reply>] = try parts(
                of: Array(pools.prefix(stride)), map, start, gathered.missing, list, until: deadline)
            for part in parts where !gathered.hasMore { gathered.take(part) }
            pools = pools.dropFirst(stride)
            stride = min(stride * 2, 256)
        }
        return gathered.reply {
            ListToken(pool: $0.pool, after: $0.name).text(of: list, sha256Hex: sha256Hex)
        }
    }

    /// What these pools have to give to a page, each asked from one of its nodes, all at once.
    private func parts<Reply: ListReply>(
        of pools: [PoolID], _ map: FleetMap, _ start: ListToken?, _ limit: Int, _ list: ListName,
        until deadline: Int64
    ) throws(CSIStatus) -> [Part<Reply>] {
        let asked = pools.compactMap { pool -> (pool: PoolID, question: Question)? in
            guard case .at(let holders) = map.place(of: pool), let node = holders.first else { return nil }
            let from = start?.pool == pool ? start : ListToken(pool: pool, after: nil)
            let request = Reply.request(
                limit: Int32(limit), token: from?.text(of: list, sha256Hex: sha256Hex) ?? "")
            return (pool, Question(node, request))
        }
        let verdicts = ask(asked.map(\.question), Reply.path, until: deadline)
        var parts: [Part<Reply>] = []
        for ((pool, question), verdict) in zip(asked, verdicts) {
            switch verdict {
            case .answered(let bytes):
                parts.append(Part(try Reply(decoding: bytes), of: pool))
            case .refused(let status): throw Self.unavailable(question.node, status.message)
            case .unreachable(let why): throw Self.unavailable(question.node, why)
            }
        }
        return parts
    }
}

/// What one pool has to give to a page.
private struct Part<Reply: ListReply> {
    let entries: [Reply.Entry]
    /// True if the pool has more than the node put into one reply.
    let isCut: Bool

    init(_ reply: Reply, of pool: PoolID) {
        // A node goes on with its further pools, which have a place of their own in the order.
        entries = reply.entries.filter { Reply.place(of: $0)?.pool == pool }
        isCut = !reply.nextToken.isEmpty && entries.count == reply.entries.count
    }
}

/// A page that is being filled.
private struct Gathered<Reply: ListReply> {
    let room: Int
    private var entries: [Reply.Entry] = []
    /// True once it is known that there is another page.
    private(set) var hasMore = false

    init(room: Int) { self.room = room }

    /// How many entries to ask for: one more than there is room for tells that there is another page.
    var missing: Int { room + 1 - entries.count }

    mutating func take(_ part: Part<Reply>) {
        hasMore = part.isCut || entries.count + part.entries.count > room
        entries += part.entries.prefix(room - entries.count)
    }

    /// The page, with a token behind its last entry if there is another page.
    func reply(_ token: ((pool: PoolID, name: VolumeName)) -> String) -> Reply {
        guard hasMore, let last = entries.last.flatMap(Reply.place) else {
            return Reply(entries: entries, nextToken: "")
        }
        return Reply(entries: entries, nextToken: token(last))
    }
}
