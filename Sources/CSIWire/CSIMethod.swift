import Text

/// One call of csi.proto.
package struct CSIMethod: Equatable, Sendable {
    /// The service, without the package: "Controller".
    package let service: String
    /// The method: "CreateVolume".
    package let name: String
    /// Whether the reply is a stream of messages instead of one.
    package let isServerStreaming: Bool

    private let serviceIndex: Int
    private let methodIndex: Int

    /// The path that gRPC sends: "/csi.v1.Controller/CreateVolume".
    package var path: String { "/csi.v1.\(service)/\(name)" }

    /// All calls of all services, in the order of csi.proto.
    package static let all: [CSIMethod] = ServiceType.all.enumerated().flatMap { serviceIndex, service in
        service.methodNames.enumerated().map { methodIndex, name in
            CSIMethod(
                service: service.name, name: name, isServerStreaming: streams.contains(name),
                serviceIndex: serviceIndex, methodIndex: methodIndex)
        }
    }

    // Each message is coded by its method's type, so this is asked several times in each call.
    private static let byPath = Dictionary(uniqueKeysWithValues: all.map { ($0.path, $0) })

    /// The call with this path, with or without the leading slash.
    package static func find(_ path: String) -> CSIMethod? {
        // No path of csi.proto is longer.
        guard path.utf8.count <= 128 else { return nil }
        return byPath[path.begins(with: "/") ? path : "/" + path]
    }

    /// What is wrong with the bytes of a reply, if they are no reply to this call.
    package func objection(toReply bytes: [UInt8]) -> String? {
        do throws(WireFault) {
            try WireScan.check(bytes, as: reply)
            return nil
        } catch {
            return error.description
        }
    }

    /// The type of the request.
    var request: MessageType { ServiceType.all[serviceIndex].request(ofMethod: methodIndex) }

    /// The type of the reply, or of each message of the stream.
    var reply: MessageType { ServiceType.all[serviceIndex].reply(ofMethod: methodIndex) }

    // The tables of protobuf-c do not say which methods stream.
    private static let streams: Set<String> = ["GetMetadataAllocated", "GetMetadataDelta"]
}
