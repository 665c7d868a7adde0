import LinuxHost
import TestSupport
import Testing
import Volumes
import VolumesTestSupport

@testable import Pool

@Suite("Notes and locks of the node", .requiresRoot)
struct NodeFolderTests {
    @Test(
        "A start removes half-written notes and locks without holders, and nothing else",
        arguments: NodeFolder.allCases)
    func sweep(place: NodeFolder) throws {
        let folder = try place.ensure()
        let torn = "\(Directory.temporaryPrefix)\(RandomBytes.hex(byteCount: 8))"
        let written = "\(Directory.temporaryPrefix)\(RandomBytes.hex(byteCount: 8))"
        for name in [torn, written] { try folder.write(name, [0x7b], mode: 0o600) }
        let writer = try folder.openFile(written, .readWrite)
        #expect(try writer.tryLock(.exclusive))
        let held = "held-\(RandomBytes.hex(byteCount: 8))"
        let left = "left-\(RandomBytes.hex(byteCount: 8))"
        if place == .locks { try folder.write(left, [], mode: 0o600) }
        let lock = try VolumeLock.take(held)
        // Drivers of other tests sweep here as well, so what this one removes is not told for sure.
        _ = NodeFolder.sweepAll()
        #expect(try folder.status(torn) == nil && folder.status(left) == nil)
        #expect(try folder.status(written) != nil)
        #expect(try NodeFolder.locks.ensure().status(held) != nil)
        if let lock { try lock.release() }
        try folder.removeFile(written)
        try writer.unlock()
    }

    @Test("Half-written notes of pools are removed as well")
    func memory() throws {
        let folder = try TemporaryFolder()
        let names = try Directory.open(folder.path)
        let torn = "\(Directory.temporaryPrefix)0123456789abcdef"
        try names.write(torn, [], mode: 0o600)
        try names.write("a.json", [], mode: 0o600)
        PoolMemory(folder: folder.path, log: quiet).sweep()
        #expect(try names.entries() == ["a.json"])
        // There need not be a folder.
        PoolMemory(folder: "\(folder.path)/none", log: quiet).sweep()
    }

    @Test("A call waits for another driver's on the same volume, and goes on when that ends")
    func waits() throws {
        let id = try VolumeID(pool: PoolRig().pool.pool.id, name: known(VolumeName(folder: "lock")))
        let node = KernelNode(pools: [], lockPatience: 60_000_000_000, log: quiet)
        guard let lock = try VolumeLock.take(node.noteName(of: id)) else {
            Issue.record("the lock is taken")
            return
        }
        let held = HeldLock(lock)
        _ = try OwnThread.start(name: "other") {
            // Long enough for the call to meet it, mostly; it goes on whenever this ends.
            Clock.sleep(nanoseconds: 100_000_000)
            held.release()
        }
        let outcome = try node.withLock(of: id, .work) { () throws(VolumeFault) in 1 }
        #expect(outcome == 1)
    }

    @Test("One that does not end is told of, and what tidies up does not wait for it")
    func pending() throws {
        let id = try VolumeID(pool: PoolRig().pool.pool.id, name: known(VolumeName(folder: "lock")))
        let node = KernelNode(pools: [], lockPatience: 20_000_000, log: quiet)
        let endless = KernelNode(pools: [], lockPatience: .max / 2, log: quiet)
        guard let lock = try VolumeLock.take(node.noteName(of: id)) else {
            Issue.record("the lock is taken")
            return
        }
        for purpose in [LockPurpose.work, .takeDown] {
            #expect(throws: VolumeFault.operationPending("\(id), by another driver on this node")) {
                try node.withLock(of: id, purpose) { () throws(VolumeFault) in }
            }
        }
        #expect(throws: VolumeFault.operationPending("\(id), by another driver on this node")) {
            try endless.withLock(of: id, .tidyUp) { () throws(VolumeFault) in }
        }
        try lock.release()
    }
}

/// A lock that another thread gives back.
private final class HeldLock: @unchecked Sendable {
    private var lock: VolumeLock?

    init(_ lock: consuming VolumeLock) { self.lock = consume lock }

    func release() {
        do {
            if let lock = lock.take() { try lock.release() }
        } catch {
            Issue.record(error)
        }
    }
}
