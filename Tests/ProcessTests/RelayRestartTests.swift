import CSIWire
import LinuxHost
import RPCClient
import TestSupport
import Testing

@Suite("Relays, nodes and sidecars that start anew", .requiresRoot)
struct RelayRestartTests {
    @Test("The same call through two relays at once makes one volume, wherever a topology lets it go")
    func twice() async throws {
        try await Cluster.run(.init(relays: 2)) { cluster in
            for round in 1...8 {
                // Every other round has no topology, so that each relay looks for a place by itself.
                let node = round % 2 == 0 ? nil : cluster.nodes[round / 2 % 2]
                let request = try ClusterVolume.request(.ext4, "vol-\(round)", on: node, bytes: 16 << 20)
                let codes = try together(4) { try cluster.relays[$0 % 2].client.code(of: request) }
                #expect(codes.contains(.ok) && Set(codes).isSubset(of: [.ok, .aborted]), "\(codes)")
                let ids = try cluster.relays.map { try $0.client.repeatUntilOK(request).volume?.volumeID }
                #expect(ids[0] == ids[1])
                #expect(try cluster.volumes() == [try #require(ids[0])])
                let delete = CSI.DeleteVolumeRequest(volumeID: try #require(ids[0]))
                let gone = try together(2) { try cluster.relays[$0].client.code(of: delete) }
                #expect(gone.contains(.ok) && Set(gone).isSubset(of: [.ok, .aborted]), "\(gone)")
                _ = try cluster.client.repeatUntilOK(delete)
            }
        }
    }

    @Test("A relay that is killed in the middle of calls leaves none of them half done for another one")
    func relayKilled() async throws {
        try await Cluster.run(.init(relays: 2)) { cluster in
            let second = cluster.relays[1].client
            var random = Seeded(11)
            for round in 1...8 {
                let name = "vol-\(round)"
                let node = round % 2 == 0 ? nil : cluster.nodes[0]
                let request = try ClusterVolume.request(.ext4, name, on: node, bytes: 16 << 20)
                let client = cluster.client
                let call = try Background { try? client.outcome(of: request, within: 10).code }
                Clock.sleep(nanoseconds: Int64(random.next() % 50_000_000))
                cluster.relay.machine.kill9()
                let code = try call.value()
                #expect(code == nil || code == .ok)
                let id = try #require(try second.repeatUntilOK(request).volume?.volumeID)
                #expect(try second.call(CSI.ListVolumesRequest()).entries.map(\.volume?.volumeID) == [id])
                _ = try second.call(CSI.DeleteVolumeRequest(volumeID: id))
                try cluster.relay.start()
                try cluster.relay.waitUntilReady()
            }
        }
    }

    @Test("A node that is killed in the middle of calls makes no second volume, and loses no room")
    func nodeKilled() async throws {
        try await Cluster.run(.init(filesystem: .ext4)) { cluster in
            let node = cluster.nodes[1]
            let client = cluster.client
            let before = try cluster.available(on: node)
            var random = Seeded(7)
            for round in 1...12 {
                let request = try ClusterVolume.request(.ext4, "vol-\(round)", on: node, bytes: 16 << 20)
                let call = try Background { try client.outcome(of: request, within: 20).code }
                Clock.sleep(nanoseconds: Int64(random.next() % 50_000_000))
                node.machine.kill9()
                let code = try call.value()
                #expect([.ok, .unavailable].contains(code))
                try node.start()
                let made = try #require(try client.repeatUntilOK(request).volume)
                #expect(try node.files().filter { !$0.hasPrefix("trash/") } == ["volumes/vol-\(round)"])
                #expect(try cluster.volumes() == [made.volumeID])
                let delete = CSI.DeleteVolumeRequest(volumeID: made.volumeID)
                if round % 2 == 0 {
                    let call = try Background { try client.outcome(of: delete, within: 20).code }
                    Clock.sleep(nanoseconds: Int64(random.next() % 5_000_000))
                    node.machine.kill9()
                    #expect([.ok, .unavailable].contains(try call.value()))
                    try node.start()
                }
                _ = try client.repeatUntilOK(delete)
            }
            try waitUntil("the room is what it was") { try cluster.available(on: node) == before }
            #expect(try node.files() == [])
        }
    }

    @Test("A sidecar that starts anew and repeats each call hears the same again, from another relay too")
    func repeated() async throws {
        try await Cluster.run(.init(relays: 2, filesystem: .xfs)) { cluster in
            func same<Request: CSIRequest>(_ request: Request) throws -> Request.Reply {
                let replies = try [0, 0, 1, 1].map { try cluster.relays[$0].client.call(request) }
                #expect(replies.allSatisfy { $0.encoded() == replies[0].encoded() }, "\(replies)")
                return replies[0]
            }
            let node = cluster.nodes[1]
            let create = try ClusterVolume.request(on: node)
            let volume = try ClusterVolume(cluster, on: node)
            #expect(try same(create).volume?.volumeID == volume.id)
            let snapshot = try #require(try same(volume.cutRequest).snapshot)
            let copy = try ClusterVolume.request(.ext4, "copy", from: snapshot.asSource)
            let copied = try #require(try same(copy).volume)
            let expand = CSI.ControllerExpandVolumeRequest(
                volumeID: volume.id, capacityRange: CSI.CapacityRange(requiredBytes: 96 << 20))
            #expect(try same(expand).capacityBytes == 96 << 20)
            _ = try same(CSI.ControllerGetVolumeRequest(volumeID: volume.id))
            _ = try same(
                CSI.ValidateVolumeCapabilitiesRequest(
                    volumeID: volume.id, volumeCapabilities: [volume.kind.capability()]))
            #expect(try same(CSI.ListVolumesRequest()).entries.count == 2)
            #expect(try same(CSI.ListSnapshotsRequest()).entries.count == 1)
            _ = try same(CSI.GetPluginInfoRequest())
            _ = try same(CSI.GetPluginCapabilitiesRequest())
            _ = try same(CSI.ControllerGetCapabilitiesRequest())
            var other = create
            other.capacityRange = CSI.CapacityRange(requiredBytes: 512 << 20)
            for relay in cluster.relays { try relay.client.refuses(other, .alreadyExists) }
            _ = try same(CSI.DeleteSnapshotRequest(snapshotID: snapshot.snapshotID))
            for id in [volume.id, copied.volumeID] { _ = try same(CSI.DeleteVolumeRequest(volumeID: id)) }
        }
    }

    @Test("A relay that is told to stop lets a call end first, and ends in time where its node hangs")
    func stops() async throws {
        try await Cluster.run(.init(nodes: 1, relays: 2)) { cluster in
            let node = cluster.nodes[0]
            let request = try ClusterVolume.request(on: node)
            try node.machine.suspend()
            let calls = try cluster.relays.map { relay in
                let client = relay.client
                return try Background { try client.outcome(of: request, within: 8) }
            }
            Clock.sleep(nanoseconds: 500_000_000)
            let began = Clock.monotonicNanoseconds
            let ends = try cluster.relays.map { relay in
                let driver = try relay.machine.running
                return try Background { try driver.stop() }
            }
            // The first relay's call ends with its deadline, the second one's too unless the node wakes before.
            let first = try calls[0].value()
            #expect(first.code == .unavailable, "\(first)")
            node.machine.resume()
            for end in ends { #expect(try end.value() == .exited(0)) }
            #expect(Clock.monotonicNanoseconds - began < 20_000_000_000)
            try cluster.relay.start()
            try cluster.relay.waitUntilReady()
            _ = try cluster.client.repeatUntilOK(request)
            #expect(try cluster.volumes().count == 1)
            try ClusterVolume(cluster, on: node).delete()
        }
    }
}
