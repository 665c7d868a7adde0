/// Something that a check of a pool found: on what, what it is, and what to do.
package struct PoolFinding: Hashable, Sendable {
    /// What sort of thing was found.
    package enum Kind: String, Sendable, CaseIterable {
        case poolReadOnly = "pool-read-only"
        case folderMissing = "folder-missing"
        case notOurs = "not-ours"
        case recordMissing = "record-missing"
        case recordUnreadable = "record-unreadable"
        case imageMissing = "image-missing"
        case imageWithoutRecord = "image-without-record"
        case imageNoFile = "image-no-file"
        case imageShort = "image-short"
        case imageTooLong = "image-too-long"
        case imageLong = "image-long"
        case imageNotAllocated = "image-not-allocated"
        case access = "access"
        case stagingLeftover = "staging-leftover"
        case temporaryLeftover = "temporary-leftover"
        case trashLeftover = "trash-leftover"
        case deviceWithoutVolume = "device-without-volume"
        case deviceOnSnapshot = "device-on-snapshot"
        case attachedTwice = "attached-twice"
        case attachedByHand = "attached-by-hand"
        case deviceLarger = "device-larger"
        case deviceSmaller = "device-smaller"
        case volumeTrouble = "volume-trouble"
        case freezeNote = "freeze-note"
        case promisesBeyondReserve = "promises-beyond-reserve"
        case promisesBeyondPool = "promises-beyond-pool"
        case promisesNotCovered = "promises-not-covered"

        /// True where nothing is wrong yet, or it mends itself.
        package var isHarmless: Bool {
            switch self {
            case .imageLong, .deviceSmaller, .promisesBeyondReserve: true
            default: false
            }
        }
    }

    /// What sort of thing it is.
    package let kind: Kind
    /// What it was found on, such as "volume pvc-1" or "/dev/loop3".
    package let object: String
    /// What it is, in a clause.
    package let what: String
    /// What to do about it, in a clause.
    package let remedy: String

    init(_ kind: Kind, _ object: String, _ what: String, remedy: String) {
        self.kind = kind
        self.object = object
        self.what = what
        self.remedy = remedy
    }

    /// What tells it from other findings; another look may find the same with other figures.
    var subject: String { "\(kind.rawValue) \(object)" }
}
