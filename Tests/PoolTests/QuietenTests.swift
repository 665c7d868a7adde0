import LinuxHost
import Pool
import TestSupport
import Testing
import Volumes
import VolumesTestSupport

@Suite("A freeze ends, whatever happens meanwhile", .requiresRoot)
struct QuietenTests {
    /// Runs the body with a mounted ext4 volume and a node that freezes for 300 ms at most.
    private func mounted(_ body: (KernelNode, VolumeRecord, HostPath) throws -> Void) throws {
        let contract = try Contract(.kernel)
        let record = try contract.create()
        let staging = try contract.folder("staging")
        try contract.volumes.stage(record.id, at: staging, .mount())
        let pool = try known(contract.store as? DiskPool)
        try body(KernelNode(pools: [pool], freezeLimitSeconds: 0.3, log: quiet), record, staging)
        // Writable again, and nothing keeps the mount busy.
        try Directory.open(staging.text).write("after", [0x78], mode: 0o600)
        try contract.volumes.unstage(record.id, at: staging)
        #expect(try Directory.open("/run/loopcsi-node/frozen").status("\(record.id)") == nil)
        try contract.catalog.delete(record.id)
    }

    /// How long it takes from a moment, or from now, until a write to the folder is done.
    private func writes(_ folder: HostPath, since start: Int64 = Clock.monotonicNanoseconds) throws -> Double
    {
        try Directory.open(folder.text).write("file", [0x78], mode: 0o600)
        return Double(Clock.monotonicNanoseconds - start) / 1e9
    }

    @Test("Copying that takes too long is cut off by the watchdog, and the writer that waited goes on")
    func tooLong() throws {
        try mounted { node, record, staging in
            var waited = 0.0
            let start = Clock.monotonicNanoseconds
            let complaint = try complaint {
                try node.quieten(record, .frozen, expectedSeconds: nil) { (_) throws(VolumeFault) in
                    do { waited = try writes(staging, since: start) } catch {
                        throw .host(step: "write", cause: "\(error)")
                    }
                }
            }
            #expect(complaint?.contains("longer than") == true)
            #expect(waited >= 0.3 && waited < 5)
        }
    }

    @Test("A copy in steps learns at once that the deadline ended its freeze, or that somebody thawed")
    func told() throws {
        try mounted { node, record, staging in
            var ended = 0.0
            let start = Clock.monotonicNanoseconds
            let late = try complaint {
                try node.quieten(record, .frozen, expectedSeconds: 0.1) { (holds) throws(VolumeFault) in
                    while holds() { Clock.sleep(nanoseconds: 1_000_000) }
                    ended = Double(Clock.monotonicNanoseconds - start) / 1e9
                    throw .noSpace("given up")
                }
            }
            #expect(late?.contains("longer than") == true)
            #expect(ended >= 0.3 && ended < 5)
            let foreign = try OwnedDescriptor.open(staging.text, .readOnly)
            let torn = try complaint {
                try node.quieten(record, .frozen, expectedSeconds: nil) { (_) throws(VolumeFault) in
                    do throws(SystemError) { try foreign.thawFilesystem() } catch {
                        throw .host(step: "thaw", cause: "\(error)")
                    }
                }
            }
            // What was copied while somebody could write is thrown away.
            #expect(torn?.contains("FITHAW") == true)
            try foreign.close()
        }
    }

    @Test("A fault of the copying is passed on, and the file system thawed")
    func fault() throws {
        try mounted { node, record, _ in
            for _ in 0..<3 {
                let complaint = try complaint {
                    try node.quieten(record, .frozen, expectedSeconds: nil) { (_) throws(VolumeFault) in
                        throw .noSpace("full")
                    }
                }
                #expect(complaint == "full")
            }
        }
    }

    @Test("What takes too long is not begun, and a crash-consistent atomic copy is not frozen for")
    func refused() throws {
        try mounted { node, record, staging in
            var ran = false
            let complaint = try complaint {
                try node.quieten(record, .crash, expectedSeconds: 1) { (_) throws(VolumeFault) in ran = true }
            }
            #expect(complaint?.contains("XFS or btrfs") == true && !ran)
            try node.quieten(record, .crash, expectedSeconds: nil) { (_) throws(VolumeFault) in
                do { ran = try writes(staging) < 0.2 } catch { throw .host(step: "write", cause: "\(error)") }
            }
            #expect(ran)
        }
    }

    /// Runs the body with two mounted volumes and a node that freezes for 300 ms at most.
    private func mountedPair(_ body: (KernelNode, [VolumeRecord], [HostPath]) throws -> Void) throws {
        let contract = try Contract(.kernel)
        let records = try ["a", "b"].map { try contract.create(.filesystem(.ext4), $0) }
        let folders = try records.map { try contract.folder("staging-\($0.id.name)") }
        for (record, folder) in zip(records, folders) {
            try contract.volumes.stage(record.id, at: folder, .mount())
        }
        let pool = try known(contract.store as? DiskPool)
        try body(KernelNode(pools: [pool], freezeLimitSeconds: 0.3, log: quiet), records, folders)
        for (record, folder) in zip(records, folders) {
            try Directory.open(folder.text).write("after", [0x78], mode: 0o600)
            try contract.volumes.unstage(record.id, at: folder)
            #expect(try Directory.open("/run/loopcsi-node/frozen").status("\(record.id)") == nil)
            try contract.catalog.delete(record.id)
        }
    }

    @Test("All of a group are frozen while it is copied, and the deadline ends all of the freezes")
    func group() throws {
        try mountedPair { node, records, folders in
            try node.quieten(group: records, expectedSeconds: nil) { (_) throws(VolumeFault) in
                for folder in folders {
                    do throws(SystemError) {
                        try OwnedDescriptor.open(folder.text, .readOnly).freezeFilesystem()
                        Issue.record("\(folder) was not frozen")
                    } catch {
                        // Frozen already.
                        #expect(error.errno == .busy)
                    }
                }
            }
            var waited: [Double] = []
            let start = Clock.monotonicNanoseconds
            let complaint = try complaint {
                try node.quieten(group: records, expectedSeconds: nil) { (_) throws(VolumeFault) in
                    do { waited = try folders.map { try writes($0, since: start) } } catch {
                        throw .host(step: "write", cause: "\(error)")
                    }
                }
            }
            #expect(complaint?.contains("longer than") == true)
            #expect(waited.count == 2 && waited[0] >= 0.3 && waited[1] < waited[0] + 0.2)
        }
    }

    @Test("If one of a group cannot be frozen, none is, and nothing is copied")
    func groupWithForeignFreeze() throws {
        try mountedPair { node, records, folders in
            let foreign = try OwnedDescriptor.open(folders[1].text, .readOnly)
            try foreign.freezeFilesystem()
            var ran = false
            let complaint = try complaint {
                try node.quieten(group: records, expectedSeconds: nil) { (_) throws(VolumeFault) in ran = true
                }
            }
            #expect(complaint?.contains("another program") == true && !ran)
            #expect(try writes(folders[0]) < 0.2)
            try foreign.thawFilesystem()
            try node.quieten(group: records, expectedSeconds: nil) { (_) throws(VolumeFault) in ran = true }
            #expect(ran)
        }
    }
}
