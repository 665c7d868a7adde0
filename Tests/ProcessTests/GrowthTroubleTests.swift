import CSIWire
import LinuxHost
import TestSupport
import Testing

@Suite("Growth that fails", .requiresRoot)
struct GrowthTroubleTests {
    /// Shell commands that put something in the place of a program.
    private static func cover(_ program: String, _ script: String) -> String {
        let file = "/mnt/\(program)"
        return "printf '#!/bin/sh\\n\(script)\\n' > \(file); chmod 755 \(file); "
            + "mount --bind \(file) \"$(command -v \(program))\""
    }

    private static let broken = "echo broken-$(basename $0) >&2; exit 8"
    private static let place = "mount -t tmpfs tmpfs /mnt; "

    private static func program(_ kind: Kind) -> String {
        switch kind {
        case .ext4, .block: "resize2fs"
        case .xfs: "xfs_growfs"
        case .btrfs: "btrfs"
        }
    }

    private func expand(_ rig: Rig, _ life: Life, to bytes: Int64) throws {
        _ = try rig.client.call(
            CSI.ControllerExpandVolumeRequest(
                volumeID: life.id, capacityRange: CSI.CapacityRange(requiredBytes: bytes)))
    }

    @Test(
        "A volume whose growth fails is mounted at its old size, and condition and log say why",
        arguments: Kind.mounted, [false, true])
    func mounted(kind: Kind, isMissing: Bool) throws {
        let program = Self.program(kind)
        let change =
            isMissing
            ? "mount --bind /dev/null \"$(command -v \(program))\""
            : Self.place + Self.cover(program, Self.broken)
        try Rig.run(.init(hostChanges: change)) { rig in
            let life = try Life(rig, kind, parameters: ["provisioning": "thin"])
            try expand(rig, life, to: kind.bytes * 3)
            for _ in 1...2 {
                try life.stage()
                try life.publish()
                try Host.write("x", to: "\(life.target)/file")
                let stats = try life.stats()
                #expect(stats.usage[0].total <= kind.bytes)
                #expect(stats.volumeCondition?.abnormal == true)
                #expect(stats.volumeCondition?.message.contains(program) == true, "\(stats)")
                #expect(rig.log.contains("the file system is used at the size that it has"))
                // The repeat of a stage is OK and takes no new attempt.
                _ = try rig.client.call(life.stageRequest())
                let request = CSI.NodeExpandVolumeRequest(volumeID: life.id, volumePath: life.target)
                let status = #expect(throws: CSIStatus.self) { try rig.client.call(request) }
                let mayGrow = kind != .ext4 || HostIdentity.mayGrowMountedExt4
                #expect(status?.message.contains(mayGrow ? program : "CAP_SYS_RESOURCE") == true)
                try Host.removeTree("\(life.target)/file")
                try life.unpublish()
                try life.unstage()
            }
            try life.checkFilesystem()
            try life.delete()
        }
    }

    @Test("A check that cannot be made keeps an ext4 from growing, not from its pod")
    func noCheck() throws {
        guard !HostIdentity.mayGrowMountedExt4 else { return }
        try Rig.run(.init(hostChanges: Self.place + Self.cover("e2fsck", Self.broken))) { rig in
            let life = try Life(rig, .ext4)
            try expand(rig, life, to: life.kind.bytes * 2)
            try life.stage()
            try life.publish()
            #expect(try life.stats().volumeCondition?.message.contains("broken-e2fsck") == true)
            try life.end()
        }
    }

    @Test(
        "An ext4 that a check finds damaged is refused and named, whether it is to grow or not",
        arguments: [true, false])
    func damaged(grows: Bool) throws {
        guard !HostIdentity.mayGrowMountedExt4 || !grows else { return }
        try Rig.run { rig in
            let life = try Life(rig, .ext4)
            try Host.run("debugfs", "-w", "-R", "clri <2>", life.image)
            if grows {
                try expand(rig, life, to: life.kind.bytes * 2)
            } else {
                try Host.run("debugfs", "-w", "-R", "set_super_value state 2", life.image)
            }
            try Host.makeFolder(life.staging)
            for _ in 1...2 {
                try rig.client.refuses(life.stageRequest(), .failedPrecondition, naming: "run e2fsck")
                #expect(try life.devices() == [])
            }
            try life.end()
        }
    }

    @Test(
        "No tool is run where there is nothing to gain",
        arguments: Kind.mounted, [4096, 1 << 20, (5 << 20) + 12288] as [Int64])
    func nothingToGain(kind: Kind, more: Int64) throws {
        let covers = [Self.program(kind), "e2fsck"].map { Self.cover($0, Self.broken) }
        try Rig.run(.init(hostChanges: Self.place + covers.joined(separator: "; "))) { rig in
            let life = try Life(rig, kind, bytes: 1 << 30 + more, parameters: ["provisioning": "thin"])
            for _ in 1...2 {
                try life.stage()
                try life.publish()
                let condition = try life.stats().volumeCondition
                #expect(condition?.abnormal == false, "\(String(describing: condition))")
                let request = CSI.NodeExpandVolumeRequest(volumeID: life.id, volumePath: life.target)
                _ = try rig.client.call(request)
                try life.unpublish()
                try life.unstage()
            }
            try life.delete()
        }
    }
}
