/// Cuts the bytes of a stream into gRPC's length-prefixed messages.
struct MessageReader {
    /// The largest message that is accepted.
    static let limit = 4 * 1024 * 1024

    private var bytes: [UInt8] = []
    private var head = 0

    /// True if no unfinished message is left.
    var isEmpty: Bool { head == bytes.count }

    mutating func append(_ more: [UInt8]) {
        if head > 0 {
            bytes.removeFirst(head)
            head = 0
        }
        bytes += more
    }

    /// The next complete message, if there is one.
    mutating func next() throws(RPCClientError) -> [UInt8]? {
        guard bytes.count - head >= 5 else { return nil }
        guard bytes[head] == 0 else { throw .protocolViolation("a compressed message") }
        let length = bytes[head + 1..<head + 5].reduce(0) { $0 << 8 | Int($1) }
        guard length <= Self.limit else { throw .protocolViolation("a message of \(length) bytes") }
        guard bytes.count - head - 5 >= length else { return nil }
        defer { head += 5 + length }
        return Array(bytes[head + 5..<head + 5 + length])
    }

    /// A message with its prefix.
    static func frame(_ message: [UInt8]) -> [UInt8] {
        var framed: [UInt8] = [0]
        framed.reserveCapacity(message.count + 5)
        for shift in [24, 16, 8, 0] { framed.append(UInt8(truncatingIfNeeded: message.count >> shift)) }
        return framed + message
    }

    /// Undoes gRPC's percent-encoding of status messages; what is no valid escape stays as it is.
    static func percentDecoded(_ text: [UInt8]) -> String {
        func digit(_ byte: UInt8) -> UInt8? {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
            default: nil
            }
        }
        var plain: [UInt8] = []
        var index = 0
        while index < text.count {
            if text[index] == UInt8(ascii: "%"), index + 2 < text.count,
                let high = digit(text[index + 1]), let low = digit(text[index + 2])
            {
                plain.append(high << 4 | low)
                index += 3
            } else {
                plain.append(text[index])
                index += 1
            }
        }
        return String(decoding: plain, as: UTF8.self)
    }
}
