import CSIWire
import LinuxHost
import TestSupport
import Testing

@Suite("Contract: publishing twice and read-only", .requiresRoot)
struct PublishTests {
    /// A row of the table of the specification: what a second publish on the same node answers.
    struct Row: CustomTestStringConvertible {
        let mode: CSI.AccessMode
        let otherTarget: CSICode
        /// True where the mode itself refuses writes.
        var reads = false

        var testDescription: String { "\(mode)" }
    }

    static let table = [
        Row(mode: .singleNodeSingleWriter, otherTarget: .failedPrecondition),
        Row(mode: .singleNodeMultiWriter, otherTarget: .ok),
        Row(mode: .singleNodeWriter, otherTarget: .ok),
        Row(mode: .singleNodeReaderOnly, otherTarget: .ok, reads: true),
        Row(mode: .multiNodeReaderOnly, otherTarget: .ok, reads: true),
    ]

    @Test("The table of second publishes holds", arguments: table, [Kind.ext4, .block])
    func secondPublish(row: Row, kind: Kind) throws {
        try Rig.run { rig in
            let life = try Life(rig, kind)
            try life.stage(row.mode)
            try life.publish(row.mode)
            let other = "\(rig.path)/other_target"
            #expect(try rig.client.code(of: life.publishRequest(row.mode)) == .ok)
            if !row.reads {
                try rig.client.refuses(life.publishRequest(row.mode, readOnly: true), .alreadyExists)
            }
            let another: CSI.AccessMode = row.reads ? .singleNodeWriter : .singleNodeReaderOnly
            try rig.client.refuses(life.publishRequest(another), .alreadyExists)
            #expect(try rig.client.code(of: life.publishRequest(at: other, row.mode)) == row.otherTarget)
            #expect(try Host.exists(other) == (row.otherTarget == .ok))
            #expect(try Host.mounts(at: life.target) == 1)
            try life.unpublish(at: other)
            try life.end()
        }
    }

    @Test("A single writer that is gone does not keep the next one out")
    func deadWriter() throws {
        try Rig.run { rig in
            let life = try Life(rig)
            try life.stage(.singleNodeSingleWriter)
            try life.publish(.singleNodeSingleWriter)
            // As when the folders of a dead pod are cleaned up by hand.
            try Host.run("umount", life.target)
            try Host.removeTree(life.target)
            let next = "\(rig.path)/next"
            _ = try rig.client.call(life.publishRequest(at: next, .singleNodeSingleWriter))
            try life.unpublish(at: next)
            try life.end()
        }
    }

    @Test(
        "A read-only target refuses writes while another one of the same volume takes them",
        arguments: Kind.mounted)
    func readOnlyTarget(kind: Kind) throws {
        try Rig.run { rig in
            let life = try Life(rig, kind)
            try life.stage()
            try life.publish(readOnly: true)
            let writable = "\(rig.path)/writable"
            _ = try rig.client.call(life.publishRequest(at: writable))
            try Host.write("seen", to: "\(writable)/file")
            #expect(try Host.refusesWrites(life.target))
            #expect(try Host.read("\(life.target)/file") == "seen")
            try life.unpublish()
            try Host.write("still", to: "\(writable)/other")
            try life.unpublish(at: writable)
            try life.end()
        }
    }

    @Test("A volume of a reader-only mode is attached and mounted read-only", arguments: Kind.allCases)
    func readerOnly(kind: Kind) throws {
        try Rig.run { rig in
            let life = try Life(rig, kind)
            try life.stage(.singleNodeReaderOnly)
            try life.publish(.singleNodeReaderOnly)
            #expect(try life.device().status()?.readOnly == true)
            if kind != .block { #expect(try Host.refusesWrites(life.target)) }
            #expect(try life.stats().volumeCondition?.abnormal == false)
            try rig.client.refuses(life.publishRequest(at: "\(rig.path)/w"), .failedPrecondition)
            try life.end()
        }
    }

    @Test("A block volume published read-only cannot be written through its node")
    func readOnlyBlock() throws {
        try Rig.run { rig in
            let life = try Life(rig, .block)
            try life.stage()
            try life.publish(readOnly: true)
            func write() -> Bool {
                do {
                    let node = try OwnedDescriptor.open(life.target, .readWrite)
                    try node.pwrite([UInt8](repeating: 7, count: 4096), offset: 0)
                    try node.sync()
                    return true
                } catch { return false }
            }
            #expect(!write())
            #expect(try life.device().isReadOnly())
            try life.unpublish()
            try life.publish()
            #expect(write())
            // The block comes back on the device whatever node is used.
            let node = try OwnedDescriptor.open(life.target, .readOnly)
            #expect(try node.preadExactly(offset: 0, count: 4096) == [UInt8](repeating: 7, count: 4096))
            try node.close()
            try life.end()
        }
    }

    @Test("Several targets of one volume come and go in any order", arguments: Kind.allCases)
    func manyTargets(kind: Kind) throws {
        try Rig.run { rig in
            let life = try Life.published(rig, kind)
            let others = (1...4).map { "\(rig.path)/t\($0)" }
            for path in others { _ = try rig.client.call(life.publishRequest(at: path)) }
            try rig.client.refuses(life.unstageRequest(), .failedPrecondition, naming: life.target)
            try life.unpublish()
            for path in others.reversed() {
                try rig.client.refuses(life.unstageRequest(), .failedPrecondition)
                try life.unpublish(at: path)
            }
            try life.end()
        }
    }
}
