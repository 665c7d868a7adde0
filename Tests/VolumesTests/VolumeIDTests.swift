import Testing
import Volumes
import VolumesTestSupport

@Suite("Handles and names")
struct VolumeIDTests {
    private let pool = "0123456789abcdef"

    @Test("A handle of ours is read back as it was written")
    func roundTrip() throws {
        for name in ["pvc-1", "a", "0.x", String(repeating: "z", count: 100), "a.b.c"] {
            let id = try known(VolumeID("\(pool).\(name)"))
            #expect("\(id)" == "\(pool).\(name)")
            #expect(id.pool.text == pool)
            #expect(id.name.text == name)
        }
    }

    @Test(
        "A text that this driver cannot have minted is no handle",
        arguments: [
            "", ".", "..", "pvc-1", "0123456789abcdef", "0123456789abcdef.", ".pvc-1",
            "0123456789abcdeF.pvc-1",
            "0123456789abcde.pvc-1", "0123456789abcdef0.pvc-1", "0123456789abcdef.../../etc",
            "0123456789abcdef.../etc", "0123456789abcdef.a/b", "0123456789abcdef.-a", "0123456789abcdef..a",
            "0123456789abcdef.A", "0123456789abcdef.a b", "0123456789abcdef.a\u{0}", "0123456789abcdef.ä",
            "0123456789abcdef.a\n", "0123456789abcdeg.a", "../../../../etc/passwd", "０123456789abcde.a",
        ])
    func hostile(text: String) {
        #expect(VolumeID(text) == nil)
    }

    @Test("A folder name has at most 100 bytes")
    func longest() {
        #expect(VolumeName(folder: String(repeating: "a", count: 100)) != nil)
        #expect(VolumeName(folder: String(repeating: "a", count: 101)) == nil)
        #expect(VolumeID("\(pool)." + String(repeating: "a", count: 101)) == nil)
    }

    @Test("A name that is a safe file name stays readable")
    func plain() {
        #expect(VolumeName(for: "pvc-0e7.x", sha256Hex: fakeDigest).text == "pvc-0e7.x")
    }

    @Test(
        "Any other name becomes a digest, which is a safe file name",
        arguments: ["PVC", "a b", "ä", "../x", ".x", "-x", "a/b", String(repeating: "a", count: 101), "a\n"])
    func digest(name: String) {
        let folder = VolumeName(for: name, sha256Hex: fakeDigest)
        #expect(folder.text == "sha256-" + fakeDigest(name))
        #expect(VolumeName(folder: folder.text) == folder)
    }

    @Test("A name that looks like a digest cannot take the folder of the name that has it")
    func spoofed() {
        let honest = VolumeName(for: "Ä", sha256Hex: fakeDigest)
        let spoof = VolumeName(for: honest.text, sha256Hex: fakeDigest)
        #expect(spoof != honest)
        #expect(spoof.text.hasPrefix("sha256-"))
    }

    @Test("A member of a group has a name that no volume, snapshot or group can have, and is told by it")
    func members() throws {
        let group = try known(VolumeName(folder: String(repeating: "g", count: 100)))
        let name = VolumeName(member: 99, of: group)
        let id = try known(SnapshotID("\(pool).\(name)"))
        #expect("\(id)".utf8.count <= 128 && id.name == name)
        #expect(id.group == GroupID(pool: id.pool, name: group) && name.membership?.index == 99)
        #expect(VolumeName(folder: name.text) == nil)
        #expect(VolumeID("\(id)") == nil && GroupID("\(id)") == nil)
        #expect(VolumeName(for: "g_0", sha256Hex: fakeDigest).text == "sha256-" + fakeDigest("g_0"))
        #expect(try known(SnapshotID("\(pool).g")).group == nil)
        for text in [
            "g_", "g_00", "g_+1", "g_-1", "g_100", "_0", "g_0_0", "g_x", "G_0", "g_0/..", "g_\u{661}",
        ] {
            #expect(SnapshotID("\(pool).\(text)") == nil, "\(text)")
        }
    }

    @Test("Pool names fit into a topology key")
    func poolNames() {
        for good in ["a", "default", "nvme-0", "0", String(repeating: "a", count: 32)] {
            #expect(PoolName(good)?.text == good)
        }
        for bad in ["", "-a", "a-", "A", "a.b", "a_b", "a b", "ä", String(repeating: "a", count: 33), "a/b"] {
            #expect(PoolName(bad) == nil)
        }
    }
}
