import CSIWire
import Synchronization
import Testing
import Volumes
import VolumesTestSupport

@testable import Relay

@Suite("Where a volume comes to be")
struct CreateTests {
    let rig = Rig()
    let first: FakeStore
    let second: FakeStore
    let third: FakeStore
    let a: NodeAddress
    let b: NodeAddress
    let c: NodeAddress

    init() throws {
        first = try store(0xA, total: .gibibytes(50))
        second = try store(0xB, total: .gibibytes(200))
        third = try store(0xC, total: .gibibytes(100))
        a = try rig.network.add("a", at: "10.0.0.1", first)
        b = try rig.network.add("b", at: "10.0.0.2", second)
        c = try rig.network.add("c", at: "10.0.0.3", third)
        rig.look()
    }

    private var holders: [String] {
        [("a", first), ("b", second), ("c", third)].flatMap { node, store in
            store.names.map { "\(node):\($0)" }
        }
    }

    @Test("Without a topology it is the node with most room")
    func mostRoom() throws {
        try rig.create(Rig.volume("v"))
        #expect(holders == ["b:v"])
    }

    @Test("Of nodes with about as much room the name of the volume decides, for each relay alike")
    func likeRoom() throws {
        first.occupy(.gibibytes(50))
        second.occupy(.gibibytes(101))
        let names = (1...12).map { "v\($0)" }
        for name in names { try rig.create(Rig.volume(name)) }
        let made = holders
        #expect(Set(made.map { $0.prefix(1) }) == ["b", "c"])
        let ids = try names.map { try rig.create(Rig.volume($0)) }
        for id in ids { _ = try rig.call(CSI.DeleteVolumeRequest(volumeID: id)) }
        // Room changes a little all the time.
        second.occupy(.gibibytes(99))
        let other = Rig(network: rig.network)
        other.look()
        for name in names { try other.create(Rig.volume(name)) }
        #expect(holders == made)
    }

    @Test("With a topology it is the first that is preferred, and allowed")
    func order() throws {
        try rig.create(Rig.volume("v", preferred: [third, first], requisite: [first, second, third]))
        try rig.create(Rig.volume("w", preferred: [third, first], requisite: [first, second]))
        try rig.create(Rig.volume("x", requisite: [first]))
        #expect(holders == ["a:w", "a:x", "c:v"])
    }

    @Test(
        "Where the first is full it is the next, and if all are the caller hears that nothing was left behind"
    )
    func spill() throws {
        let request = Rig.volume("v", preferred: [first, third], requisite: [first, third], gibibytes: 60)
        try rig.create(request)
        #expect(holders == ["c:v"])
        let large = Rig.volume("w", preferred: [first, third], requisite: [first, third], gibibytes: 150)
        #expect(try rig.code(large) == .resourceExhausted)
        #expect(holders == ["c:v"])
    }

    @Test(
        "Of many nodes no more are asked than may be needed, and the last of them serves where all others are full"
    )
    func many() throws {
        let rig = Rig()
        var stores: [FakeStore] = []
        for number in 0..<100 {
            let store = try store(0x100 + number, total: number == 99 ? .gibibytes(100) : .gibibytes(2))
            try rig.network.add("n\(number)", at: "10.0.1.\(number)", store)
            stores.append(store)
        }
        rig.look()
        try rig.create(Rig.volume("v", preferred: stores, requisite: stores))
        #expect(stores[0].names == ["v"])
        #expect(rig.network.calls(of: CSI.ControllerGetVolumeRequest.path).count <= 32)
        try rig.create(Rig.volume("w", preferred: stores, requisite: stores, gibibytes: 50))
        #expect(stores[99].names == ["w"])
        try rig.create(Rig.volume("w", preferred: stores, requisite: stores, gibibytes: 50))
        #expect(stores.flatMap(\.names).sorted() == ["v", "w"])
    }

