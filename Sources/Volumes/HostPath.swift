import Text

/// An absolute path on the node that a caller named, without `.`, `..` or empty components.
///
/// It is only a well-formed text: what lies there is opened by the host layer, which follows no links in it.
package struct HostPath: Hashable, Sendable, CustomStringConvertible {
    /// The path, without a slash at its end.
    package let text: String

    /// Longest path that Linux opens (PATH_MAX, with its terminating zero).
    private static let longest = 4095

    /// Checks a path of a request.
    ///
    /// - Throws: `malformed` naming the field and the rule.
    package init(_ text: String, field: String) throws(VolumeFault) {
        guard !text.isEmpty else { throw .malformed(field: field, why: "it is required") }
        guard text.utf8.first == 0x2F else {
            throw .malformed(field: field, why: "it must be an absolute path")
        }
        guard text.utf8.count <= Self.longest, !text.utf8.contains(0) else {
            throw .malformed(field: field, why: "it must be a path of at most \(Self.longest) bytes")
        }
        let components = text.parts(at: "/")
        guard !components.isEmpty else {
            throw .malformed(field: field, why: "it must not be the root folder")
        }
        guard
            !components.contains(where: { $0.isSame(as: ".") || $0.isSame(as: "..") || $0.utf8.count > 255 })
        else {
            throw .malformed(field: field, why: "it must not contain '.', '..' or components above 255 bytes")
        }
        self.text = "/" + components.joined(separator: "/")
    }

    package var description: String { text }
}
