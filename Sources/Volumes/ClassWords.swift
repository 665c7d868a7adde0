/// Words that stand in the parameters of a class, reach a driver, and are not meant for it: who sends each, and why.
///
/// They are accepted and change nothing. Every other unknown word is refused by name, because most are misspelled.
package enum ClassWords {
    /// Keys with this prefix belong to the sidecars, which strip them (Kubernetes 1.36) but for those below.
    package static let sidecarPrefix = "csi.storage.k8s.io/"

    /// In the parameters of CreateVolume.
    static let ofVolumes: Set<String> = [
        // external-provisioner 6.3 with `--extra-create-metadata`; kept in the record for people to read.
        "csi.storage.k8s.io/pvc/name", "csi.storage.k8s.io/pvc/namespace", "csi.storage.k8s.io/pv/name",
        // external-provisioner 6.3 obeys these old names of its own keys, and passes them on.
        "csiProvisionerSecretName", "csiProvisionerSecretNamespace", "csiControllerPublishSecretName",
        "csiControllerPublishSecretNamespace", "csiNodeStageSecretName", "csiNodeStageSecretNamespace",
        "csiNodePublishSecretName", "csiNodePublishSecretNamespace",
    ]

    /// In the parameters of CreateSnapshot and CreateVolumeGroupSnapshot.
    package static let ofSnapshots: Set<String> = [
        // external-snapshotter 8.6 with `--extra-create-metadata`.
        "csi.storage.k8s.io/volumesnapshot/name", "csi.storage.k8s.io/volumesnapshot/namespace",
        "csi.storage.k8s.io/volumesnapshotcontent/name",
        "csi.storage.k8s.io/volumegroupsnapshot/name", "csi.storage.k8s.io/volumegroupsnapshot/namespace",
        "csi.storage.k8s.io/volumegroupsnapshotcontent/name",
        // The External.Storage suite of Kubernetes 1.36 puts the class's own field into its parameters too.
        "deletionPolicy",
        // Old names of keys of the external-snapshotter, which passes on what lacks its prefix.
        "csiSnapshotterSecretName", "csiSnapshotterSecretNamespace",
    ]

    /// Whether the key is the old name of `csi.storage.k8s.io/fstype`, which external-provisioner takes in any letter
    /// case, turns into the fs_type of the request, and passes on.
    static func isFilesystem(_ key: String) -> Bool {
        key.utf8.count == 6 && key.utf8.elementsEqual("fstype".utf8) { $0 | 0x20 == $1 }
    }
}
