import Testing
import Volumes
import VolumesTestSupport

@Suite("Paths that callers name")
struct HostPathTests {
    @Test("A path is kept without doubled and trailing slashes")
    func normal() throws {
        #expect(try HostPath("/a").text == "/a")
        #expect(try HostPath("//a///b/").text == "/a/b")
        #expect(try HostPath("/a/..b/.c/d..").text == "/a/..b/.c/d..")
        #expect(try HostPath("/" + String(repeating: "a", count: 255)).text.utf8.count == 256)
    }

    @Test(
        "A path that is no plain absolute one is refused",
        arguments: [
            "", "/", "//", "a", "a/b", "./a", "../a", "/a/../b", "/..", "/a/./b", "/.", "/a/..", "/a\u{0}b",
            "/" + String(repeating: "a", count: 256), String(repeating: "/a", count: 2048),
        ])
    func refused(text: String) throws {
        #expect(
            try complaint { _ = try HostPath(text, field: "target_path") }?.hasPrefix("target_path: ") == true
        )
    }

    @Test("Below kubelet's folder the links of the root are resolved; elsewhere paths stay or are refused")
    func policy() throws {
        let root = try HostPath("/var/lib/kubelet")
        let resolved = try HostPath("/data/kubelet")
        let open = PathPolicy(root: root, resolvedRoot: resolved, isExclusive: false)
        #expect(try open.admit("/var/lib/kubelet//pods/x", field: "f").text == "/data/kubelet/pods/x")
        #expect(try open.admit("/var/lib/kubelets/x", field: "f").text == "/var/lib/kubelets/x")
        #expect(try open.admit("/tmp/x", field: "f").text == "/tmp/x")

        let strict = PathPolicy(root: root, resolvedRoot: resolved, isExclusive: true)
        #expect(try strict.admit("/var/lib/kubelet/pods", field: "f").text == "/data/kubelet/pods")
        #expect(try strict.admit("/data/kubelet/pods", field: "f").text == "/data/kubelet/pods")
        for outside in [
            "/tmp/x", "/var/lib/kubelet", "/var/lib/kubelets/x", "/data/kubelet", "/var/lib/kubelet/../x",
        ] {
            #expect(try fault { _ = try strict.admit(outside, field: "f") } == .malformed, "\(outside)")
        }
    }
}
