import Text

/// Where a list goes on: behind one entry of a pool, or where a pool begins.
///
/// Needs no pool, so that whoever joins the lists of several nodes makes and reads the same tokens as they do.
package struct ListToken: Equatable, Sendable {
    /// The pool that the list goes on in.
    package let pool: PoolID
    /// The entry that was the last one; nothing for the beginning of the pool.
    package let name: VolumeName?

    /// Goes on behind that entry of the pool, or at the pool's beginning.
    package init(pool: PoolID, after name: VolumeName?) {
        self.pool = pool
        self.name = name
    }

    /// Reads what `text` wrote; nothing for a text that was not made for this list.
    package init?(_ text: String, of list: ListName, sha256Hex: (String) -> String) {
        guard let token = Self(unverified: text), token.text(of: list, sha256Hex: sha256Hex).isSame(as: text)
        else {
            return nil
        }
        self = token
    }

    /// Reads the place alone, without a look at which list it is of.
    package init?(unverified text: String) {
        // Whatever is longer was not made by `text`.
        guard text.utf8.count <= 256, let halves = text.halves(at: "~"),
            let parts = PoolID.splitting(halves.before)
        else { return nil }
        guard !parts.rest.isEmpty else {
            self.init(pool: parts.pool, after: nil)
            return
        }
        // Snapshots have names of the form of volumes', and members of groups one of their own.
        guard let name = VolumeName(snapshot: parts.rest) else { return nil }
        self.init(pool: parts.pool, after: name)
    }

    /// The token as callers get it: `<pool id>.<name>~<digest>`, the name left out at the beginning of the pool.
    ///
    /// The digest keeps a token from being used for a list that it was not made for.
    package func text(of list: ListName, sha256Hex: (String) -> String) -> String {
        let place = "\(pool).\(name?.text ?? "")"
        return "\(place)~\(sha256Hex("\(list.text) after \(place)").cut(bytes: 8))"
    }
}

/// Which list a token is of: what is listed, and the filters.
package struct ListName: Equatable, Sendable {
    let text: String

    /// All volumes.
    package static let volumes = ListName(text: "volumes")

    /// All snapshots, or those of one volume; `source` is the filter as the request has it, empty for none.
    package static func snapshots(of source: String) -> ListName { ListName(text: "snapshots of \(source)") }
}