    @Test("Any node that has the pool asked for will do while the preferred one does not answer")
    func sharedAnywhere() throws {
        let nfs = try store(0x1, "nfs")
        let right = try store(0x12)
        try rig.network.add("l", at: "10.0.1.1", shared: ["nfs"], try store(0x11), nfs)
        let r = try rig.network.add("r", at: "10.0.1.2", shared: ["nfs"], right, nfs)
        rig.look()
        let segments = [
            "topology.test/pool.default": right.pool.id.text, "topology.test/pool.nfs": nfs.pool.id.text,
        ]
        var request = Rig.volume("v")
        request.parameters = ["pool": "nfs"]
        request.accessibilityRequirements = CSI.TopologyRequirement(
            requisite: [CSI.Topology(segments: segments)], preferred: [CSI.Topology(segments: segments)])
        rig.network.set(.down, r)
        #expect(try rig.create(request) == "\(nfs.pool.id).v")
        rig.network.set(.well, r)
        #expect(try rig.create(request) == "\(nfs.pool.id).v")
        #expect(rig.network.calls(of: CSI.CreateVolumeRequest.path).last?.address == r)
    }

    @Test("A copy goes where its source is, whatever is preferred")
    func source() throws {
        let volume = try rig.create(Rig.volume("v", requisite: [third]))
        try rig.create(
            Rig.volume(
                "w", preferred: [first], requisite: [first, second, third], source: .volume(id: volume)))
        #expect(holders == ["c:v", "c:w"])
        #expect(
            try rig.code(Rig.volume("x", requisite: [first], source: .volume(id: volume)))
                == .resourceExhausted)
    }

    @Test("A call that is repeated finds the volume, though room and order have changed since")
    func repeated() throws {
        let volume = try rig.create(Rig.volume("v"))
        second.occupy(.gibibytes(190))
        #expect(try rig.create(Rig.volume("v")) == volume)
        let spilt = try rig.create(
            Rig.volume("w", preferred: [first, third], requisite: [first, third], gibibytes: 60))
        third.occupy(.gibibytes(10))
        #expect(
            try rig.create(
                Rig.volume("w", preferred: [first, third], requisite: [first, third], gibibytes: 60))
                == spilt)
        #expect(holders == ["b:v", "c:w"])
        #expect(try rig.code(Rig.volume("v", gibibytes: 2)) == .alreadyExists)
    }

    @Test("After an answer got lost, the volume is made nowhere else")
    func lostAnswer() throws {
        for request in [
            Rig.volume("v"), Rig.volume("w", preferred: [second, first], requisite: [first, second, third]),
        ] {
            rig.network.set(.losesAnswers, b)
            #expect(try rig.code(request) == .unavailable)
            rig.network.set(.down, b)
            #expect(try rig.code(request) == .unavailable)
            rig.look()
            #expect(try rig.code(request) == .unavailable)
            rig.network.set(.well, b)
            #expect(try rig.create(request) == "\(second.pool.id).\(request.name)")
        }
        #expect(holders == ["b:v", "b:w"])
    }

    @Test(
        "While a volume is being made, a repeated call makes none elsewhere, be it through this relay or another"
    )
    func twice() throws {
        let other = Rig(network: rig.network)
        other.look()
        let answers = Mutex<[CSICode?]>([])
        // Whoever comes while the first call is in the middle of its work; room has changed since it began.
        second.faults.during("create") { [rig, second] in
            second.occupy(.gibibytes(190))
            for relay in [rig, other] {
                let code = relay.quietCode(Rig.volume("v"))
                answers.withLock { $0.append(code) }
            }
            second.occupy(.zero)
        }
        try rig.create(Rig.volume("v"))
        #expect(answers.withLock { $0 } == [.aborted, .aborted])
        #expect(holders == ["b:v"])
    }

    @Test(
        "The first place whose driver may just be restarting is waited for; one that is gone for good is passed over"
    )
    func goneForGood() throws {
        rig.network.remove(a)
        let request = Rig.volume("v", preferred: [first, third], requisite: [first, third])
        #expect(try rig.code(request) == .unavailable)
        rig.network.pass(seconds: 130)
        rig.look()
        try rig.create(request)
        #expect(holders == ["c:v"])
    }

    @Test("A place further down that does not answer is in nobody's way")
    func furtherDown() throws {
        rig.network.set(.down, a)
        rig.look()
        try rig.create(Rig.volume("v", preferred: [third, first], requisite: [first, second, third]))
        #expect(holders == ["c:v"])
    }

    @Test("A class that names a pool gets that pool, where it is")
    func named() throws {
        let fast = try store(0xF, "fast", total: .gibibytes(60))
        try rig.network.add("d", at: "10.0.0.4", try store(0xD), fast)
        rig.look()
        var request = Rig.volume("v")
        request.parameters = ["pool": "fast"]
        #expect(try rig.create(request) == "000000000000000f.v")
        request.parameters = ["pool": "nowhere"]
        request.name = "w"
        #expect(try rig.code(request) == .resourceExhausted)
        // A node has a segment for each of its pools.
        let both = CSI.Topology(segments: [
            "topology.test/pool.default": "000000000000000d", "topology.test/pool.fast": "000000000000000f",
        ])
        var place = Rig.volume("x")
        place.accessibilityRequirements = CSI.TopologyRequirement(requisite: [both], preferred: [both])
        #expect(try rig.create(place) == "000000000000000d.x")
    }

    @Test("A node is told from its neighbours by its own pool, though all share another")
    func sharedBeside() throws {
        let nfs = try store(0x1, "nfs")
        let (left, right) = (try store(0x11), try store(0x12))
        try rig.network.add("l", at: "10.0.1.1", shared: ["nfs"], left, nfs)
        try rig.network.add("r", at: "10.0.1.2", shared: ["nfs"], right, nfs)
        rig.look()
        let segments = [
            "topology.test/pool.default": right.pool.id.text, "topology.test/pool.nfs": nfs.pool.id.text,
        ]
        var request = Rig.volume("v")
        request.accessibilityRequirements = CSI.TopologyRequirement(
            requisite: [CSI.Topology(segments: segments)], preferred: [CSI.Topology(segments: segments)])
        #expect(try rig.create(request) == "\(right.pool.id).v")
        let capacity = try rig.call(
            CSI.GetCapacityRequest(accessibleTopology: CSI.Topology(segments: segments)))
        #expect(capacity.availableCapacity > 0)
        #expect(rig.network.calls(of: CSI.GetCapacityRequest.path).last?.address.text == "10.0.1.2:9810")
    }

    @Test("Requests that are wrong get the answer of a node")
    func wrong() throws {
        var request = Rig.volume("v")
        request.name = ""
        #expect(try rig.code(request) == .invalidArgument)
        request = Rig.volume("v")
        request.volumeCapabilities = []
        #expect(try rig.code(request) == .invalidArgument)
        request = Rig.volume("v")
        request.parameters = ["what": "ever"]
        #expect(try rig.code(request) == .invalidArgument)
        request.parameters = ["pool": "NO POOL"]
        #expect(try rig.code(request) == .invalidArgument)
        #expect(holders.isEmpty)
    }

    @Test("GetCapacity by segment is that of the node, and without one that of all")
    func capacity() throws {
        func room(_ store: FakeStore?) throws -> Int64 {
            let topology = store.map {
                CSI.Topology(segments: ["topology.test/pool.default": $0.pool.id.text])
            }
            return try rig.call(CSI.GetCapacityRequest(accessibleTopology: topology)).availableCapacity
        }
        let rooms = [try room(first), try room(second), try room(third)]
        #expect(rooms.allSatisfy { $0 > 0 } && rooms[1] > rooms[2])
        #expect(try room(nil) == rooms.reduce(0, +))
        let elsewhere = CSI.Topology(segments: ["topology.test/pool.default": "00000000000000ff"])
        #expect(try rig.code(CSI.GetCapacityRequest(accessibleTopology: elsewhere)) == .unavailable)
        let foreign = CSI.Topology(segments: ["zone": "z"])
        #expect(try rig.call(CSI.GetCapacityRequest(accessibleTopology: foreign)).availableCapacity == 0)
        rig.network.set(.down, a)
        #expect(try rig.code(CSI.GetCapacityRequest()) == .unavailable)
    }
}
