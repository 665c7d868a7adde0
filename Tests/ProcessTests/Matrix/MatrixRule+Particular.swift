/// What holds for calls about what has the fault, kind by kind.
extension MatrixRule {
    private static let every = Set(MatrixCall.allCases)
    private static let copies: Set<MatrixCall> = [.cut, .clone, .group]
    private static let reads: Set<MatrixCall> = [.getVolume, .validate, .recreate]

    static let particular = lost + readOnly + full + unconfigured + torn + imageless + gone + mounts

    private static let lost: [MatrixRule] = [
        about(
            .lost, [.stats], [.ok, .precondition],
            "The kernel still shows the volume, or the pool has to be asked."),
        about(
            .lost, [.capacity], [.ok, .precondition],
            "There is no room in it: that is told as 0 bytes, or refused."),
        about(
            .lost, [.create, .publishInline, .recreate, .clone, .restore], [.precondition, .exhausted],
            "Nothing is made there; another place may be tried."),
        about(
            .lost, every, [.precondition],
            "A pool that cannot be served is set aside; nothing in it is missing."),
    ]

    private static let readOnly: [MatrixRule] = [
        about(
            .readOnly, [.recreate], [.ok, .precondition, .exhausted],
            "What is there is told, or another place may be tried."),
        about(
            .readOnly, reads.union([.stats, .nodeExpand, .publish, .capacity]), [.ok, .precondition],
            "What can be read is told while the driver runs; a restarted one may have set the pool aside."),
        about(
            .readOnly, [.create, .publishInline, .clone, .restore], [.precondition, .exhausted],
            "Nothing is made there; another place may be tried."),
        about(.readOnly, every, [.precondition], "What needs to be written is refused."),
    ]

    private static let full: [MatrixRule] = [
        about(
            .full, copies.union([.create, .publishInline, .restore]), [.exhausted],
            "There is no room for anything new."),
        about(.full, [.expand], [.range], "There is no room to grow."),
        about(.full, every, [.ok], "What is there goes on, and can be deleted."),
    ]

    private static let unconfigured: [MatrixRule] = [
        about(
            .unconfigured, [.capacity, .create, .publishInline], [.exhausted, .precondition, .invalid, .ok],
            "There is no pool of that name."),
        about(
            .unconfigured, [.delete, .uncut], [.precondition],
            "What lives in a pool that is not here cannot be deleted here, and is not told to be."),
        about(
            .unconfigured, [.recreate, .clone, .restore], [.exhausted, .notFound, .precondition],
            "There is no pool of that name."),
        about(.unconfigured, every, [.notFound, .precondition], "No pool knows the volume."),
    ]

    private static let torn: [MatrixRule] = [
        about(
            .torn, [.restore, .uncut, .capacity, .create, .deleteMade, .publishInline], [.ok],
            "Everything else of the pool goes on, snapshots of the volume included."),
        about(
            .torn, [.stats], [.ok, .precondition],
            "What is mounted goes on; its condition can be told or not."),
        about(
            .torn, every, [.precondition],
            "A torn object is set aside, in place: its name stays taken, its data is touched by nobody."),
    ]

    private static let imageless: [MatrixRule] = [
        about(
            .imageless, copies.union([.stage, .restage, .expand, .recreate]), [.precondition],
            "There is no image to use."),
        about(
            .imageless, [.publish, .nodeExpand], [.ok, .precondition],
            "What is mounted goes on while the kernel holds the image."),
        about(.imageless, every, [.ok], "The record is there, and tells that the image is not."),
    ]

    private static let gone: [MatrixRule] = [
        about(
            .gone, [.delete, .restore, .uncut, .capacity, .create, .deleteMade, .publishInline], [.ok],
            "It is gone already; everything else of the pool goes on."),
        about(
            .gone, [.stats, .publish, .nodeExpand], [.ok, .notFound, .precondition],
            "What is mounted goes on while the kernel holds the image."),
        about(.gone, every, [.notFound], "The pool can be read, and has no such volume."),
    ]

    private static let mounts: [MatrixRule] = [
        about(
            .frozen, copies.union([.stage, .restage, .publish]), [.precondition],
            "What is frozen by somebody else is neither used nor copied."),
        about(.frozen, [.nodeExpand], [.ok, .precondition], "It has its size, or cannot be grown."),
        about(.frozen, [.delete], [.precondition], "It is in use, as it could not be taken down."),
        about(
            .broken, copies.union([.stage, .publish]), [.precondition],
            "A file system that takes no writes is not handed out; taken down and staged again it is well."),
        about(.broken, [.nodeExpand], [.ok, .precondition], "It has its size, or cannot be grown."),
        about(
            .stagingCovered, [.stage, .publish, .restage], [.precondition],
            "What covers the path is not the volume."),
        about(
            .stagingCovered, copies.union([.nodeExpand]), [.ok, .precondition],
            "It is done through another mount of the volume, or refused."),
        about(.stagingCovered, [.delete], [.precondition], "It is in use, as it could not be taken down."),
        about(
            .targetCovered, [.nodeExpand, .stats], [.ok, .precondition], "The path shows something else."),
        about(.targetCovered, [.delete], [.precondition], "It is in use, as it could not be taken down."),
    ]
}
