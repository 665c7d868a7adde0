import CSIWire
import LinuxHost
import TestSupport
import Testing

@Suite("Devices that go, and strangers' devices", .requiresRoot)
struct LostDeviceTests {
    @Test("What is left of a published device that was taken away is taken down")
    func takenAway() throws {
        try Rig.run { rig in
            let life = try Life.published(rig, .block)
            try rig.driver.kill9()
            // Whoever has the node can do so.
            try Host.run("losetup", "--detach", life.target)
            try waitUntil("the device is gone") { try life.devices() == [] }
            try rig.start()
            try rig.client.refuses(life.unstageRequest(), .failedPrecondition, naming: life.target)
            try life.unpublish()
            #expect(try Host.mounts(at: life.target) == 0)
            #expect(try !Host.exists(life.target))
            try life.unstage()
            try life.delete()
        }
    }

    @Test("No volume gets a number whose node is still shown")
    func numberIsShown() throws {
        try Rig.run { rig in
            let life = try Life.published(rig, .block)
            let number = try life.device().number
            try rig.driver.kill9()
            try Host.run("losetup", "--detach", life.target)
            try waitUntil("the device is gone") { try life.devices() == [] }
            try rig.start()
            let next = try Life(rig, .block, name: "next")
            let thin = try Life(rig, .block, name: "thin", parameters: ["provisioning": "thin"])
            try next.stage()
            try thin.stage()
            #expect(try next.device().number != number)
            #expect(try thin.device().number != number)
            try life.end()
            try next.end()
            try thin.end()
        }
    }

    @Test("A device on a file system that was shut down is nobody else's trouble")
    func strangersDevice() throws {
        try Rig.run(.init(filesystem: .xfs)) { rig in
            let other = try TestPool(.xfs)
            try Host.makeFolders("\(other.path)/volumes/vol")
            try Host.run("truncate", "--size", "64M", "\(other.path)/volumes/vol/image")
            let stranger = try Host.run(
                "losetup", "--find", "--show", "\(other.path)/volumes/vol/image")
            let life = try Life.published(rig)
            try Host.run("xfs_io", "-x", "-c", "shutdown", other.path)
            let device = try #require(try LoopDevices.sights().first { $0.device.path == stranger }).device
            // That is what the kernel answers for it.
            #expect(throws: SystemError.self) { try device.status() }
            try rig.restartAfterKill()
            #expect(try rig.client.call(CSI.ListVolumesRequest()).entries.count == 1)
            try life.publish()
            try life.unpublish()
            try life.unstage()
            try life.stage()
            try rig.deleteSnapshot(life.cut())
            try life.end()
            try Host.run("losetup", "--detach", stranger)
        }
    }

    @Test("A refused detach leaves no mark, on whichever way it was refused")
    func noMark() throws {
        try Rig.run { rig in
            let life = try Life(rig, .block)
            try life.stage()
            let device = try life.device()
            // Open first, then claimed, as by a program that is about to use it: both within the driver's patience.
            let file = try OwnedDescriptor.open(device.path, .readOnly)
            let child = try DriverProcess(
                command: [
                    "python3", "-c",
                    "import os,time,sys; time.sleep(0.5); fd=os.open(sys.argv[1],os.O_RDONLY|os.O_EXCL); time.sleep(60)",
                    device.path,
                ], socket: "", log: "\(rig.path)/claim.log")
            try rig.client.refuses(life.unstageRequest(), .failedPrecondition, naming: device.path)
            #expect(try !device.goesWithLastUser())
            child.kill9()
            try file.close()
            try waitUntil("the claim is gone") { try rig.client.code(of: life.publishRequest()) == .ok }
            #expect(try life.devices() == [device])
            try life.end()
        }
    }
}
