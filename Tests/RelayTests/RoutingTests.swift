import CSIWire
import Testing
import Volumes
import VolumesTestSupport

@testable import Relay

@Suite("Whose call it is")
struct RoutingTests {
    let rig = Rig()
    let first: FakeStore
    let second: FakeStore
    let a: NodeAddress
    let b: NodeAddress

    init() throws {
        first = try store(0xA)
        second = try store(0xB)
        a = try rig.network.add("a", at: "10.0.0.1", first)
        b = try rig.network.add("b", at: "fd00::2", second)
        rig.look()
    }

    @Test("A call about a volume goes to the node that has its pool, and to no other")
    func byHandle() throws {
        let volume = try rig.create(Rig.volume("v", requisite: [second]))
        #expect(volume == "000000000000000b.v")
        #expect(second.names.contains("v") && !first.names.contains("v"))
        let path = CSI.ControllerGetVolumeRequest.path
        try rig.call(CSI.ControllerGetVolumeRequest(volumeID: volume))
        #expect(rig.network.calls(of: path).map(\.address) == [b])
        let snapshot = try #require(
            rig.call(CSI.CreateSnapshotRequest(sourceVolumeID: volume, name: "s")).snapshot)
        #expect(snapshot.snapshotID == "000000000000000b.s")
        #expect(try rig.call(CSI.ListSnapshotsRequest(snapshotID: snapshot.snapshotID)).entries.count == 1)
        #expect(try rig.call(CSI.ListSnapshotsRequest(sourceVolumeID: volume)).entries.count == 1)
        try rig.call(CSI.DeleteSnapshotRequest(snapshotID: snapshot.snapshotID))
        try rig.call(CSI.DeleteVolumeRequest(volumeID: volume))
        #expect(second.names.isEmpty)
    }

    @Test("Requests and replies pass as they are, with fields that this version does not know")
    func bytes() throws {
        let volume = try rig.create(Rig.volume("v", requisite: [first]))
        // Field 1000, a string that no message of csi.proto has.
        let request = CSI.ControllerGetVolumeRequest(volumeID: volume).encoded() + [0xC2, 0x3E, 0x01, 0x78]
        _ = try rig.relay.answer(CSI.ControllerGetVolumeRequest.path, request, until: nil)
        #expect(rig.network.calls(of: CSI.ControllerGetVolumeRequest.path).last?.request == request)
    }

    @Test("An id that no driver minted gets the answer that every node gives")
    func alien() throws {
        #expect(try rig.code(CSI.DeleteVolumeRequest(volumeID: "nonsense")) == .ok)
        #expect(try rig.code(CSI.ControllerGetVolumeRequest(volumeID: "nonsense")) == .notFound)
        #expect(try rig.code(CSI.DeleteVolumeRequest(volumeID: "")) == .invalidArgument)
        #expect(try rig.call(CSI.ListSnapshotsRequest(snapshotID: "nonsense")).entries.isEmpty)
    }

    @Test("A pool that nobody has is unavailable, never gone")
    func unknownPool() throws {
        for id in ["00000000000000ff.v"] {
            #expect(try rig.code(CSI.DeleteVolumeRequest(volumeID: id)) == .unavailable)
            #expect(try rig.code(CSI.ControllerGetVolumeRequest(volumeID: id)) == .unavailable)
            #expect(try rig.code(CSI.DeleteSnapshotRequest(snapshotID: id)) == .unavailable)
            #expect(try rig.code(CSI.ListSnapshotsRequest(snapshotID: id)) == .unavailable)
            #expect(
                try rig.code(Rig.volume("c", source: .volume(id: id))) == .unavailable)
        }
    }

    @Test(
        "A node that does not answer as it should is unavailable, and says which it is",
        arguments: [
            Network.Mood.down, .hangs, .garbles, .losesAnswers, .strange(.permissionDenied),
            .strange(.unknown),
        ])
    func badNode(_ mood: Network.Mood) throws {
        let volume = try rig.create(Rig.volume("v", requisite: [first]))
        rig.network.set(mood, a)
        let (code, message) = try rig.outcome(CSI.ControllerGetVolumeRequest(volumeID: volume))
        #expect(code == .unavailable)
        #expect(message.contains("a (10.0.0.1:9810)"))
        rig.network.set(.well, a)
        #expect(try rig.code(CSI.ControllerGetVolumeRequest(volumeID: volume)) == .ok)
    }

    @Test("The line of a call and its error say what it was about")
    func subject() throws {
        let volume = try rig.create(Rig.volume("v", requisite: [first]))
        #expect(rig.network.lines.all.last?.contains("volume_name=v") == true)
        try rig.call(CSI.CreateSnapshotRequest(sourceVolumeID: volume, name: "s"))
        #expect(rig.network.lines.all.last?.contains("snapshot_id=s") == true)
        rig.network.set(.down, a)
        let (code, message) = try rig.outcome(CSI.DeleteVolumeRequest(volumeID: volume))
        #expect(code == .unavailable && message.hasPrefix("\(volume): "))
        #expect(rig.network.lines.all.last?.contains("volume_id=\(volume)") == true)
    }

    @Test("A node hears of less time than the caller has, so that the caller hears of it in time")
    func deadline() throws {
        let volume = try rig.create(Rig.volume("v", requisite: [first]))
        rig.network.set(.hangs, a)
        let began = rig.network.now
        #expect(throws: CSIStatus.self) {
            try rig.call(CSI.DeleteVolumeRequest(volumeID: volume), seconds: 3)
        }
        #expect(rig.network.now - began < 3_000_000_000)
    }

    @Test("A pool that moved to another node is found there by the next call")
    func moved() throws {
        let volume = try rig.create(Rig.volume("v", requisite: [first]))
        rig.network.remove(a)
        let c = try rig.network.add("c", at: "10.0.0.3", first)
        rig.network.pass(seconds: 2)
        // The old place is remembered for a while, but a failed call makes the relay look again.
        _ = try rig.code(CSI.ControllerGetVolumeRequest(volumeID: volume))
        rig.look()
        try rig.call(CSI.ControllerGetVolumeRequest(volumeID: volume))
        #expect(rig.network.calls(of: CSI.ControllerGetVolumeRequest.path).last?.address == c)
    }

    @Test("A pool that nobody is known to have is looked for before the call fails")
    func miss() throws {
        let third = try store(0xC)
        try rig.network.add("c", at: "10.0.0.3", third)
        rig.network.pass(seconds: 2)
        #expect(try rig.code(CSI.ControllerGetVolumeRequest(volumeID: "000000000000000c.v")) == .notFound)
    }

    @Test("A group goes to the one node that has all its members, and no further")
    func group() throws {
        let third = try store(0xC, "fast")
        let c = try rig.network.add("c", at: "10.0.0.3", try store(0xD), third)
        rig.look()
        let here = try rig.create(Rig.volume("v", requisite: [third]))
        let there = try rig.create(Rig.volume("w", requisite: [first]))
        let near = try rig.create(Rig.volume("x", requisite: [third]))
        let path = CSI.CreateVolumeGroupSnapshotRequest.path
        try rig.call(CSI.CreateVolumeGroupSnapshotRequest(name: "g", sourceVolumeIDs: [here, near]))
        #expect(rig.network.calls(of: path).map(\.address) == [c])
        let (code, message) = try rig.outcome(
            CSI.CreateVolumeGroupSnapshotRequest(name: "h", sourceVolumeIDs: [here, there]))
        #expect(code == .failedPrecondition)
        #expect(message.contains("different nodes"))
        #expect(rig.network.calls(of: path).count == 1)
    }

    @Test("A node with too many calls under way takes no more, and others do not suffer")
    func gate() throws {
        let nodes = try rig.relay.fleet.nodes(of: first.pool.id, until: 0)
        let request = CSI.ControllerGetVolumeRequest(volumeID: "000000000000000a.v").encoded()
        let question = Question(nodes[0], request)
        let crowd = Array(repeating: question, count: Relay.mostPerNode + 1)
        let verdicts = rig.relay.ask(crowd, CSI.ControllerGetVolumeRequest.path, until: rig.network.now)
        #expect(verdicts.last == .unreachable("\(Relay.mostPerNode) calls wait for it already"))
        #expect(verdicts.dropLast().allSatisfy { $0 != verdicts.last })
        #expect(
            rig.relay.ask(
                [question], CSI.ControllerGetVolumeRequest.path, until: rig.network.now)[0]
                != verdicts.last)
    }
}

extension FakeStore {
    /// The names of its volumes.
    var names: [String] {
        do { return try names().map(\.text) } catch { return ["\(error)"] }
    }
}
