import Text

/// Which paths of the node callers may name.
package struct PathPolicy: Equatable, Sendable {
    private let root: String
    private let resolvedRoot: String
    private let isExclusive: Bool

    /// Trusts the links in `root`, kubelet's folder, which the host resolved to `resolvedRoot`.
    ///
    /// Below it, and anywhere else, links are refused by the host layer. `isExclusive` refuses all paths outside of it.
    package init(root: HostPath, resolvedRoot: HostPath, isExclusive: Bool) {
        self.root = root.text
        self.resolvedRoot = resolvedRoot.text
        self.isExclusive = isExclusive
    }

    /// The path as the kernel names it.
    ///
    /// - Throws: `malformed` naming the field for a path that is not allowed.
    package func admit(_ text: String, field: String) throws(VolumeFault) -> HostPath {
        let path = try HostPath(text, field: field)
        if let rest = path.text.behind(root + "/") {
            return try HostPath("\(resolvedRoot)/\(rest)", field: field)
        }
        guard !isExclusive || path.text.begins(with: resolvedRoot + "/") else {
            throw .malformed(field: field, why: "it must lie below \(root), or name another --kubelet-root")
        }
        return path
    }
}
