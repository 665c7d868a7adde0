/// Cells that are known not to be as they have to be, each with what is wrong; they are told, and fail no test.
///
/// What has to be is not loosened by them: a gap is closed by mending the driver and removing the entry.
struct MatrixGap: Sendable {
    let faults: Set<String>
    let calls: Set<MatrixCall>
    /// What the calls come to instead.
    let words: Set<MatrixWord>
    let reason: String

    static let all: [MatrixGap] = [
        MatrixGap(
            faults: ["disk of the pool gives errors"],
            calls: [.delete, .uncut, .expand, .cut, .clone, .group],
            words: [.internalError],
            reason: "The first call that meets the error tells INTERNAL instead of FAILED_PRECONDITION."),
        MatrixGap(
            faults: ["disk of the pool gives errors"], calls: [.listVolumes, .listSnapshots],
            words: [.precondition],
            reason: "A list that meets a dying disk in the very moment is refused as a whole, for all pools."),
        MatrixGap(
            faults: ["folder of the volume taken away", "image moved away"],
            calls: [.stats, .nodeExpand, .restage], words: [.notFound, .exists],
            reason:
                "An image that was moved within its pool's file system while it was in use is known again for teardown only."
        ),
        MatrixGap(
            faults: ["0 descriptors left", "2 descriptors left", "5 descriptors left"],
            calls: [.unstage, .unstageRaw], words: [.untrue],
            reason:
                "With hardly a descriptor left NodeUnstage of a raw disk was seen to say OK while the device stayed."
        ),
    ]

    /// True where a wrong answer is of a known gap.
    static func covers(_ fault: MatrixFault, _ cell: MatrixCell, _ word: MatrixWord) -> Bool {
        all.contains {
            $0.faults.contains(fault.name) && $0.calls.contains(cell.call) && $0.words.contains(word)
        }
    }
}
