import CSIWire
import LinuxHost
import TestSupport
import Testing

@Suite("Growth", .requiresRoot)
struct GrowthTests {
    private func grow(_ rig: Rig, _ life: Life, to bytes: Int64) throws {
        let range = CSI.CapacityRange(requiredBytes: bytes)
        let answer = try rig.client.call(
            CSI.ControllerExpandVolumeRequest(volumeID: life.id, capacityRange: range))
        #expect(answer.capacityBytes == bytes)
    }

    /// True where a file system fills a volume of that size: all but its own overhead.
    private func fills(_ life: Life, _ bytes: Int64) throws -> Bool {
        try life.stats().usage[0].total > bytes / 10 * 7
    }

    @Test(
        "A mounted volume grows while it is used, by its target or its staging path",
        arguments: Kind.allCases, [true, false])
    func online(kind: Kind, byTarget: Bool) throws {
        try Rig.run(.init(poolBytes: 2 << 30)) { rig in
            let life = try Life.published(rig, kind)
            let size = kind.bytes * 3
            try grow(rig, life, to: size)
            let request = CSI.NodeExpandVolumeRequest(
                volumeID: life.id, volumePath: byTarget ? life.target : life.staging,
                capacityRange: CSI.CapacityRange(requiredBytes: size))
            guard kind != .ext4 || HostIdentity.mayGrowMountedExt4 else {
                // Linux asks for that capability for growing a mounted ext4; without it the next stage grows it.
                try rig.client.refuses(request, .failedPrecondition, naming: "CAP_SYS_RESOURCE")
                try life.unpublish()
                try life.unstage()
                try life.stage()
                try life.publish()
                #expect(try fills(life, size))
                return try life.end()
            }
            for _ in 1...2 { #expect(try rig.client.call(request).capacityBytes == size) }
            #expect(try life.device().sizeBytes() == size)
            #expect(try kind == .block ? life.stats().usage[0].total == size : fills(life, size))
            try life.end()
        }
    }

    @Test("A volume that grew while nobody used it is as large when it is staged", arguments: Kind.allCases)
    func atStage(kind: Kind) throws {
        try Rig.run { rig in
            let life = try Life(rig, kind)
            try grow(rig, life, to: kind.bytes * 3)
            try life.stage()
            try life.publish()
            #expect(try life.device().sizeBytes() == kind.bytes * 3)
            #expect(try kind == .block || fills(life, kind.bytes * 3))
            try life.end()
        }
    }

    @Test("NodeExpandVolume to more than the controller made is OUT_OF_RANGE", arguments: Kind.allCases)
    func tooFar(kind: Kind) throws {
        try Rig.run { rig in
            let life = try Life.published(rig, kind)
            try rig.client.refuses(
                CSI.NodeExpandVolumeRequest(
                    volumeID: life.id, volumePath: life.target,
                    capacityRange: CSI.CapacityRange(requiredBytes: kind.bytes * 2)), .outOfRange)
            let wrong = (kind == .block ? Kind.ext4 : .block).capability()
            try rig.client.refuses(
                CSI.NodeExpandVolumeRequest(
                    volumeID: life.id, volumePath: life.target, volumeCapability: wrong), .invalidArgument,
                naming: "volume_capability")
            // Without a size it is a repeat that finds nothing to do.
            let nothing = CSI.NodeExpandVolumeRequest(volumeID: life.id, volumePath: life.target)
            #expect(try rig.client.call(nothing).capacityBytes == kind.bytes)
            try life.end()
        }
    }

    @Test("A growth that was cut off between image and record is completed by the next start")
    func cutOff() throws {
        try Rig.run { rig in
            let life = try Life(rig, .ext4)
            let longer = life.kind.bytes * 2
            try rig.driver.kill9()
            try Host.run("truncate", "--size", "\(longer)", life.image)
            try rig.restartAfterKill()
            let volume = try rig.client.call(CSI.ControllerGetVolumeRequest(volumeID: life.id)).volume
            #expect(volume?.capacityBytes == longer)
            try grow(rig, life, to: longer)
            try life.stage()
            #expect(try life.device().sizeBytes() == longer)
            try life.end()
        }
    }
}
