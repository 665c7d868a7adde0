import CSIWire
import LinuxHost
import TestSupport
import Testing

@Suite("A pool that two nodes claim", .requiresRoot)
struct RelayContestTests {
    /// How the second node comes to be taken for another machine.
    enum Rival: String, CaseIterable, CustomTestStringConvertible {
        /// It has another id.
        case otherNode
        /// It has the same id, and a kernel of its own: two machines with one name.
        case otherKernel

        var testDescription: String { rawValue }
    }

    /// How the contest ends.
    enum End: String, CaseIterable, CustomTestStringConvertible {
        /// The copy becomes a pool of its own.
        case newPool
        /// The second node is taken from the network.
        case gone

        var testDescription: String { rawValue }
    }

    @Test(
        "Neither is served until one of them stops, the operator is told loudly, and other pools are served",
        arguments: zip(Rival.allCases, End.allCases))
    func contest(rival: Rival, end: End) async throws {
        try await Cluster.run(.init(nodes: 3, starts: false)) { cluster in
            let (first, second, third) = (cluster.nodes[0], cluster.nodes[1], cluster.nodes[2])
            try cluster.relay.lead(to: [first.address, third.address])
            try first.start()
            try third.start()
            try cluster.relay.start()
            try cluster.relay.waitUntilReady()
            let client = cluster.client
            let volume = try ClusterVolume(cluster, on: first)
            let pool = try first.poolID
            // A disk was copied bit by bit.
            try Host.run("cp", "--archive", first.pool, second.pool)
            switch rival {
            case .otherNode: try second.start()
            case .otherKernel:
                try Host.write("0d6e3fd1-7f0b-4b8e-9f5b-2f4ce36de4a1\n", to: "\(cluster.path)/boot_id")
                try second.start(
                    nodeID: first.name,
                    behind: CleanMounts.words() + [
                        "sh", "-e", "-c",
                        "mount --bind \(cluster.path)/boot_id /proc/sys/kernel/random/boot_id; exec \"$@\"",
                        "sh",
                    ])
            }
            try cluster.relay.lead(to: cluster.nodes.map(\.address))
            try cluster.relay.machine.waitForLog("is claimed by")
            #expect(cluster.relay.machine.log.contains("level=error"), "\(cluster.relay.machine.log)")
            let requests: [any CSIRequest] = [
                try ClusterVolume.request(on: first), volume.deleteRequest, volume.cutRequest,
                CSI.ControllerGetVolumeRequest(volumeID: volume.id), CSI.ListVolumesRequest(),
                CSI.GetCapacityRequest(accessibleTopology: try first.topology), CSI.GetCapacityRequest(),
            ]
            for request in requests {
                try client.expectUnavailable(request, naming: pool, first.name, first.address, second.address)
            }
            try client.expectQuick(try ClusterVolume.request(.ext4, "other", on: third))
            // One that does not answer may still have it.
            try second.machine.suspend()
            try client.expectUnavailable(volume.deleteRequest, naming: pool)
            second.machine.resume()
            try client.expectUnavailable(volume.deleteRequest, naming: pool)
            try second.machine.stop()
            try Host.removeTree(second.pool)
            switch end {
            case .newPool: try second.start()
            case .gone: try cluster.relay.lead(to: [first.address, third.address])
            }
            let found = try client.repeatUntilOK(CSI.ListVolumesRequest())
            #expect(found.entries.contains { $0.volume?.volumeID == volume.id })
            #expect(cluster.relay.machine.log.contains("is not contested any more"))
            try volume.delete()
            try ClusterVolume(cluster, name: "other", on: third).delete()
        }
    }
}
