/// Bytes that no log line, message or dump can show.
package struct Secret: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    private let bytes: [UInt8]

    /// Takes the bytes into custody.
    package init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// Lends the bytes to the one place that has to know them.
    package func withExposedBytes<Result, Failure: Error>(
        _ body: ([UInt8]) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(bytes)
    }

    /// A placeholder, the same for every secret.
    package var description: String { "<redacted>" }

    /// A placeholder, the same for every secret.
    package var debugDescription: String { "<redacted>" }

    /// A mirror without children, so that `dump` shows nothing either.
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}
