import CSIWire
import LinuxHost
import TestSupport
import Testing

@Suite("Loop devices that cannot be asked", .requiresRoot)
struct UnseenDeviceTests {
    @Test("pool list and pool check tell of them, and fail for none")
    func told() throws {
        try Rig.run { rig in
            let life = try Life.published(rig)
            let disk = try TestPool(.xfs)
            try Host.run("truncate", "--size=16M", "\(disk.path)/image")
            let device = try Host.run("losetup", "--show", "--find", "\(disk.path)/image")
            try Host.run("xfs_io", "-x", "-c", "shutdown", disk.path)
            let looked = Result {
                for word in ["list", "check"] {
                    let seen = try rig.view(["pool", word])
                    #expect(seen.code == 0, "\(seen)")
                    #expect(
                        seen.output.contains("\(device) on \(disk.path)/image could not be asked"), "\(seen)")
                    let texts = try rig.seen("pool", word)["unseenDevices"].elements
                    #expect(texts.count >= 1)
                }
            }
            try Host.run("losetup", "--detach", device)
            _ = try looked.get()
            #expect(try !rig.view(["pool", "check"]).output.contains(device + " "))
            try life.end()
        }
    }
}
