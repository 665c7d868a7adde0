// Relay: finds the node that a controller call is for and passes the call on.
//
// It knows ids, topology and lists, and neither sockets, TLS nor DNS: nodes are called through `NodeCaller` and found
// through a closure. It keeps a cache of who has which pool, and nothing that could not be asked for again.

import CSIWire
import Text

/// Where a node listens: a numeric IP address and a port, such as `10.1.2.3:9810` or `[fd00::1]:9810`.
package struct NodeAddress: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The address as it is written.
    package let text: String

    /// Joins a numeric address, of either family, and a port.
    package init(ip: String, port: UInt16) { text = ip.holds(":") ? "[\(ip)]:\(port)" : "\(ip):\(port)" }

    package static func < (left: NodeAddress, right: NodeAddress) -> Bool { left.text < right.text }

    package var description: String { text }
}

/// A call to a node, as bytes.
package struct NodeCall: Equatable, Sendable {
    /// The node.
    package let address: NodeAddress
    /// The path, such as `/csi.v1.Controller/DeleteVolume`.
    package let path: String
    /// The request on the wire.
    package let request: [UInt8]
    /// When this call is over at the latest, if that is before the others are.
    package let deadline: Int64?

    /// Puts a call together.
    package init(_ address: NodeAddress, _ path: String, _ request: [UInt8], until deadline: Int64? = nil) {
        self.address = address
        self.path = path
        self.request = request
        self.deadline = deadline
    }
}

/// What came back from a node, or from the attempt to reach it.
package struct NodeReply: Equatable, Sendable {
    /// The gRPC code as a number, since a node may send any.
    package let code: Int32
    /// The message beside the code.
    package let message: String
    /// The reply on the wire where the code is 0.
    package let body: [UInt8]

    /// Puts a reply together.
    package init(code: Int32, message: String = "", body: [UInt8] = []) {
        self.code = code
        self.message = message
        self.body = body
    }
}

/// The way to the nodes.
package protocol NodeCaller: Sendable {
    /// Makes all calls at once, and returns what came of each, in their order, when the last one is over.
    ///
    /// None lasts longer than to `deadline` (nanoseconds of the monotonic clock), which the nodes are told too.
    func call(_ calls: [NodeCall], until deadline: Int64) -> [NodeReply]

    /// Lets go of what is kept for a node that is gone.
    func forget(_ address: NodeAddress)
}

/// What a reply means to whoever made the call.
enum NodeVerdict: Equatable {
    /// The node did it.
    case answered([UInt8])
    /// The node says no, and its caller is to hear that.
    case refused(CSIStatus)
    /// The node was not reached, or what it said is not to be relied on: whether it did anything is not known.
    case unreachable(String)

    /// No more of what a node says goes on to callers, in bytes.
    private static let longestMessage = 1024

    init(_ reply: NodeReply, to path: String) {
        let message = reply.message.cut(bytes: Self.longestMessage)
        guard let code = CSICode(rawValue: reply.code) else {
            self = .unreachable("it answers with the unknown code \(reply.code)")
            return
        }
        switch code {
        case .ok:
            if let why = CSIMethod.find(path)?.objection(toReply: reply.body) {
                self = .unreachable("its answer cannot be read: \(why)")
            } else {
                self = .answered(reply.body)
            }
        case .invalidArgument, .notFound, .alreadyExists, .resourceExhausted, .failedPrecondition, .aborted,
            .outOfRange, .unimplemented, .internalError:
            self = .refused(CSIStatus(code, message))
        case .unavailable: self = .unreachable(message)
        case .deadlineExceeded: self = .unreachable("it did not answer in time")
        // Codes that no driver of ours sends: the two ends do not understand each other.
        case .cancelled, .unknown, .permissionDenied, .dataLoss, .unauthenticated:
            self = .unreachable("\(code.name): \(message)")
        }
    }
}
