/// Numbers in a block of bytes; callers check the count first.
struct Bytes {
    let bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var count: Int { bytes.count }

    func little(_ offset: Int, _ width: Int) -> UInt64 {
        bytes[offset..<offset + width].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    func big(_ offset: Int, _ width: Int) -> UInt64 {
        bytes[offset..<offset + width].reduce(0) { $0 << 8 | UInt64($1) }
    }

    func text(_ offset: Int, _ width: Int) -> String {
        String(decoding: bytes[offset..<offset + width], as: UTF8.self)
    }
}
