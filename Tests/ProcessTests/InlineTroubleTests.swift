import CSIWire
import LinuxHost
import TestSupport
import Testing

@Suite("Inline volumes in trouble", .requiresRoot)
struct InlineTroubleTests {
    /// What may be left of the driver's own note.
    enum Note: String, CaseIterable {
        case there, gone, torn
    }

    private func damage(_ note: Note, of pod: InlineTests.Pod) throws {
        let segments = try pod.rig.client.call(CSI.NodeGetInfoRequest()).accessibleTopology?.segments
        let pool = try #require(segments?.values.first)
        let path = "/run/loopcsi-node/staged/\(pool).\(pod.id)"
        switch note {
        case .there: #expect(try Host.exists(path))
        case .gone: try Host.run("rm", path)
        case .torn: try Host.run("truncate", "--size=1", path)
        }
    }

    @Test("One whose record is torn is unmounted and detached all the same", arguments: Note.allCases)
    func torn(note: Note) throws {
        try Rig.run { rig in
            let pod = try InlineTests.Pod(rig)
            try pod.publish()
            let folder = "\(rig.pool)/volumes/\(pod.id)"
            try Host.run("truncate", "--size=5", "\(folder)/volume.json")
            try damage(note, of: pod)
            try pod.unpublish()
            #expect(try Host.mounts(at: pod.target) == 0)
            #expect(try !Host.exists(pod.target))
            let image = try #require(try FileStatus.at("\(folder)/image"))
            #expect(try LoopDevices.backed(by: image.identity).isEmpty)
            // Repeats are well as well.
            try pod.unpublish()
            try Host.removeTree(folder)
        }
    }

    @Test("One in a pool that hangs is unmounted all the same", arguments: Note.allCases)
    func hung(note: Note) throws {
        try Rig.run(.init(filesystem: .xfs)) { rig in
            let pod = try InlineTests.Pod(rig)
            try pod.publish()
            try damage(note, of: pod)
            let disk = try #require(rig.poolFilesystem)
            try rig.restartAfterKill()
            try Host.run("fsfreeze", "--freeze", disk.path)
            let answer = Result {
                // The kernel itself holds the call, as it writes to the image when it unmounts.
                _ = try rig.client.outcome(
                    of: CSI.NodeUnpublishVolumeRequest(volumeID: pod.id, targetPath: pod.target), within: 10)
                try waitUntil("it is unmounted") { try Host.mounts(at: pod.target) == 0 }
            }
            try Host.run("fsfreeze", "--unfreeze", disk.path)
            _ = try answer.get()
            try pod.unpublish()
            try waitUntil("it is gone") { try rig.files() == [] }
        }
    }
}
