import Testing
import Volumes
import VolumesTestSupport

@Suite("StorageClass parameters")
struct VolumeParametersTests {
    @Test("Known keys are read, and canonical ones read the same again")
    func known() throws {
        let parameters = try VolumeParameters([
            "pool": "nvme", "provisioning": "thin", "csi.storage.k8s.io/fstype": "xfs",
            "mkfsOptions": " -i  size=512 ", "sectorSize": "512",
        ])
        #expect(parameters.sectorBytes == 512)
        #expect(parameters.pool?.text == "nvme")
        #expect(parameters.provisioning == .thin)
        #expect(parameters.filesystem == .xfs)
        #expect(parameters.mkfsOptions.words == ["-i", "size=512"])
        #expect(try VolumeParameters(parameters.canonical) == parameters)
        #expect(parameters.canonical["mkfsOptions"] == "-i size=512")
    }

    @Test("No parameters ask for nothing")
    func none() throws {
        let parameters = try VolumeParameters([:])
        #expect(parameters.canonical.isEmpty)
        #expect(try VolumeParameters(["mkfsOptions": "  "]) == parameters)
    }

    @Test(
        "An unknown key or value is refused, and named",
        arguments: [
            ("pool", "No Pool"), ("pool", ""), ("provisioning", "Thick"), ("provisioning", ""),
            ("csi.storage.k8s.io/fstype", "ntfs"), ("csi.storage.k8s.io/fstype", ""), ("Pool", "a"), ("", ""),
            ("fsType", "ntfs"), ("sectorSize", "1024"), ("sectorSize", ""),
            ("csi.storage.k8s.io/unheard-of", "x"),
        ])
    func unknown(key: String, value: String) throws {
        let complaint = try complaint { _ = try VolumeParameters([key: value]) }
        #expect(complaint?.contains("'\(key)'") == true || complaint?.contains("\(key) = ") == true)
        #expect(try fault { _ = try VolumeParameters([key: value]) } == .malformed)
    }

    @Test("A long key or value is cut in the message")
    func cut() throws {
        let long = String(repeating: "x", count: 5000)
        for map in [[long: "a"], ["provisioning": long]] {
            let complaint = try complaint { _ = try VolumeParameters(map) }
            #expect((complaint?.utf8.count ?? 0) < 300)
        }
    }

    @Test("What the provisioner adds about the claim is passed over")
    func sidecar() throws {
        let claim = [
            "csi.storage.k8s.io/pvc/name": "n", "csi.storage.k8s.io/pvc/namespace": "s",
            "csi.storage.k8s.io/pv/name": "v",
        ]
        #expect(try VolumeParameters(claim).canonical.isEmpty)
    }

    @Test(
        "What the provisioner obeys under an old name and passes on is accepted; the file system counts",
        arguments: ["fstype", "fsType", "FSType"])
    func oldNames(key: String) throws {
        let map = [
            key: "xfs", "csiProvisionerSecretName": "n", "csiProvisionerSecretNamespace": "s",
            "csiNodeStageSecretName": "n", "csiNodePublishSecretNamespace": "s",
        ]
        #expect(try VolumeParameters(map).canonical == ["csi.storage.k8s.io/fstype": "xfs"])
        // Nobody sends these.
        for stranger in ["csiProvisionerSecret", "csi", "fs-type", "fstypes", "deletionPolicy", "secretName"]
        {
            #expect(try fault { _ = try VolumeParameters([stranger: "xfs"]) } == .malformed)
        }
    }

    @Test("GetCapacity sees a StorageClass with all the keys of the sidecars")
    func unstripped() throws {
        let map = ["csi.storage.k8s.io/provisioner-secret-name": "s", "csi.storage.k8s.io/fstype": "btrfs"]
        #expect(try VolumeParameters(map, ignoringSidecarKeys: true).filesystem == .btrfs)
        #expect(try fault { _ = try VolumeParameters(map) } == .malformed)
        #expect(
            try fault { _ = try VolumeParameters(["typo": "x"], ignoringSidecarKeys: true) } == .malformed)
    }
}
