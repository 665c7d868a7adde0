import CSIServices
import CSIWire
import Certificates
import LinuxHost
import RPCServer
import Volumes

/// Very many nodes in one process, for measuring a relay: each has an address, a pool and some volumes, and none of them
/// is real.
enum BenchNodesCommand {
    /// Printed in front of the nanoseconds that a look at the name took, when all nodes answer.
    static let sign = "ready "
    static let volumesEach = 10
    private static let volumeBytes: Int64 = 1 << 30

    static func run(_ arguments: [String]) throws -> Int32 {
        let flags = try Flags(arguments, known: ["first", "count", "port", "name", "tls-dir"]) { _ in nil }
        guard let first = flags.one("first").flatMap({ Int($0) }), let port = flags.one("port"),
            let count = flags.one("count").flatMap({ Int($0) }), let name = flags.one("name"),
            let folder = flags.one("tls-dir")
        else { throw UsageError("bench-nodes is started by bench") }
        try Signals.block()
        // Nobody renews these files, and each server would look at them.
        let tls = TLSIdentity(folder: folder, refreshSeconds: 86_400)
        var options = RPCServerOptions()
        options.quickWorkers = 1
        for number in first..<first + count {
            _ = try RPCServer.start(
                address: "\(BenchRelayRig.address(number)):\(port)", tls: tls,
                callerName: CertificateHolder.controller.dnsName(driver: BenchRelayRig.driver),
                methods: methods(of: number), options: options)
        }
        let begin = Clock.monotonicNanoseconds
        guard try NameResolution.addresses(of: name).count == count else {
            throw StartError("\(name) does not lead to \(count) addresses")
        }
        Command.say("\(sign)\(Clock.monotonicNanoseconds - begin)")
        _ = try Signals.wait()
        return 0
    }

    /// The pool of a node, as its id.
    static func pool(_ number: Int) -> String {
        let digits = String(number, radix: 16)
        return "be" + String(repeating: "0", count: 14 - digits.utf8.count) + digits
    }

    private static func methods(of number: Int) -> [RPCMethod] {
        let pool = pool(number)
        return [
            method(CSI.GetPluginInfoRequest.self) { _ in
                CSI.GetPluginInfoResponse(
                    name: BenchRelayRig.driver, vendorVersion: Driver.version,
                    manifest: [
                        ManifestKey.node: "node-\(number)", ManifestKey.boot: "boot-\(number)",
                        "\(ManifestKey.poolPrefix)default": pool, ManifestKey.defaultPool: "default",
                    ])
            },
            method(CSI.GetCapacityRequest.self) { _ in
                CSI.GetCapacityResponse(availableCapacity: 100 << 30, maximumVolumeSize: 100 << 30)
            },
            method(CSI.ControllerGetVolumeRequest.self) {
                CSI.ControllerGetVolumeResponse(
                    volume: volume($0.volumeID, in: pool),
                    status: CSI.VolumeStatus(volumeCondition: CSI.VolumeCondition()))
            },
            method(CSI.ListVolumesRequest.self) { list($0, pool) },
        ]
    }

    private static func method<Request: CSIRequest>(
        _: Request.Type, _ answer: @escaping @Sendable (Request) -> Request.Reply
    ) -> RPCMethod {
        .unary(Request.path, lane: .quick) { _, bytes throws(RPCStatus) in
            do throws(CSIStatus) {
                return answer(try Request(decoding: bytes)).encoded()
            } catch {
                throw RPCStatus(code: error.code.rawValue, message: error.message)
            }
        }
    }

    private static func list(_ request: CSI.ListVolumesRequest, _ pool: String) -> CSI.ListVolumesResponse {
        let start = ListToken(unverified: request.startingToken)
        let names = (0..<volumesEach).map { "pvc-\($0)" }.filter { name in
            start?.name.map { name > $0.text } ?? true
        }
        let room = request.maxEntries == 0 ? names.count : Int(request.maxEntries)
        return CSI.ListVolumesResponse(
            entries: names.prefix(room).map { name in
                CSI.ListedVolume(
                    volume: volume("\(pool).\(name)", in: pool),
                    status: CSI.VolumeStatus(volumeCondition: CSI.VolumeCondition()))
            },
            nextToken: names.count > room ? "\(pool).\(names[room - 1])~00000000" : "")
    }

    private static func volume(_ id: String, in pool: String) -> CSI.Volume {
        CSI.Volume(
            volumeID: id, capacityBytes: volumeBytes,
            accessibleTopology: [
                CSI.Topology(segments: ["topology.\(BenchRelayRig.driver)/pool.default": pool])
            ])
    }
}
