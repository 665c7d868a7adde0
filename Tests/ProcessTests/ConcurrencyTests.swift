import CSIWire
import LinuxHost
import TestSupport
import Testing

@Suite("Calls at once", .requiresRoot)
struct ConcurrencyTests {
    @Test(
        "Identical creations at once make one image; each is OK with the same answer, or ABORTED",
        arguments: Kind.allCases)
    func creations(kind: Kind) throws {
        try Rig.run { rig in
            for round in 1...5 {
                let request = kind.create("pvc-\(round)")
                let client = rig.client
                let answers = try together(8) { _ -> String in
                    do {
                        return try client.call(request).volume?.volumeID ?? ""
                    } catch let status as CSIStatus where status.code == .aborted {
                        return "ABORTED"
                    }
                }
                let ids = Set(answers.filter { $0 != "ABORTED" })
                #expect(ids.count == 1, "\(answers)")
                #expect(try rig.files() == ["volumes/pvc-\(round)"])
                _ = try rig.client.call(CSI.DeleteVolumeRequest(volumeID: ids.first ?? ""))
                try waitUntil("the trash is empty") { try rig.files() == [] }
            }
        }
    }

    @Test("Identical stages and publishes at once make one device and one mount", arguments: Kind.allCases)
    func stages(kind: Kind) throws {
        try Rig.run { rig in
            let client = rig.client
            let life = try Life(rig, kind)
            try Host.makeFolder(life.staging)
            for _ in 1...5 {
                let stage = life.stageRequest()
                let staged = try together(8) { _ in try client.code(of: stage) }
                #expect(staged.contains(.ok) && Set(staged).isSubset(of: [.ok, .aborted]), "\(staged)")
                #expect(try life.devices().count == 1)
                let publish = life.publishRequest()
                let published = try together(8) { _ in try client.code(of: publish) }
                #expect(
                    published.contains(.ok) && Set(published).isSubset(of: [.ok, .aborted]), "\(published)")
                #expect(try Host.mounts(at: life.target) == 1)
                #expect(try Host.mounts(at: life.staging) == (kind == .block ? 0 : 1))
                let unpublish = life.unpublishRequest()
                let unpublished = try together(8) { _ in try client.code(of: unpublish) }
                #expect(Set(unpublished).isSubset(of: [.ok, .aborted]), "\(unpublished)")
                let unstage = life.unstageRequest()
                let unstaged = try together(8) { _ in try client.code(of: unstage) }
                #expect(Set(unstaged).isSubset(of: [.ok, .aborted]), "\(unstaged)")
                #expect(try life.devices() == [])
            }
            try life.end()
        }
    }

    @Test(
        "Every call at once on one volume: codes of the contract only, and never two of anything",
        arguments: [Kind.ext4, .block])
    func mixture(kind: Kind) throws {
        try Rig.run { rig in
            let client = rig.client
            let life = try Life(rig, kind)
            try Host.makeFolder(life.staging)
            let create = kind.create("vol")
            let delete = life.deleteRequest
            let (stage, unstage) = (life.stageRequest(), life.unstageRequest())
            let (publish, unpublish) = (life.publishRequest(), life.unpublishRequest())
            let stats = CSI.NodeGetVolumeStatsRequest(volumeID: life.id, volumePath: life.target)
            // What a call may answer is what it would in some order of all of them.
            let allowed: Set<CSICode> = [.ok, .aborted, .failedPrecondition, .notFound]
            let codes = try together(8) { number in
                var random = Seeded(UInt64(number) + 1)
                return try (1...60).map { _ -> CSICode in
                    switch random.next() % 9 {
                    case 0, 1: try client.code(of: stage)
                    case 2, 3: try client.code(of: publish)
                    case 4: try client.code(of: unpublish)
                    case 5: try client.code(of: unstage)
                    case 6: try client.code(of: delete)
                    case 7: try client.code(of: create)
                    default: try client.code(of: stats)
                    }
                }
            }
            let odd = Set(codes.joined()).subtracting(allowed)
            #expect(
                odd.isEmpty,
                "\(odd); the log: \(rig.log.split(separator: "\n").filter { $0.contains("INTERNAL") })")
            #expect(try life.devices().count <= 1)
            #expect(try Host.mounts(at: life.target) <= 1)
            #expect(try Host.mounts(at: life.staging) <= 1)
            try life.end()
        }
    }

    @Test("Many volumes at once come and go without touching each other")
    func manyVolumes() throws {
        try Rig.run { rig in
            _ = try together(8) { number in
                for _ in 1...4 {
                    let life = try Life(rig, [.ext4, .block][number % 2], name: "v\(number)")
                    try life.stage()
                    try life.publish()
                    #expect(try life.devices().count == 1)
                    try life.end()
                }
            }
        }
    }

    @Test("An operation whose caller gave up runs to its end, and its repeat is told so or finds it done")
    func abandoned() throws {
        try Rig.run { rig in
            let request = Kind.xfs.create("vol")
            do {
                _ = try rig.client.call(request, timeout: 0.001)
            } catch {}
            try waitUntil("the repeat is answered") { try rig.client.code(of: request) == .ok }
            #expect(try rig.files() == ["volumes/vol"])
            try Life(rig, .xfs).delete()
        }
    }
}

/// A small generator whose numbers depend on the seed alone (xorshift64*).
struct Seeded: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

    mutating func next() -> UInt64 {
        state ^= state >> 12
        state ^= state << 25
        state ^= state >> 27
        return state &* 0x2545_F491_4F6C_DD1D
    }
}
