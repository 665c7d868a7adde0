import CSIWire
import LinuxHost
import TestSupport
import Testing

@Suite("Where a relay puts volumes, and what it says of all of them", .requiresRoot)
struct RelayPlaceTests {
    @Test("Where the preferred node is full it is the next one, and a repeated call finds the volume there")
    func spill() async throws {
        try await Cluster.run(.init(relays: 2, filesystem: .ext4)) { cluster in
            let client = cluster.client
            let (full, empty) = (cluster.nodes[0], cluster.nodes[1])
            let large = try ClusterVolume(cluster, name: "large", on: full, bytes: 700 << 20)
            var request = Kind.ext4.create("spilt", bytes: 500 << 20)
            request.accessibilityRequirements = CSI.TopologyRequirement(
                requisite: [try full.topology, try empty.topology],
                preferred: [try full.topology, try empty.topology])
            let spilt = try #require(try client.call(request).volume)
            #expect(spilt.accessibleTopology == [try empty.topology])
            var third = request
            third.name = "third"
            try client.refuses(third, .resourceExhausted, naming: "node-0", "node-1")
            try large.delete()
            try waitUntil("there is room") { try cluster.available(on: full) > 600 << 20 }
            for relay in cluster.relays { #expect(try relay.client.call(request).volume == spilt) }
            #expect(try cluster.volumes() == [spilt.volumeID])
            _ = try client.call(CSI.DeleteVolumeRequest(volumeID: spilt.volumeID))
        }
    }

    @Test("A list goes on page by page through another relay, and has each volume once")
    func pages() async throws {
        try await Cluster.run(.init(nodes: 3, relays: 2)) { cluster in
            let made = try (0..<11).map { number in
                try ClusterVolume(
                    cluster, name: "vol-\(number)", on: cluster.nodes[number % 3], bytes: 16 << 20)
            }
            for size in [1, 3, 4, 11, 100] {
                var ids: [String] = []
                var token = ""
                var turn = 0
                repeat {
                    let request = CSI.ListVolumesRequest(maxEntries: Int32(size), startingToken: token)
                    let page = try cluster.relays[turn % 2].client.call(request)
                    #expect(page.entries.count <= size)
                    ids += page.entries.compactMap { $0.volume?.volumeID }
                    token = page.nextToken
                    turn += 1
                } while !token.isEmpty && turn < 20
                #expect(ids == made.map(\.id).sorted())
            }
            try cluster.client.refuses(CSI.ListVolumesRequest(startingToken: "nonsense"), .aborted)
            for volume in made { try volume.delete() }
        }
    }

    @Test("A group is cut where all its volumes are, and refused where they are not on one node")
    func group() async throws {
        try await Cluster.run(.init(filesystem: .xfs)) { cluster in
            let client = cluster.client
            let node = cluster.nodes[1]
            let members = try ["a", "b"].map { try ClusterVolume(cluster, name: $0, on: node) }
            let other = try ClusterVolume(cluster, name: "c", on: cluster.nodes[0])
            func request(_ volumes: [ClusterVolume]) -> CSI.CreateVolumeGroupSnapshotRequest {
                CSI.CreateVolumeGroupSnapshotRequest(name: "group", sourceVolumeIDs: volumes.map(\.id))
            }
            try client.refuses(request(members + [other]), .failedPrecondition, naming: "node-0", "node-1")
            let group = try #require(try client.call(request(members)).groupSnapshot)
            #expect(group.snapshots.count == 2)
            let ids = group.snapshots.map(\.snapshotID)
            let restored = try ClusterVolume(cluster, name: "restored", from: .snapshot(id: ids[0]))
            #expect(restored.node.number == node.number)
            _ = try client.call(
                CSI.DeleteVolumeGroupSnapshotRequest(
                    groupSnapshotID: group.groupSnapshotID, snapshotIDs: ids))
            for volume in members + [other, restored] { try volume.delete() }
        }
    }
}
