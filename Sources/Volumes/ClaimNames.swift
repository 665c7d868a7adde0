/// Whom a volume was made for, as external-provisioner tells with `--extra-create-metadata`; kept for people to read.
///
/// It decides nothing: a repeat of a request may tell it differently.
package struct ClaimNames: Equatable, Sendable {
    /// Name of the PersistentVolumeClaim.
    package var claim: String?
    /// Its namespace.
    package var namespace: String?
    /// Name of the PersistentVolume.
    package var volume: String?

    /// Nobody.
    package static let none = ClaimNames()

    /// Puts the names together.
    package init(claim: String? = nil, namespace: String? = nil, volume: String? = nil) {
        self.claim = claim
        self.namespace = namespace
        self.volume = volume
    }

    /// Reads the names from the parameters of a request (external-provisioner 6.3, `--extra-create-metadata`).
    package init(parameters: [String: String]) {
        self.init(
            claim: parameters["csi.storage.k8s.io/pvc/name"],
            namespace: parameters["csi.storage.k8s.io/pvc/namespace"],
            volume: parameters["csi.storage.k8s.io/pv/name"])
    }
}
