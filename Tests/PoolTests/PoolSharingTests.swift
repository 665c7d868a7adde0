import LinuxHost
import TestSupport
import Testing
import Volumes
import VolumesTestSupport

@testable import Pool

@Suite("Shared pools")
struct PoolSharingTests {
    @Test(
        "A mount that keeps locks to one machine is refused by the word that says so",
        arguments: ["nolock", "local_lock=all", "local_lock=flock", "localflocks", "localflock", "nobrl"])
    func localLocks(word: String) {
        for type in ["nfs", "nfs4", "ocfs2", "lustre", "cifs"] {
            let trouble = PoolSharing.trouble(filesystem: type, ["rw", "acdirmax=0", word])
            #expect(trouble?.contains(word) == true)
        }
    }

    @Test("On NFS names must not be believed for long; other file systems tell of changes")
    func caches() {
        let options = ["rw", "vers=4.2", "hard", "local_lock=none"]
        #expect(PoolSharing.trouble(filesystem: "nfs4", options)?.contains("actimeo=0") == true)
        #expect(PoolSharing.trouble(filesystem: "nfs4", options + ["acdirmax=0"]) == nil)
        #expect(PoolSharing.trouble(filesystem: "nfs", options + ["noac"]) == nil)
        #expect(PoolSharing.trouble(filesystem: "ceph", ["rw"]) == nil)
        #expect(PoolSharing.trouble(filesystem: "xfs", ["rw"]) == nil)
    }

    @Test("A pool on a local file system is shared only if the operator says so")
    func words() throws {
        let folder = try TemporaryFolder()
        func isShared(_ name: String, _ word: Bool?) throws -> Bool {
            try DiskPool.open(
                "\(folder.path)/\(name)", name: known(.init("test")), sharing: PoolSharing(isShared: word),
                log: quiet
            ).pool.isShared
        }
        #expect(try !isShared("a", nil))
        #expect(try isShared("b", true))
        #expect(try !isShared("c", false))
    }
}
