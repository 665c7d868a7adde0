import LinuxHost
import Pool
import Testing
import Volumes

/// Records as each released format wrote them; a newer program must go on reading these very bytes.
@Suite("Records of older programs")
struct OldRecordTests {
    private static let volume = """
        {
          "created" : "2026-11-01T08:00:00Z",
          "id" : "POOL.pvc-1",
          "kind" : "xfs",
          "name" : "pvc-1",
          "parameters" : { "provisioning" : "thin" },
          "provisioning" : "thin",
          "sectorBytes" : 4096,
          "sizeBytes" : 1073741824,
          "version" : 1
        }
        """

    @Test("A volume's record from before claims and inline volumes were kept is read, without them")
    func volume() throws {
        let rig = try PoolRig()
        let name = try #require(VolumeName(folder: "pvc-1"))
        let folder = try rig.folder("volumes").create("pvc-1", mode: 0o700)
        let text = Self.volume.split(separator: "POOL").joined(separator: rig.pool.pool.id.text)
        try folder.write("volume.json", Array(text.utf8), mode: 0o600)
        let record = try #require(try rig.pool.record(of: name))
        #expect(record.kind == .filesystem(.xfs) && record.provisioning == .thin)
        #expect(record.size == .gibibytes(1) && record.created == "2026-11-01T08:00:00Z")
        #expect(record.madeFor == .none && record.inlineTarget == nil && record.source == nil)
    }

    @Test("Names of a claim and the target of an inline volume come back")
    func newFields() throws {
        let rig = try PoolRig()
        let plain = try rig.record("claimed", .block)
        let record = VolumeRecord(
            id: plain.id, requestedName: plain.requestedName, size: plain.size, kind: plain.kind,
            provisioning: plain.provisioning, sectorBytes: plain.sectorBytes, parameters: plain.parameters,
            created: plain.created,
            madeFor: ClaimNames(claim: "data-db-0", namespace: "shop", volume: "pvc-1"),
            inlineTarget: "/var/lib/kubelet/pods/1/volumes/kubernetes.io~csi/scratch/mount")
        try rig.pool.create(record, from: .fresh)
        #expect(try rig.pool.record(of: record.id.name) == record)
    }
}
