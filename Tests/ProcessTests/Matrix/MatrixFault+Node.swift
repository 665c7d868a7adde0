import LinuxHost
import TestSupport

/// Faults of the node, and of callers.
extension MatrixFault {
    static let ofNode: [MatrixFault] =
        [
            MatrixFault(
                name: "nothing", harm: .none, filesystems: [.ext4, .xfs, .btrfs], apply: { _ in },
                heal: { _ in }),
            MatrixFault(
                name: "somebody else's loop device on a dead disk", harm: .none, filesystems: [.ext4],
                needsForeign: true,
                apply: { scene in
                    guard let disk = scene.rig.foreign else { return }
                    let image = "\(disk.path)/\(scene.rig.mark)-foreign"
                    try Host.run("truncate", "--size", "16M", image)
                    try Host.run("losetup", "--find", image)
                    try disk.shutDown()
                },
                heal: { scene in
                    for device in try LoopFiles.attached()
                    where device.file.hasSuffix("\(scene.rig.mark)-foreign") {
                        try Host.run("losetup", "--detach", device.path)
                    }
                }),
        ]
        + [0, 2, 5].map { spare in
            MatrixFault(
                name: "\(spare) descriptors left", harm: .descriptors, filesystems: [.ext4],
                isBrief: spare != 5,
                apply: { try limit($0, spare) }, resume: { try limit($0, spare) },
                heal: { try Host.run("prlimit", "--pid", "\($0.rig.driver.processID)", "--nofile=1024:") })
        } + [
            MatrixFault(
                name: "hostile text for ids and names", harm: .text, filesystems: [.ext4],
                skips: [.listVolumes, .listSnapshots], apply: { _ in }, heal: { _ in })
        ]

    /// Leaves so many descriptors to the driver, beside those that it has.
    private static func limit(_ scene: MatrixScene, _ spare: Int) throws {
        let driver = try scene.rig.driver
        let most = try driver.descriptors + spare
        try Host.run("prlimit", "--pid", "\(driver.processID)", "--nofile=\(most):")
    }
}
