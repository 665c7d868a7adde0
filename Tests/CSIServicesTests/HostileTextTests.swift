import CSIServices
import Testing
import VolumesTestSupport

@testable import CSIWire

/// One string of a request: how it is reached, and the bytes of the request that has nothing but it.
struct TextField: Sendable {
    let path: [String]
    let request: @Sendable ([UInt8]) -> [UInt8]

    /// All strings of a message, those of nested messages included.
    static func all(of type: MessageType) -> [TextField] {
        type.fields.flatMap { field -> [TextField] in
            let (name, number) = (field.name, field.number)
            @Sendable func wrapped(_ content: [UInt8]) -> [UInt8] {
                varint(UInt64(number) << 3 | 2) + varint(UInt64(content.count)) + content
            }
            switch field.kind {
            case .int32, .int64, .bool, .enumeration: return []
            case .string: return [TextField(path: [name], request: wrapped)]
            case .message(let type):
                return all(of: type).map { inner in
                    TextField(path: [name] + inner.path) { wrapped(inner.request($0)) }
                }
            }
        }
    }

    private static func varint(_ number: UInt64) -> [UInt8] {
        number < 0x80 ? [UInt8(number)] : [UInt8(number & 0x7F | 0x80)] + varint(number >> 7)
    }
}

/// Texts that take Swift the square of their length to compare, hash or count by characters.
@Suite("Hostile text")
struct HostileTextTests {
    private let services: Services

    init() throws { services = try Services() }

    private static func accents(bytes: Int) -> [UInt8] {
        Array("a".utf8) + Array(repeatElement(Array("\u{301}\u{323}".utf8), count: bytes / 4).joined())
    }

    /// The served methods with each of their strings.
    private var fields: [(method: CSIMethod, field: TextField)] {
        CSIMethod.all.filter { services.paths.contains($0.path) }.flatMap { method in
            TextField.all(of: method.request).map { (method, $0) }
        }
    }

    @Test(
        "in any field of any request is refused by its length, and names the field",
        arguments: [
            32 << 10, 256 << 10, 3 << 20,
        ])
    func long(bytes: Int) throws {
        let text = Self.accents(bytes: bytes)
        #expect(fields.count > 70)
        // By characters this took minutes for one field of 120 KB.
        let clock = ContinuousClock()
        let spent = try clock.measure {
            for (method, field) in fields {
                let outcome = try services.answer(method.path, field.request(text))
                let isToken = field.path == ["starting_token"]
                #expect(
                    outcome.code == (isToken ? .aborted : .invalidArgument), "\(method.name) \(field.path)")
                #expect(outcome.message.utf8.count < 300)
                #expect(services.lines.last.utf8.count < 600)
                guard !isToken, let last = field.path.last else { continue }
                #expect(outcome.message.contains(last), "\(outcome.message)")
            }
        }
        #expect(spent < .seconds(60))
    }

    @Test("as long as it may be costs little too, in any field")
    func longest() throws {
        let clock = ContinuousClock()
        let spent = try clock.measure {
            for (method, field) in fields {
                for bytes in [124, 312, 4088] {
                    let outcome = try services.answer(method.path, field.request(Self.accents(bytes: bytes)))
                    #expect(outcome.message.utf8.count < 2400, "\(method.name) \(field.path)")
                    #expect(outcome.code != .internalError)
                }
            }
        }
        #expect(spent < .seconds(60))
    }

    @Test("by the thousand in maps, lists and topologies costs little too")
    func many() throws {
        let key = String(decoding: Self.accents(bytes: 300), as: UTF8.self)
        let names = (0..<12_000).map { "\(key)\($0)" }
        let term = CSI.Topology(segments: [key: "x"])
        let create = CSI.CreateVolumeRequest(name: "n", volumeCapabilities: [.writer])
        var requests: [CSI.CreateVolumeRequest] = []
        func add(_ change: (inout CSI.CreateVolumeRequest) -> Void) {
            var request = create
            change(&request)
            requests.append(request)
        }
        add { $0.parameters = ["\(key)1": "a", "\(key)2": "b"] }
        add { $0.mutableParameters = [key: "a"] }
        add { $0.parameters = ["provisioning": String(repeating: key, count: 13)] }
        add {
            $0.accessibilityRequirements = CSI.TopologyRequirement(
                requisite: Array(repeating: term, count: 9000))
        }
        add {
            $0.volumeCapabilities = [
                CSI.VolumeCapability(
                    access: .mount(flags: Array(names.prefix(2000))), mode: .singleNodeWriter)
            ]
        }
        for request in requests { #expect(try services.code(request) == .invalidArgument) }
        #expect(
            try services.code(CSI.CreateVolumeGroupSnapshotRequest(name: "g", sourceVolumeIDs: names))
                == .invalidArgument)
        #expect(
            try services.code(
                CSI.DeleteVolumeGroupSnapshotRequest(groupSnapshotID: "g", snapshotIDs: names))
                == .invalidArgument)
    }

    @Test("Names that only look the same are two names")
    func lookalikes() throws {
        let one = try services.create("caf\u{e9}")
        let two = try services.create("cafe\u{301}")
        #expect(one != two)
        #expect(try services.create("caf\u{e9}") == one)
        // The source is named twice only if it is the same bytes.
        let outcome = try services.outcome(
            CSI.CreateVolumeGroupSnapshotRequest(name: "g", sourceVolumeIDs: [one, two]))
        #expect(outcome.code == .ok)
    }
}

extension Services {
    /// How a call with these bytes ends, and what it says if it fails.
    func answer(_ path: String, _ bytes: [UInt8]) throws -> (code: CSICode, message: String) {
        do {
            _ = try #require(handler(path)).run(bytes, log: lines.logger) { 0 }
            return (.ok, "")
        } catch let status as CSIStatus {
            return (status.code, status.message)
        }
    }
}
