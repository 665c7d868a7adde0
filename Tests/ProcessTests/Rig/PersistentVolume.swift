import CSIWire

/// What a PersistentVolume of Kubernetes tells kubelet about a volume.
struct PersistentVolume {
    let handle: String
    let kind: Kind
    /// Name of the object; two may have one handle.
    var name = "pvc-5e1b3f0a"
    /// How kubelet says ReadWriteOnce to a driver with SINGLE_NODE_MULTI_WRITER.
    var mode = CSI.AccessMode.singleNodeMultiWriter
    var mountOptions: [String] = []
    var attributes = ["storage.kubernetes.io/csiProvisionerIdentity": "1763712000000-8081-loop.csi.local"]

    var capability: CSI.VolumeCapability { kind.capability(mode, flags: mountOptions) }
}

/// A pod; kubelet knows it by its uid.
struct Pod {
    let uid: String

    init(_ number: Int = 1) {
        let digits = String(number, radix: 16)
        uid = "0f7a1d9e-1b5c-4c57-9c3a-" + String(repeating: "0", count: 12 - digits.count) + digits
    }
}

extension Life {
    /// The object of Kubernetes for this volume.
    func asPV(
        _ name: String? = nil, mode: CSI.AccessMode = .singleNodeMultiWriter, mountOptions: [String] = []
    ) -> PersistentVolume {
        PersistentVolume(
            handle: id, kind: kind, name: name ?? "pvc-\(self.name)", mode: mode, mountOptions: mountOptions)
    }
}
