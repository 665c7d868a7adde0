import LinuxHost
import TestSupport

/// Faults of a pool as a whole.
extension MatrixFault {
    static let ofPool: [MatrixFault] =
        [
            MatrixFault(
                name: "file system of the pool shut down", harm: .lost, filesystems: [.xfs, .ext4],
                apply: { try $0.disk.shutDown() }, heal: remount),
            MatrixFault(
                name: "disk of the pool gives errors", harm: .readOnly, filesystems: [.ext4, .xfs, .btrfs],
                needsBase: true,
                apply: { try $0.rig.base?.shutDown() }, heal: remountAll),
            MatrixFault(
                name: "pool full to the last byte", harm: .full, filesystems: [.ext4, .xfs, .btrfs],
                apply: { try $0.disk.fill() }, heal: { try $0.disk.empty() }),
            MatrixFault(
                name: "pool read-only after an error", harm: .readOnly, filesystems: [.ext4],
                apply: { try $0.disk.turnReadOnly() }, heal: remount),
            MatrixFault(
                name: "pool mounted read-only", harm: .readOnly, filesystems: [.xfs, .ext4], isBrief: false,
                apply: { scene in
                    try Host.run("mount", "--bind", scene.rig.a.path, scene.rig.a.path)
                    try Host.run("mount", "-o", "remount,bind,ro", scene.rig.a.path)
                }, heal: { try Host.run("umount", $0.rig.a.path) }),
            MatrixFault(
                name: "pool hangs", harm: .hung, filesystems: [.xfs, .ext4],
                apply: { try $0.disk.freeze() }, suspend: { try $0.disk.thaw() },
                heal: { try $0.disk.thaw() }),
            MatrixFault(
                name: "pool unmounted lazily", harm: .lost, filesystems: [.ext4, .xfs],
                apply: { try Host.run("umount", "--lazy", $0.rig.a.path) },
                heal: { try $0.disk.mount() }),
            MatrixFault(
                name: "strangers' disk mounted over the pool", harm: .lost, filesystems: [.xfs],
                apply: { scene in
                    try Host.run("mount", "-t", "tmpfs", "stranger", scene.rig.a.path)
                    try Host.write("mine", to: "\(scene.rig.a.path)/photo.jpg")
                }, heal: { try Host.run("umount", $0.rig.a.path) }),
            MatrixFault(
                name: "other pool mounted over the pool", harm: .lost, filesystems: [.ext4], isBrief: false,
                apply: { try Host.run("mount", "--bind", $0.rig.b.path, $0.rig.a.path) },
                heal: { try Host.run("umount", $0.rig.a.path) }),
            MatrixFault(
                name: "pool no longer configured", harm: .unconfigured, filesystems: [.ext4],
                needsRestart: true, isWithoutPool: true, apply: { _ in },
                heal: { scene in
                    scene.rig.kill9()
                    try scene.rig.start()
                }),
        ] + identities

    /// The identity file of the pool is not what it was.
    private static let identities: [MatrixFault] = MatrixDamage.allCases.map { damage in
        MatrixFault(
            name: "pool.json \(damage.rawValue)", harm: .lost, filesystems: [.ext4],
            isBrief: damage == .torn || damage == .pipe,
            apply: { try damage.inflict(on: "\($0.rig.a.path)/pool.json") },
            heal: { try damage.mend("\($0.rig.a.path)/pool.json") })
    }

    /// A dead file system comes back with its next mount, which needs all of its volumes to be gone.
    private static let remount: Act = { scene in
        try scene.rig.clearVolumes()
        try scene.disk.takeDown()
        try scene.disk.attachAndMount()
    }

    private static let remountAll: Act = { scene in
        try scene.rig.clearVolumes()
        try scene.disk.takeDown()
        try scene.rig.base?.takeDown()
        try scene.rig.base?.attachAndMount()
        try scene.disk.attachAndMount()
    }
}
