import CSIWire
import LinuxHost
import TestSupport
import Testing

@Suite("Snapshots while others are at work", .requiresRoot)
struct SnapshotRaceTests {
    private func expand(_ life: Life, to bytes: Int64) -> CSI.ControllerExpandVolumeRequest {
        CSI.ControllerExpandVolumeRequest(
            volumeID: life.id, capacityRange: CSI.CapacityRange(requiredBytes: bytes))
    }

    /// Of the part that `fill` wrote.
    private func digest(_ image: String) throws -> String {
        try Host.run("sh", "-c", "head -c 4194304 \(image) | md5sum")
    }

    @Test(
        "While a volume is copied, all else that would change or copy it waits a moment, is then ABORTED, and nothing is torn"
    )
    func during() throws {
        try Rig.run(.init(filesystem: .ext4, poolBytes: 2 << 30)) { rig in
            let source = try Life(rig, .block, bytes: 512 << 20, parameters: ["provisioning": "thin"])
            try source.fill(mebibytes: 400, path: source.image)
            #expect(try rig.driver.stop() == .exited(0))
            // Each of the 25 steps of the copy takes as long as this, in microseconds: far longer than anybody waits.
            let child = try rig.traced("copy_file_range", "delay_enter=600000")
            let copy = try Background { try rig.client.code(of: source.cutRequest()) }
            try rig.waitForCopying()
            let codes = try together(6) { number in
                switch number {
                case 0: try rig.client.code(of: source.deleteRequest)
                case 1: try rig.client.code(of: expand(source, to: 600 << 20))
                case 2: try rig.client.code(of: source.cutRequest())
                case 3: try rig.client.code(of: source.cutRequest("other"))
                case 4: try rig.client.code(of: Kind.block.create("clone", from: source.asSource))
                default: try rig.client.code(of: source.stageRequest())
                }
            }
            #expect(codes == [CSICode](repeating: .aborted, count: 6))
            #expect(try copy.value() == .ok)
            #expect(try child.stop() == .exited(0))
            try rig.start()
            let snapshot = try source.cut()
            try TestTool.run("cmp", [source.image, "\(rig.pool)/snapshots/snap/image"])
            #expect(try rig.files() == ["volumes/vol", "snapshots/snap"])
            _ = try rig.client.call(expand(source, to: 600 << 20))
            #expect(try source.cut() == snapshot)
            try source.delete()
            try rig.deleteSnapshot(snapshot)
        }
    }

    @Test(
        "A volume that another node or driver has attached is not copied, and nobody can attach one that is")
    func elsewhere() throws {
        try Rig.run(.init(filesystem: .ext4, poolBytes: 2 << 30)) { rig in
            let source = try Life(rig, .block, bytes: 512 << 20, parameters: ["provisioning": "thin"])
            try source.fill(mebibytes: 400, path: source.image)
            // A device holds the lock of its image, and so does this open file.
            let other = try OwnedDescriptor.open(source.image, .readWrite)
            try #require(try other.tryLock(.exclusive))
            try rig.client.refuses(source.cutRequest(), .failedPrecondition, naming: "in use by another node")
            try rig.client.refuses(
                Kind.block.create("clone", bytes: 512 << 20, from: source.asSource), .failedPrecondition)
            try other.unlock()
            let gotIt = try together(2) { number -> Bool in
                guard number == 1 else {
                    try source.cut()
                    return false
                }
                try rig.waitForCopying()
                return try OwnedDescriptor.open(source.image, .readWrite).tryLock(.exclusive)
            }
            #expect(gotIt == [false, false])
            try other.close()
            try rig.deleteSnapshot(source.cut())
            try source.delete()
        }
    }

    @Test(
        "A volume that is cut, deleted and expanded at the same moment: one after the other, or ABORTED",
        arguments: TestPool.Filesystem.allCases)
    func atOnce(pool: TestPool.Filesystem) throws {
        try Rig.run(.init(filesystem: pool)) { rig in
            for round in 1...8 {
                let source = try Life(
                    rig, .block, name: "v\(round)", bytes: 16 << 20, parameters: ["provisioning": "thin"])
                try source.fill(mebibytes: 4, path: source.image)
                let sum = try digest(source.image)
                let codes = try together(3) { number in
                    switch number {
                    case 0: try rig.client.code(of: source.cutRequest("s\(round)"))
                    case 1: try rig.client.code(of: source.deleteRequest)
                    default: try rig.client.code(of: expand(source, to: 32 << 20))
                    }
                }
                #expect(Set(codes).isSubset(of: [.ok, .aborted, .notFound]), "\(codes)")
                if let snapshot = try rig.snapshots().entries.first?.snapshot {
                    #expect([16 << 20, 32 << 20].contains(snapshot.sizeBytes))
                    let image = "\(rig.pool)/snapshots/s\(round)/image"
                    #expect(try #require(try FileStatus.at(image)).sizeBytes == snapshot.sizeBytes)
                    #expect(try digest(image) == sum)
                    try rig.deleteSnapshot(snapshot)
                }
                try source.delete()
            }
        }
    }

    @Test(
        "A clone is cut while the snapshot that it came from and the first volume are deleted",
        arguments: TestPool.Filesystem.allCases)
    func chain(pool: TestPool.Filesystem) throws {
        try Rig.run(.init(filesystem: pool)) { rig in
            let first = try Life.published(rig)
            try first.count(to: 1)
            let origin = try first.cut("origin")
            let clone = try Life.published(rig, name: "clone", from: origin.asSource)
            try clone.count(to: 2)
            _ = try together(3) { number in
                switch number {
                case 0: try clone.cut("second")
                case 1: try rig.deleteSnapshot(origin)
                default: try first.end()
                }
            }
            try clone.count(to: 3)
            let second = try clone.cut("second")
            let restored = try Life.published(rig, name: "restored", from: second.asSource)
            #expect(try restored.counter() == 2)
            #expect(try clone.counter() == 3)
            try clone.end()
            try rig.deleteSnapshot(second)
            #expect(try restored.counter() == 2)
            try restored.end()
        }
    }
}
