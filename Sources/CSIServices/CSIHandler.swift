// CSIServices: the services of the Container Storage Interface on top of Volumes.
//
// A handler is four moves: decode, check, call one function of the domain, reply. This target knows neither disks nor
// sockets.

package import CSIWire
package import Log
import Text
import Volumes

/// One method of a service: bytes in, bytes or a status out.
package struct CSIHandler: Sendable {
    /// The gRPC path, such as `/csi.v1.Identity/Probe`.
    package let path: String
    /// True for calls that touch no volume and never wait, so that they are answered while every worker is stuck.
    package let isQuick: Bool
    private let subjectKey: LogKey
    private let body: @Sendable ([UInt8]) -> (outcome: Result<[UInt8], CSIStatus>, subject: String)

    /// Wraps a function of the domain; whatever fault it throws becomes a status here and nowhere else.
    ///
    /// `subject` is what the call is about, in the log under `subjectKey` and in the message of a failure.
    init<Request: CSIRequest>(
        _: Request.Type, isQuick: Bool = false, subjectKey: LogKey = .volumeID,
        subject: @escaping @Sendable (Request) -> String = { _ in "" },
        _ body: @escaping @Sendable (Request) throws(VolumeFault) -> Request.Reply
    ) {
        path = Request.path
        self.isQuick = isQuick
        self.subjectKey = subjectKey
        self.body = { bytes in
            let request: Request
            do throws(CSIStatus) {
                request = try Request(decoding: bytes)
            } catch {
                return (.failure(error), "")
            }
            // No longer than a legal one, whatever the caller sent.
            let subject = subject(request).cut(bytes: 128)
            do throws(VolumeFault) {
                return (.success(try body(request).encoded()), subject)
            } catch {
                return (.failure(CSIStatus(error).about(subject)), subject)
            }
        }
    }

    private init(_ other: CSIHandler, refusing objection: @escaping @Sendable ([UInt8]) -> CSIStatus?) {
        path = other.path
        isQuick = other.isQuick
        subjectKey = other.subjectKey
        let inner = other.body
        body = { bytes in objection(bytes).map { (.failure($0), "") } ?? inner(bytes) }
    }

    /// The same method, which refuses a request with the status that `objection` gives for its bytes.
    func refusing(_ objection: @escaping @Sendable ([UInt8]) -> CSIStatus?) -> CSIHandler {
        CSIHandler(self, refusing: objection)
    }

    /// Runs the call to its end, on whichever thread, and logs it in one line.
    package func run(_ request: [UInt8], log: Logger, milliseconds: () -> Double) throws(CSIStatus) -> [UInt8]
    {
        let began = milliseconds()
        let (outcome, subject) = body(request)
        let ms = Self.rounded(milliseconds() - began)
        let about: [(LogKey, any LogValue)] = subject.isEmpty ? [] : [(subjectKey, subject)]
        switch outcome {
        case .success:
            log.log(
                isQuick ? .debug : .info, "call", [(.method, method), (.code, "OK"), (.ms, ms)] + about)
        case .failure(let status):
            log.log(
                status.code == .internalError ? .error : .warning, "call",
                [(.method, method), (.code, status.code.name), (.ms, ms)] + about
                    + [(.error, status.message)])
        }
        return try outcome.get()
    }

    private static func rounded(_ milliseconds: Double) -> Double { (milliseconds * 1000).rounded() / 1000 }

    private var method: String { path.parts(at: "/").last ?? path }
}

extension CSIStatus {
    /// Of a longer message the rest is left out: it travels in a header, and people read it in events.
    static let longestMessage = 2048

    /// The message also says what the call was about, unless it does already.
    package func about(_ subject: String) -> CSIStatus {
        let message = message.cut(bytes: CSIStatus.longestMessage)
        guard !subject.isEmpty, !message.holds(subject) else { return CSIStatus(code, message) }
        return CSIStatus(code, "\(subject): \(message)")
    }
}
