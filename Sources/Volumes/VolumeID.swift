import Text

/// The random identity of a pool, written once into the pool; 16 lower-case hex digits.
package struct PoolID: Hashable, Sendable, CustomStringConvertible {
    /// The digits.
    package let text: String

    /// Takes the text only if it has the form of a pool identity.
    package init?(_ text: String) {
        guard text.utf8.count == 16, text.utf8.allSatisfy({ isDigit($0) || (0x61...0x66).contains($0) })
        else { return nil }
        self.text = text
    }

    private init(digits: String) { text = digits }

    /// The identity of no pool.
    static let nowhere = PoolID(digits: String(repeating: "0", count: 16))

    package var description: String { text }

    /// The pool that a handle begins with, and what follows the dot.
    static func splitting(_ handle: String) -> (pool: PoolID, rest: String)? {
        guard let parts = handle.halves(at: "."), let pool = PoolID(parts.before) else { return nil }
        return (pool, parts.behind)
    }
}

/// The operator's name of a pool, as given with `--pool`; becomes part of a topology key.
package struct PoolName: Hashable, Sendable, CustomStringConvertible {
    /// The name.
    package let text: String

    /// Takes lower-case letters, digits and inner dashes, at most 32 bytes, so that a topology key stays legal.
    package init?(_ text: String) {
        let bytes = text.utf8
        guard let first = bytes.first, let last = bytes.last, bytes.count <= 32,
            isLowerAlphanumeric(first), isLowerAlphanumeric(last),
            bytes.allSatisfy({ isLowerAlphanumeric($0) || $0 == 0x2D })
        else { return nil }
        self.text = text
    }

    package var description: String { text }
}

/// The name of a volume's folder in its pool: always one safe path component.
package struct VolumeName: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The folder name.
    package let text: String

    private static let digestPrefix = "sha256-"
    private static let longest = 100
    /// Stands in no other name, so that the names of members are taken by nothing else.
    private static let memberMark: Unicode.Scalar = "_"

    /// Takes a name that is already a folder name, as found in a handle or on disk.
    package init?(folder text: String) {
        let bytes = text.utf8
        guard let first = bytes.first, bytes.count <= Self.longest, isLowerAlphanumeric(first),
            bytes.allSatisfy({ isLowerAlphanumeric($0) || $0 == 0x2D || $0 == 0x2E })
        else { return nil }
        self.text = text
    }

    /// Derives the folder name from the name that the caller chose.
    ///
    /// A name that is a safe file name stays readable; any other becomes a digest. `sha256Hex` must be collision
    /// free, because two names with one digest would be one volume.
    package init(for requested: String, sha256Hex: (String) -> String) {
        if let plain = VolumeName(folder: requested), !requested.begins(with: Self.digestPrefix) {
            self = plain
        } else {
            text = Self.digestPrefix + sha256Hex(requested)
        }
    }

    /// Names the snapshot that is the member of that number of a group: the group's name, `_` and the number.
    package init(member index: Int, of group: VolumeName) {
        text = "\(group)\(Self.memberMark)\(index)"
    }

    /// Takes the name of a snapshot: a folder name, or the name of a member of a group.
    package init?(snapshot text: String) {
        guard let parts = text.halves(at: Self.memberMark) else {
            self.init(folder: text)
            return
        }
        guard let group = VolumeName(folder: parts.before), let index = GroupRecord.index(parts.behind)
        else { return nil }
        self.init(member: index, of: group)
    }

    /// The group and the number in it, if this names a member of one.
    package var membership: (group: VolumeName, index: Int)? {
        guard let parts = text.halves(at: Self.memberMark), let group = VolumeName(folder: parts.before),
            let index = GroupRecord.index(parts.behind)
        else { return nil }
        return (group, index)
    }

    package static func < (left: VolumeName, right: VolumeName) -> Bool { left.text < right.text }

    package var description: String { text }
}

/// A volume's handle: `<pool id>.<volume name>`, unique over all pools, at most 117 bytes.
package struct VolumeID: Hashable, Sendable, CustomStringConvertible {
    /// The pool that holds the volume.
    package let pool: PoolID
    /// The volume's folder in that pool.
    package let name: VolumeName

    /// Joins the two parts.
    package init(pool: PoolID, name: VolumeName) {
        self.pool = pool
        self.name = name
    }

    /// Takes the text only if this driver could have minted it; anything else names no volume of ours.
    package init?(_ text: String) {
        guard let parts = PoolID.splitting(text), let name = VolumeName(folder: parts.rest) else {
            return nil
        }
        self.init(pool: parts.pool, name: name)
    }

    package var description: String { "\(pool).\(name)" }
}

private func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

private func isLowerAlphanumeric(_ byte: UInt8) -> Bool {
    isDigit(byte) || (0x61...0x7A).contains(byte)
}
