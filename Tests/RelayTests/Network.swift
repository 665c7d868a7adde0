import CSIServices
import CSIWire
import Log
import Synchronization
import Testing
import Volumes
import VolumesTestSupport

@testable import Relay

/// Nodes in memory, with the real services on fake pools, and the wires to them.
final class Network: NodeCaller {
    /// What is wrong with a node, as its callers see it.
    enum Mood: Sendable {
        case well
        /// Nobody listens.
        case down
        /// It takes calls and never answers.
        case hangs
        /// It answers with bytes that mean nothing.
        case garbles
        /// It does what it is asked, and its answer gets lost.
        case losesAnswers
        /// The other end is no driver of ours.
        case strange(CSICode)
    }

    struct Host: Sendable {
        var manifest: [String: String]
        var name = "test"
        var handlers: [String: CSIHandler]
        var driver: FakeDriver
        var mood = Mood.well
        /// So many volumes are in one of its replies at most.
        var longestPage: Int32?
    }

    private struct State {
        var hosts: [NodeAddress: Host] = [:]
        var listed: [NodeAddress] = []
        var trouble: String?
        var calls: [NodeCall] = []
        var now: Int64 = 1_000_000_000_000
    }

    let lines = Lines()
    private let state = Mutex(State())

    /// The relay's clock.
    var now: Int64 { state.withLock { $0.now } }

    /// Lets time pass.
    func pass(seconds: Double) { state.withLock { $0.now += Int64(seconds * 1e9) } }

    /// Starts a node with these pools, which the name leads to from now on.
    @discardableResult
    func add(
        _ node: String, at ip: String, boot: String? = nil, shared: [String] = [], _ stores: FakeStore...,
        listed: Bool = true
    ) throws -> NodeAddress {
        let driver = try FakeDriver(stores: stores)
        var manifest = ["node": node, "boot": boot ?? "boot of \(node)"]
        for store in stores { manifest["pool.\(store.pool.name)"] = store.pool.id.text }
        manifest["default-pool"] = stores.first?.pool.name.text
        if !shared.isEmpty { manifest["shared-pools"] = shared.joined(separator: ",") }
        let handlers =
            ControllerService(catalog: driver.catalog, node: driver.volumes).handlers
            + GroupControllerService(catalog: driver.catalog).handlers
        let address = NodeAddress(ip: ip, port: 9810)
        let host = Host(
            manifest: manifest, handlers: Dictionary(uniqueKeysWithValues: handlers.map { ($0.path, $0) }),
            driver: driver)
        state.withLock { state in
            state.hosts[address] = host
            if listed, !state.listed.contains(address) { state.listed.append(address) }
        }
        return address
    }

    func change(_ address: NodeAddress, _ body: (inout Host) -> Void) {
        state.withLock { if var host = $0.hosts[address] { body(&host); $0.hosts[address] = host } }
    }

    func set(_ mood: Mood, _ address: NodeAddress) { change(address) { $0.mood = mood } }

    /// What the name leads to.
    func list(_ addresses: NodeAddress...) { state.withLock { $0.listed = addresses } }

    func remove(_ address: NodeAddress) {
        state.withLock { state in
            state.hosts[address] = nil
            state.listed.removeAll { $0 == address }
        }
    }

    /// Lets the resolver fail, or work again.
    func breakName(_ trouble: String?) { state.withLock { $0.trouble = trouble } }

    /// The calls of one method so far.
    func calls(of path: String) -> [NodeCall] { state.withLock { $0.calls.filter { $0.path == path } } }

    func resolve() throws(NodesNotFound) -> [NodeAddress] {
        let (listed, trouble) = state.withLock { ($0.listed, $0.trouble) }
        if let trouble { throw NodesNotFound(trouble) }
        return listed
    }

    func call(_ calls: [NodeCall], until deadline: Int64) -> [NodeReply] {
        calls.map { answer($0, deadline) }
    }

    func forget(_ address: NodeAddress) {}

    private func answer(_ call: NodeCall, _ deadline: Int64) -> NodeReply {
        let host = state.withLock { state in
            state.calls.append(call)
            return state.hosts[call.address]
        }
        guard let host else { return NodeReply(code: 14, message: "connection refused") }
        switch host.mood {
        case .well: return serve(call, host)
        case .down: return NodeReply(code: 14, message: "connection refused")
        case .hangs:
            state.withLock { $0.now = max($0.now, min(deadline, call.deadline ?? .max)) }
            return NodeReply(code: 4, message: "Deadline Exceeded")
        case .garbles: return NodeReply(code: 0, body: [0xFF, 0xFF, 0xFF])
        case .losesAnswers:
            _ = serve(call, host)
            return NodeReply(code: 14, message: "connection reset")
        case .strange(let code): return NodeReply(code: code.rawValue, message: "who are you?")
        }
    }

