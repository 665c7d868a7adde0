// CSIServices: the services of the Container Storage Interface on top of Volumes.
//
// A handler is four moves: decode, check, call one function of the domain, reply. This target knows neither disks nor
// sockets.

package import CSIWire
package import Log
import Volumes

/// One method of a service: bytes in, bytes or a status out.
package struct CSIHandler: Sendable {
    /// The gRPC path, such as `/csi.v1.Identity/Probe`.
    package let path: String
    /// True for calls that touch no volume and never wait, so that they are answered while every worker is stuck.
    package let isQuick: Bool
    private let body: @Sendable ([UInt8]) throws(CSIStatus) -> (reply: [UInt8], subject: String)

    /// Wraps a function of the domain; whatever fault it throws becomes a status here and nowhere else.
    init<Request: CSIRequest>(
        _: Request.Type, isQuick: Bool = false,
        subject: @escaping @Sendable (Request) -> String = { _ in "" },
        _ body: @escaping @Sendable (Request) throws(VolumeFault) -> Request.Reply
    ) {
        path = Request.path
        self.isQuick = isQuick
        self.body = { bytes throws(CSIStatus) in
            let request = try Request(decoding: bytes)
            do throws(VolumeFault) {
                return (try body(request).encoded(), subject(request))
            } catch {
                throw CSIStatus(error).about(subject(request))
            }
        }
    }

    /// Runs the call to its end, on whichever thread, and logs it in one line.
    package func run(_ request: [UInt8], log: Logger, milliseconds: () -> Double) throws(CSIStatus) -> [UInt8]
    {
        let began = milliseconds()
        do {
            let (reply, subject) = try body(request)
            log.log(
                isQuick ? .debug : .info, "call",
                [(.method, method), (.code, "OK"), (.ms, Self.rounded(milliseconds() - began))]
                    + Self.volume(subject))
            return reply
        } catch {
            log.log(
                error.code == .internalError ? .error : .warning, "call",
                [
                    (.method, method), (.code, error.code.name), (.ms, Self.rounded(milliseconds() - began)),
                    (.error, error.message),
                ])
            throw error
        }
    }

    private static func rounded(_ milliseconds: Double) -> Double { (milliseconds * 1000).rounded() / 1000 }

    private var method: String { path.split(separator: "/").last.map(String.init) ?? path }

    private static func volume(_ subject: String) -> [(LogKey, any LogValue)] {
        subject.isEmpty ? [] : [(.volumeID, subject)]
    }
}

extension CSIStatus {
    /// The message also says what the call was about, unless it does already.
    fileprivate func about(_ subject: String) -> CSIStatus {
        guard !subject.isEmpty, !message.contains(subject) else { return self }
        return CSIStatus(code, "\(subject.prefix(128)): \(message)")
    }
}
