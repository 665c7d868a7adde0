import LinuxHost
import TestSupport

/// Faults of one volume: of what lies in the pool, and of what is mounted.
extension MatrixFault {
    static let ofRecord: [MatrixFault] =
        MatrixDamage.allCases.map { damage in
            MatrixFault(
                name: "record \(damage.rawValue)", harm: .torn, filesystems: [.ext4, .xfs],
                isBrief: [.torn, .pipe, .huge].contains(damage),
                apply: { try eachRecord($0) { try damage.inflict(on: $0) } },
                heal: { try eachRecord($0) { try damage.mend($0) } })
        } + [
            MatrixFault(
                name: "record with a size that no disk has", harm: .torn, filesystems: [.ext4, .xfs],
                apply: { scene in
                    try eachRecord(scene) { record in
                        let kept = MatrixDamage.kept(record)
                        try MatrixDamage.missing.inflict(on: record)
                        let edit = "s/\"sizeBytes\" *: *[0-9]*/\"sizeBytes\" : 9223372036854771712/"
                        try Host.run("sh", "-c", "sed '\(edit)' '\(kept)' > '\(record)'")
                    }
                }, heal: { try eachRecord($0) { try MatrixDamage.torn.mend($0) } }),
            MatrixFault(
                name: "image missing", harm: .imageless, filesystems: [.ext4],
                apply: { try eachImage($0) { try MatrixDamage.unlink($0) } },
                heal: { try eachImage($0) { try MatrixDamage.missing.mend($0) } }),
            MatrixFault(
                name: "image moved away", harm: .imageless, filesystems: [.ext4], isBrief: false,
                apply: { try eachImage($0) { try MatrixDamage.missing.inflict(on: $0) } },
                heal: { try eachImage($0) { try MatrixDamage.missing.mend($0) } }),
            MatrixFault(
                name: "image a FIFO", harm: .torn, filesystems: [.ext4], isBrief: false,
                apply: { scene in
                    try eachImage(scene) { image in
                        try MatrixDamage.unlink(image)
                        try Host.run("mkfifo", image)
                    }
                },
                heal: { try eachImage($0) { try MatrixDamage.pipe.mend($0) } }),
            MatrixFault(
                name: "folder of the volume taken away", harm: .gone, filesystems: [.ext4],
                skips: [.recreate],
                apply: { scene in
                    try each(scene) { try MatrixDamage.missing.inflict(on: $0.objectFolder) }
                },
                heal: { scene in
                    try each(scene) { try MatrixDamage.missing.mend($0.objectFolder) }
                }),
        ]

    static let ofMount: [MatrixFault] = [
        MatrixFault(
            name: "volume frozen by somebody else", harm: .frozen, filesystems: [.ext4, .xfs],
            naming: ["frozen", "freeze", "still published"],
            apply: { try eachMounted($0) { try Host.run("fsfreeze", "--freeze", $0.target) } },
            heal: { try eachMounted($0) { try $0.thaw() } }),
        MatrixFault(
            name: "file system of the volume shut down", harm: .broken, filesystems: [.ext4],
            apply: { try eachMounted($0) { try Host.run("xfs_io", "-x", "-c", "shutdown", $0.target) } },
            heal: { _ in }),
        MatrixFault(
            name: "volume read-only after an error", harm: .broken, filesystems: [.ext4],
            apply: { scene in
                try eachMounted(scene) { volume in
                    let number = try volume.device()?.number ?? -1
                    try Host.run("sh", "-c", "echo planted > /sys/fs/ext4/loop\(number)/trigger_fs_error")
                }
            }, heal: { _ in }),
        MatrixFault(
            name: "staging path covered", harm: .stagingCovered, filesystems: [.ext4],
            apply: { try eachMounted($0) { try Host.run("mount", "-t", "tmpfs", "cover", $0.staging) } },
            heal: { try eachMounted($0) { try Host.run("umount", $0.staging) } }),
        MatrixFault(
            name: "target path covered", harm: .targetCovered, filesystems: [.ext4],
            apply: { try eachMounted($0) { try Host.run("mount", "-t", "tmpfs", "cover", $0.target) } },
            heal: { try eachMounted($0) { try Host.run("umount", $0.target) } }),
        MatrixFault(
            name: "device of a raw volume detached", harm: .deviceless, filesystems: [.ext4],
            apply: { scene in
                for volume in scene.affected.map(\.raw) {
                    if let device = try volume.device() { try Host.run("losetup", "--detach", device.path) }
                }
            }, heal: { _ in }),
    ]

    private static func each(_ scene: MatrixScene, _ body: (MatrixVolume) throws -> Void) throws {
        for volume in scene.affected.flatMap(\.all) { try body(volume) }
    }

    private static func eachRecord(_ scene: MatrixScene, _ body: (String) throws -> Void) throws {
        try each(scene) { try body("\($0.objectFolder)/volume.json") }
    }

    private static func eachImage(_ scene: MatrixScene, _ body: (String) throws -> Void) throws {
        try each(scene) { try body("\($0.objectFolder)/image") }
    }

    private static func eachMounted(_ scene: MatrixScene, _ body: (MatrixVolume) throws -> Void) throws {
        for volume in scene.affected.map(\.mounted) { try body(volume) }
    }
}
