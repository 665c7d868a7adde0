import LinuxHost
import Log
import Synchronization
import TestSupport
import Testing
import Volumes
import VolumesTestSupport

@testable import Pool

@Suite("Copies bit by bit", .requiresRoot)
struct ImageCopyTests {
    private static let size = ByteCount.mebibytes(160)

    /// Runs the body with a raw volume on ext4 that holds data at its begin and, behind a hole, at its end.
    private func source(_ body: (PoolRig, VolumeRecord) throws -> Void) throws {
        let rig = try PoolRig(on: .ext4)
        let record = try rig.created(size: Self.size, provisioning: .thin)
        let image = try rig.folder("volumes/vol").openFile("image", .readWrite)
        let block = (0..<1 << 20).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 8) }
        for index in 0..<64 { try image.pwrite(block, offset: Int64(index) << 20) }
        try image.pwrite(block, offset: Self.size.bytes - 1 << 20)
        try image.sync()
        try body(rig, record)
        #expect(try rig.entries("staging") == [])
    }

    private func copy(
        _ rig: PoolRig, _ record: VolumeRecord, holds: @escaping () -> Bool
    ) throws -> VolumeRecord {
        let copy = try rig.record("copy", size: Self.size, provisioning: .thin)
        try rig.pool.create(
            copy,
            from: .copy(.volume(record.id)) { (seconds, copying) throws(VolumeFault) in
                #expect(seconds != nil)
                try copying(holds)
            })
        return copy
    }

    @Test("A copy equals its source, its holes are holes, and it is asked often whether it still may")
    func whole() throws {
        try source { rig, record in
            var asked = 0
            _ = try copy(rig, record) {
                asked += 1
                return true
            }
            #expect(asked > 4)
            try TestTool.run("cmp", ["\(rig.path)/volumes/vol/image", "\(rig.path)/volumes/copy/image"])
            let status = try rig.folder("volumes/copy").status("image")
            #expect(try #require(status).allocatedBytes < 70 << 20)
        }
    }

    @Test(
        "A copy whose source can be held no longer ends at its next step, and leaves nothing",
        arguments: [1, 3])
    func givenUp(steps: Int) throws {
        try source { rig, record in
            var asked = 0
            let complaint = try complaint {
                _ = try copy(rig, record) {
                    asked += 1
                    return asked < steps
                }
            }
            #expect(complaint?.contains("held still") == true)
            #expect(asked == steps)
            #expect(try rig.entries("volumes") == ["vol"])
        }
    }

    @Test("A copy of a source that could be written to as the last bytes were copied is thrown away")
    func givenUpAtTheEnd() throws {
        try source { rig, record in
            var asked = 0
            _ = try copy(rig, record) {
                asked += 1
                return true
            }
            try rig.pool.remove(VolumeName(for: "copy", sha256Hex: fakeDigest))
            let last = asked
            asked = 0
            let complaint = try complaint {
                _ = try copy(rig, record) {
                    asked += 1
                    return asked < last
                }
            }
            #expect(complaint?.contains("held still") == true)
        }
    }

    @Test(
        "A copy that takes longer than a second says in the log how far it is, one that is quick says nothing"
    )
    func progress() throws {
        try source { rig, record in
            let image = try rig.folder("volumes/vol").openFile("image", .readOnly)
            // One step takes a tenth of a second on the first clock, and a whole one on the second.
            for (tenths, lines) in [(1, 0), (10, 2)] {
                let said = Mutex<[String]>([])
                let log = Logger(
                    format: .logfmt, minimum: .info,
                    sink: { bytes in
                        said.withLock { $0.append(String(decoding: bytes, as: UTF8.self)) }
                    })
                var now = 0
                var copy = ImageCopy("copy it", totalBytes: 65 << 20, log: log) {
                    defer { now += tenths }
                    return Double(now) / 10
                }
                try copy.run(from: image, to: rig.folder().createFile("copy-\(tenths)", mode: 0o600)) {}
                let texts = said.withLock { $0 }
                #expect(texts.count == lines, "\(texts)")
                #expect(
                    texts.allSatisfy { $0.contains("step=\"copy it\"") && $0.contains("size_bytes=68157440") }
                )
                if let first = texts.first { #expect(first.contains("done_bytes=16777216"), "\(first)") }
            }
        }
    }

    @Test("A pool that stops gives copies up, which is no fault of theirs, and leaves nothing")
    func stopping() throws {
        try source { rig, record in
            rig.pool.giveUpCopies()
            let kind = try fault { _ = try copy(rig, record) { true } }
            #expect(kind == .stopping)
            #expect(try rig.entries("volumes") == ["vol"])
        }
    }
}
