import CSIWire
import LinuxHost
import TestSupport
import Testing

@Suite("A pool whose disk is mounted late", .requiresRoot)
struct LateDiskTests {
    @Test(
        "With mount=required the driver waits, makes nothing in the empty folder, and serves once the disk is there"
    )
    func waits() throws {
        let disk = try TestPool(.ext4, bytes: 256 << 20)
        try Rig.run(.init(starts: false)) { rig in
            try Host.makeFolder(rig.pool)
            let driver = try rig.launch(pools: ["default=\(rig.pool),mount=required"])
            try waitUntil("the driver says that it waits") { driver.log.contains("waiting for the disk") }
            #expect(try Host.names(in: rig.pool) == [])
            #expect(try !Host.exists(rig.socket))
            // A folder of another file system is what a container shows for a disk that is not there.
            try Host.run("mount", "--bind", rig.path, rig.pool)
            try Host.run("sleep", "1.5")
            #expect(try !Host.exists(rig.socket))
            try Host.run("umount", rig.pool)
            try Host.run("mount", "--bind", disk.path, rig.pool)
            try driver.waitUntilReady()
            let life = try Life(rig)
            try life.delete()
            #expect(try rig.driver.stop() == .exited(0))
            try Host.run("umount", rig.pool)
        }
    }

    @Test("A driver that waits for a disk ends in order when asked to")
    func stops() throws {
        try Rig.run(.init(starts: false)) { rig in
            try Host.makeFolder(rig.pool)
            let driver = try rig.launch(pools: ["default=\(rig.pool),mount=required"])
            try waitUntil("the driver says that it waits") { driver.log.contains("waiting for the disk") }
            #expect(try driver.stop() == .exited(0))
            #expect(try Host.names(in: rig.pool) == [])
        }
    }
}
