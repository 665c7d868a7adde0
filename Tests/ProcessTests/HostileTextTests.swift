import CSIWire
import LinuxHost
import TestSupport
import Testing

/// One letter with so many bytes of accents, which by characters cost the square of their number.
private func accents(bytes: Int) -> String { "a" + String(repeating: "\u{301}\u{323}", count: bytes / 4) }

@Suite("Text that is made to be slow", .requiresRoot)
struct SlowTextTests {
    @Test("More callers with it than there are workers are refused by name, and others are served meanwhile")
    func manyCallers() throws {
        try Rig.run { rig in
            let life = try Life.published(rig)
            let client = rig.client
            // By characters each of these calls took a worker minutes.
            let text = accents(bytes: 1 << 20)
            let codes = try together(48) { number -> CSICode in
                switch number % 6 {
                case 0: try client.code(of: CSI.DeleteVolumeRequest(volumeID: text))
                case 1: try client.code(of: Kind.ext4.create(text))
                case 2:
                    try client.code(
                        of: CSI.NodePublishVolumeRequest(
                            volumeID: "csi-" + String(repeating: "0", count: 64), targetPath: "/x",
                            volumeCapability: CSI.VolumeCapability(
                                access: .mount(fsType: text), mode: .singleNodeWriter)))
                case 3: try client.code(of: CSI.CreateSnapshotRequest(sourceVolumeID: text, name: "s"))
                case 4: try client.code(of: CSI.GetCapacityRequest(parameters: ["pool": text]))
                default:
                    try client.code(
                        of: CSI.NodeUnstageVolumeRequest(volumeID: "x", stagingTargetPath: "/" + text))
                }
            }
            #expect(codes.allSatisfy { $0 == .invalidArgument })
            try life.end()
            #expect(try client.code(of: CSI.ListVolumesRequest(startingToken: text)) == .aborted)
        }
    }
}

@Suite("Help of the program")
struct HelpOutputTests {
    @Test(
        "Version and help go to the standard output, with success",
        arguments: [["--version"], ["version"], ["--help"], ["bench", "--help"], ["pool", "list", "-h"]])
    func help(words: [String]) throws {
        let output = try TestTool.run(
            "sh", ["-c", "exec \"$0\" \"$@\"", try DriverProcess.program()] + words)
        #expect(output.standardOutput.hasPrefix("loopcsi"))
    }
}