    private func serve(_ call: NodeCall, _ host: Host) -> NodeReply {
        if call.path == CSI.GetPluginInfoRequest.path {
            return NodeReply(
                code: 0, body: CSI.GetPluginInfoResponse(name: host.name, manifest: host.manifest).encoded())
        }
        guard let handler = host.handlers[call.path] else { return NodeReply(code: 12) }
        do throws(CSIStatus) {
            var request = call.request
            if let longest = host.longestPage, call.path == CSI.ListVolumesRequest.path {
                var page = try CSI.ListVolumesRequest(decoding: request)
                page.maxEntries = min(page.maxEntries, longest)
                request = page.encoded()
            }
            return NodeReply(code: 0, body: try handler.run(request, log: lines.logger) { 0 })
        } catch {
            return NodeReply(code: error.code.rawValue, message: error.message)
        }
    }
}

/// A relay before a network.
struct Rig {
    let network: Network
    let relay: Relay

    /// Puts a relay before a network of its own, or beside another relay.
    init(network: Network = Network()) {
        self.network = network
        let fleet = Fleet(
            driver: "test", caller: network, log: network.lines.logger, now: { network.now },
            addresses: network.resolve)
        relay = Relay(fleet: fleet, sha256Hex: fakeDigest, now: { network.now })
    }

    /// Looks as the relay's thread does now and then.
    func look() {
        network.pass(seconds: 10)
        relay.fleet.look(age: Fleet.age, until: network.now)
    }

    @discardableResult
    func call<Request: CSIRequest>(_ request: Request, seconds: Double = 10) throws -> Request.Reply {
        let deadline = network.now + Int64(seconds * 1e9)
        defer { #expect(network.now <= deadline) }
        return try Request.Reply(decoding: relay.answer(Request.path, request.encoded(), until: deadline))
    }

    func outcome<Request: CSIRequest>(_ request: Request) throws -> (code: CSICode, message: String) {
        do {
            try call(request)
            return (.ok, "")
        } catch let status as CSIStatus {
            return (status.code, status.message)
        }
    }

    func code<Request: CSIRequest>(_ request: Request) throws -> CSICode { try outcome(request).code }

    /// The same where nothing can be thrown; nothing for what is no status.
    func quietCode<Request: CSIRequest>(_ request: Request) -> CSICode? {
        do { return try code(request) } catch { return nil }
    }

    /// A request for a volume of 1 GiB.
    static func volume(
        _ name: String, preferred: [FakeStore] = [], requisite: [FakeStore] = [], gibibytes: Int64 = 1,
        source: CSI.VolumeContentSource? = nil
    ) -> CSI.CreateVolumeRequest {
        func terms(_ stores: [FakeStore]) -> [CSI.Topology] {
            stores.map { CSI.Topology(segments: ["topology.test/pool.\($0.pool.name)": $0.pool.id.text]) }
        }
        let place = CSI.TopologyRequirement(requisite: terms(requisite), preferred: terms(preferred))
        return CSI.CreateVolumeRequest(
            name: name, capacityRange: CSI.CapacityRange(requiredBytes: gibibytes << 30),
            volumeCapabilities: [CSI.VolumeCapability(access: .mount(), mode: .singleNodeWriter)],
            contentSource: source,
            accessibilityRequirements: preferred.isEmpty && requisite.isEmpty ? nil : place)
    }

    /// Creates a volume and gives its handle.
    @discardableResult
    func create(_ request: CSI.CreateVolumeRequest) throws -> String {
        try #require(call(request).volume).volumeID
    }
}

/// A pool in memory with an id of that number.
func store(_ number: Int, _ name: String = "default", total: ByteCount = .gibibytes(100)) throws -> FakeStore
{
    let digits = String(number, radix: 16)
    let id = String(repeating: "0", count: 16 - digits.count) + digits
    return try FakeStore(id: known(PoolID(id)), name: known(PoolName(name)), total: total)
}

/// A sink for log lines.
final class Lines: Sendable {
    private let written = Mutex<[String]>([])

    var logger: Logger {
        Logger(
            format: .logfmt, minimum: .debug, clock: { Timestamp(millisecondsSinceEpoch: 0) },
            sink: { line in self.written.withLock { $0.append(String(decoding: line, as: UTF8.self)) } })
    }

    var all: [String] { written.withLock { $0 } }
}
