internal import CLinux

/// Arrays of C strings that end with NULL, as exec(3) wants them.
enum CStringArray {
    /// Lends the strings to a closure; they are gone when it returns.
    static func with<Value>(
        _ strings: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Value,
    ) -> Value {
        // One block holds all bytes; the pointers go into it.
        var bytes: [CChar] = []
        for string in strings { bytes += string.utf8.map { CChar(bitPattern: $0) } + [0] }
        return unsafe bytes.withUnsafeMutableBufferPointer { text in
            unsafe withUnsafeTemporaryAllocation(
                of: UnsafeMutablePointer<CChar>?.self, capacity: strings.count + 1,
            ) { list in
                var offset = 0
                for (index, string) in strings.enumerated() {
                    unsafe list.initializeElement(at: index, to: text.baseAddress?.advanced(by: offset))
                    offset += string.utf8.count + 1
                }
                unsafe list.initializeElement(at: strings.count, to: nil)
                let base = unsafe list.baseAddress.map { unsafe UnsafePointer($0) }
                guard let base = unsafe base else {
                    preconditionFailure("A list of strings has at least its end.")
                }
                return unsafe body(base)
            }
        }
    }
}
