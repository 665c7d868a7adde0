extension CSI {
    /// The secrets of a request: they can be passed on, compared and counted as present, but not read or printed.
    package struct Secrets: Equatable, Sendable {
        private var values: [String: String]

        /// Takes the secrets of a request to send.
        package init(_ values: [String: String] = [:]) {
            self.values = values
        }

        /// Whether there is none.
        package var isEmpty: Bool { values.isEmpty }

        mutating func code(with coder: FieldCoder) {
            coder.map("secrets", &values)
        }
    }
}

extension CSI.Secrets: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Always the same word, whatever the content.
    package var description: String { "<redacted>" }
    /// Always the same word, whatever the content.
    package var debugDescription: String { "<redacted>" }
    /// A mirror that shows nothing.
    package var customMirror: Mirror { Mirror(self, children: []) }
}
