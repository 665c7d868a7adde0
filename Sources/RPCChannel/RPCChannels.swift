// The client's side of calls between machines: channels on gRPC core, over TCP with mutual TLS, one for each address.
//
// Bytes in, bytes or a status out. It must not know what the bytes mean, nor which addresses there are.

internal import CGRPCShim
package import RPCServer
internal import Synchronization
import Text

/// The sizes and limits of channels.
package struct RPCChannelOptions: Sendable {
    /// The largest reply and the largest request, in bytes.
    package var maxMessageBytes = 64 * 1024 * 1024

    /// After so much silence during a call the server is asked for a sign, which may take as long again before the call
    /// ends UNAVAILABLE.
    package var pingMilliseconds = 10_000

    /// The defaults.
    package init() {}
}

/// One call to one address.
package struct RPCOutgoingCall: Sendable {
    /// Where the server listens: a numeric IP address and a port, like "10.1.2.3:9810" or "[fd00::1]:9810".
    package var address: String

    /// The path, like "/package.Service/Method".
    package var method: String

    /// The request's bytes.
    package var request: [UInt8]

    /// When this call ends at the latest, in nanoseconds of the monotonic clock, if that is before the others do.
    package var deadline: Int64?

    /// Makes one.
    package init(address: String, method: String, request: [UInt8], deadline: Int64? = nil) {
        self.address = address
        self.method = method
        self.request = request
        self.deadline = deadline
    }
}

/// How a call ended.
package struct RPCChannelReply: Equatable, Sendable {
    /// The gRPC status code, 0 for success.
    package let code: Int32

    /// What came with it; of calls that did not reach a server, what gRPC core tells about why.
    package let message: String

    /// The reply's bytes, empty without success.
    package let body: [UInt8]

    /// Makes one.
    package init(code: Int32, message: String, body: [UInt8]) {
        self.code = code
        self.message = message
        self.body = body
    }
}

/// Channels to any number of addresses, each made at its first call and kept; for any number of threads.
///
/// A channel connects when it is called. While nobody answers there, calls fail at once (UNAVAILABLE) and the channel
/// tries again after a pause that grows from one second to ten. A call is sent once and never repeated.
package final class RPCChannels: Sendable {
    private let identity: Identity
    private let nodeName: String
    private let options: RPCChannelOptions
    private let channels = Mutex<[String: Channel]>([:])

    /// Each server's certificate must be signed by the identity's authority and have the DNS name given, whatever its
    /// address.
    ///
    /// Throws if gRPC core has no TLS or a file cannot be read; the files are read again from time to time.
    package init(
        tls: TLSIdentity, nodeName: String, options: RPCChannelOptions = RPCChannelOptions()
    ) throws(RPCServerError) {
        try RPCCore.load(tls: true)
        try tls.check()
        identity = Identity(tls)
        self.nodeName = nodeName
        self.options = options
    }

    /// Begins all calls at once and returns when each has ended, at the latest at the deadline, in the order of calls.
    ///
    /// The deadline is in nanoseconds of the monotonic clock and is told to the servers. Blocks the thread, which does
    /// the work of gRPC core meanwhile.
    package func call(_ calls: [RPCOutgoingCall], until deadline: Int64?) -> [RPCChannelReply] {
        var gather = Gather()
        // Kept to the end: a call needs its channel, also one that is forgotten meanwhile.
        let used = calls.map { channel(to: $0.address) }
        let numbers = zip(calls, used).map { call, channel in
            channel.flatMap {
                gather.add(call, on: $0, until: min(call.deadline ?? .max, deadline ?? .max))
            }
        }
        gather.wait()
        let replies = zip(calls, numbers).map { call, number in
            number.map { gather.reply($0) }
                ?? RPCChannelReply(
                    code: 13, message: "\"\(call.address)\" is not an IP address and a port", body: [])
        }
        withExtendedLifetime(used) {}
        return replies
    }

    /// Makes one call.
    package func call(_ one: RPCOutgoingCall, until deadline: Int64?) -> RPCChannelReply {
        call([one], until: deadline)[0]
    }

    /// Closes the channel to an address; its calls under way end, UNAVAILABLE.
    ///
    /// A later call makes a new one.
    package func forget(_ address: String) {
        channels.withLock { $0.removeValue(forKey: address) }?.close()
    }

    private func channel(to address: String) -> Channel? {
        channels.withLock { channels in
            if let there = channels[address] { return there }
            guard let target = TCPAddress(address)?.target else { return nil }
            let made = Channel(to: target, identity, name: nodeName, options)
            channels[address] = made
            return made
        }
    }
}

extension TCPAddress {
    /// What gRPC core calls it; nil if nobody can be reached at it.
    fileprivate var target: String? {
        guard !host.isEmpty, port != 0 else { return nil }
        guard host.holds(":") else { return "ipv4:\(host):\(port)" }
        let encoded = host.parts(at: "%", keepingEmpty: true).joined(separator: "%25")
        return "ipv6:%5B\(encoded)%5D:\(port)"
    }
}
