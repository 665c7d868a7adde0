import CSIWire
import LinuxHost
import TestSupport
import Testing

@Suite("A relay and its nodes", .requiresRoot)
struct RelayTests {
    @Test(
        "A volume is made where the topology says, used there, cut, restored, cloned, grown and deleted")
    func wholeLife() async throws {
        try await Cluster.run(.init(filesystem: .xfs, mounts: true)) { cluster in
            for node in cluster.nodes {
                let source = try ClusterVolume(cluster, on: node)
                #expect(source.node.number == node.number)
                #expect(source.volume.accessibleTopology == [try node.topology])
                try source.stage()
                try source.publish()
                try Host.write("kept", to: "\(source.target)/file")
                let snapshot = try #require(try cluster.client.call(source.cutRequest).snapshot)
                #expect(snapshot.readyToUse)
                try Host.write("later", to: "\(source.target)/later")
                // Copies are made where their source is, whatever node a pod waits on.
                let other = try #require(cluster.nodes.first { $0.number != node.number })
                let restored = try ClusterVolume(cluster, name: "restored", from: snapshot.asSource)
                let clone = try ClusterVolume(cluster, name: "clone", from: source.asSource)
                for copy in [restored, clone] {
                    #expect(copy.node.number == node.number)
                    try copy.stage()
                    try copy.publish()
                    #expect(try Host.read("\(copy.target)/file") == "kept")
                }
                #expect(try !Host.exists("\(restored.target)/later"))
                #expect(try Host.exists("\(clone.target)/later"))
                let stray = try ClusterVolume.request(.ext4, "stray", on: other, from: snapshot.asSource)
                try cluster.client.refuses(stray, .resourceExhausted)
                try grow(source)
                _ = try cluster.client.call(
                    CSI.DeleteSnapshotRequest(snapshotID: snapshot.snapshotID))
                for volume in [source, restored, clone] { try volume.end() }
                try source.delete()
            }
        }
    }

    private func grow(_ volume: ClusterVolume) throws {
        let range = CSI.CapacityRange(requiredBytes: 96 << 20)
        var request = CSI.ControllerExpandVolumeRequest()
        request.volumeID = volume.id
        request.capacityRange = range
        request.volumeCapability = volume.kind.capability()
        let reply = try volume.cluster.client.call(request)
        #expect(reply.capacityBytes == 96 << 20 && reply.nodeExpansionRequired)
        #expect(try volume.cluster.client.call(request) == reply)
    }

    @Test("What is asked about one node is told of that node, and what of none, of all")
    func figures() async throws {
        try await Cluster.run(.init(nodes: 3)) { cluster in
            #expect(
                try cluster.client.call(CSI.NodeGetCapabilitiesRequest()).capabilities
                    == cluster.nodes[0].client.call(CSI.NodeGetCapabilitiesRequest()).capabilities)
            let volumes = try cluster.nodes.map { try ClusterVolume(cluster, name: "vol", on: $0) }
            #expect(Set(volumes.map(\.id)).count == 3)
            #expect(try Set(cluster.volumes()) == Set(volumes.map(\.id)))
            for (node, volume) in zip(cluster.nodes, volumes) {
                let own = try node.client.call(CSI.ListVolumesRequest()).entries
                #expect(own.map(\.volume?.volumeID) == [volume.id])
                try cluster.client.refuses(
                    CSI.ControllerGetVolumeRequest(volumeID: "\(try node.poolID).missing"), .notFound)
                #expect(try cluster.available(on: node) > 0)
            }
            for volume in volumes { try volume.delete() }
            #expect(try cluster.volumes() == [])
        }
    }

    @Test("A relay without rights, without a writable root and as nobody in particular does the same")
    func unprivileged() async throws {
        try await Cluster.run(.init(starts: false)) { cluster in
            for node in cluster.nodes { try node.start() }
            let relay = cluster.relay
            try Host.run("chmod", "0711", cluster.path, cluster.certificates.folder)
            try Host.run("chown", "--recursive", "65532:65532", relay.machine.folder, relay.certificate)
            try Host.run("cp", DriverProcess.program(), "\(relay.machine.folder)/loopcsi")
            try relay.start(
                changes: """
                    mount --bind \(relay.machine.folder) \(relay.machine.folder)
                    mount -o remount,bind,ro /
                    """,
                words: [
                    "setpriv", "--reuid=65532", "--regid=65532", "--clear-groups", "--bounding-set=-all",
                    "--inh-caps=-all", "--no-new-privs",
                ], program: "\(relay.machine.folder)/loopcsi")
            try relay.waitUntilReady()
            let status = try #require(
                TextFile.read("/proc/\(relay.machine.running.processID)/status", limitBytes: 1 << 16))
            #expect(status.contains("CapEff:\t0000000000000000"))
            #expect(status.contains("Uid:\t65532\t65532\t65532\t65532"))
            let volume = try ClusterVolume(cluster, on: cluster.nodes[1])
            #expect(volume.node.number == 1)
            try volume.delete()
        }
    }
}
