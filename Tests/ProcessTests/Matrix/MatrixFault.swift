import TestSupport

/// One row of the matrix: what goes wrong, how it is undone, and what decides what has to work.
struct MatrixFault: Sendable, CustomStringConvertible {
    typealias Act = @Sendable (MatrixScene) throws -> Void

    /// What the table calls it.
    let name: String
    let harm: MatrixHarm
    /// The file systems that the pool is tried on, the first one alone in the brief run.
    let filesystems: [TestPool.Filesystem]
    /// True where it is in the brief run, too.
    var isBrief = true
    /// True where the pool's disk lies on a disk that is taken away.
    var needsBase = false
    /// True where a disk of somebody else is part of it.
    var needsForeign = false
    /// True where it cannot come about while the driver runs.
    var needsRestart = false
    /// The pools that a restarted driver is given, where that is the fault.
    var isWithoutPool = false
    /// Calls that make no sense with it.
    var skips: Set<MatrixCall> = []
    /// What a refusal to take down must name.
    var naming: [String] = []
    let apply: Act
    /// Done before a kill, where what hangs keeps a process from its end.
    var suspend: Act = { _ in }
    /// Done after a restart, where a restart undoes the fault.
    var resume: Act = { _ in }
    let heal: Act

    var description: String { name }

    /// True where the pages for operators must name the pool.
    var isTold: Bool {
        switch harm {
        case .lost, .readOnly, .hung: true
        default: false
        }
    }

    /// True where what was published can be written to while the fault is in place.
    var allowsWriting: Bool {
        switch harm {
        case .none, .torn, .stagingCovered, .targetCovered: true
        default: false
        }
    }
}

/// What a fault works on.
struct MatrixScene: Sendable {
    let rig: MatrixRig
    /// What has the fault: the objects of the moment with it, and of the restart with it.
    let affected: [MatrixVolumes]

    var disk: MatrixDisk { rig.a.disk }
}

extension MatrixFault {
    /// All rows.
    static let all = ofNode + ofPool + ofRecord + ofMount
}
