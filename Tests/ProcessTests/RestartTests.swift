import CSIWire
import LinuxHost
import TestSupport
import Testing

@Suite("Restarts, crashes and reboots", .requiresRoot)
struct RestartTests {
    @Test(
        "After SIGKILL the file system stays usable, and every next call goes on from what is there",
        arguments: Kind.mounted)
    func killWhileMounted(kind: Kind) throws {
        try Rig.run { rig in
            let life = try Life.published(rig, kind)
            try Host.write("before", to: "\(life.target)/before")
            try rig.driver.kill9()
            // No driver at all, and a writer sees nothing of it.
            for number in 1...20 { try Host.write("during", to: "\(life.target)/during-\(number)") }
            try rig.start()
            try Host.write("after", to: "\(life.target)/after")
            let device = try life.device()
            try life.stage()
            try life.publish()
            #expect(try life.device() == device)
            #expect(try Host.mounts(at: life.staging) == 1 && Host.mounts(at: life.target) == 1)
            try rig.client.refuses(life.stageRequest(.singleNodeReaderOnly), .alreadyExists)
            try rig.client.refuses(life.publishRequest(readOnly: true), .alreadyExists)
            try rig.client.refuses(life.deleteRequest, .failedPrecondition)
            #expect(try Host.read("\(life.target)/during-20") == "during")
            #expect(try life.stats().volumeCondition?.abnormal == false)
            try life.end()
        }
    }

    @Test("A block volume goes through the same")
    func killWithBlock() throws {
        try Rig.run { rig in
            let life = try Life.published(rig, .block)
            let device = try life.device()
            try Host.holding(life.target) {
                try rig.restartAfterKill()
                try life.stage()
                try life.publish()
            }
            #expect(try life.device() == device)
            try rig.client.refuses(life.deleteRequest, .failedPrecondition)
            try life.end()
        }
    }

    @Test("SIGTERM leaves mounts and devices as they are")
    func stopWhileMounted() throws {
        try Rig.run { rig in
            let life = try Life.published(rig)
            #expect(try rig.driver.stop() == .exited(0))
            try Host.write("during", to: "\(life.target)/during")
            #expect(try life.devices().count == 1)
            try rig.start()
            #expect(try Host.read("\(life.target)/during") == "during")
            try life.end()
        }
    }

    @Test("After a reboot a volume is staged and published again with its data", arguments: Kind.allCases)
    func reboot(kind: Kind) throws {
        try Rig.run { rig in
            let life = try Life.published(rig, kind)
            if kind != .block { try Host.write("kept", to: "\(life.target)/file") }
            // What a reboot leaves: folders and notes, but neither mounts nor devices.
            try rig.driver.kill9()
            try KernelLeaks.clear(below: rig.path)
            #expect(try life.devices() == [])
            try rig.start()
            // It is noted in the node's own folder, which ends with the kernel, and in no pool.
            #expect(try !Host.exists("\(life.folder)/staging.json"))
            try rig.client.refuses(life.publishRequest(), .failedPrecondition)
            try rig.client.refuses(
                CSI.NodeGetVolumeStatsRequest(volumeID: life.id, volumePath: life.target), .notFound)
            try life.stage(.singleNodeMultiWriter)
            try life.publish(.singleNodeMultiWriter)
            if kind != .block { #expect(try Host.read("\(life.target)/file") == "kept") }
            try life.end()
        }
    }

    @Test(
        "After a reboot a volume can be unpublished, unstaged and deleted at once",
        arguments: [Kind.ext4, .block])
    func rebootAndEnd(kind: Kind) throws {
        try Rig.run { rig in
            let life = try Life.published(rig, kind)
            try KernelLeaks.clear(below: rig.path)
            try life.end()
            #expect(try !Host.exists(life.target))
        }
    }

    @Test("A leftover in staging is swept at the next start, unless its builder still holds it")
    func leftovers() throws {
        try Rig.run { rig in
            #expect(try rig.driver.stop() == .exited(0))
            for name in ["vol.12345678", "other.12345678"] {
                try Host.makeFolder("\(rig.pool)/staging/\(name)")
                try Host.write("half", to: "\(rig.pool)/staging/\(name)/image")
            }
            try Host.makeFolder("\(rig.pool)/trash/gone.12345678")
            try Host.write("gone", to: "\(rig.pool)/trash/gone.12345678/image")
            let builder = try Directory.open("\(rig.pool)/staging/other.12345678")
            #expect(try builder.tryLock(.exclusive))
            try rig.start()
            try waitUntil("the leftovers are gone") { try rig.files() == ["staging/other.12345678"] }
            #expect(try rig.client.call(CSI.ListVolumesRequest()).entries == [])
            try builder.unlock()
            #expect(try rig.driver.stop() == .exited(0))
            try rig.start()
            #expect(try rig.files() == [])
        }
    }

    @Test("SIGTERM during creations ends with 0, and no half of a volume is left", arguments: 1...4)
    func stopDuringCreate(seed: Int) throws {
        try Rig.run { rig in
            let client = rig.client
            var random = Seeded(UInt64(seed))
            let driver = try rig.driver
            let pause = Int64(random.next() % 40_000_000)
            let answers = try together(4) { number -> CSICode? in
                if number == 0 {
                    Clock.sleep(nanoseconds: pause)
                    let ending = try driver.stop()
                    #expect(ending == .exited(0))
                    return nil
                }
                do {
                    return try client.code(of: Kind.xfs.create("v\(number)"))
                } catch { return nil }
            }
            #expect(Set(answers.compactMap { $0 }).isSubset(of: [.ok, .unavailable]), "\(answers)")
            try rig.start()
            #expect(try rig.files().allSatisfy { $0.hasPrefix("volumes/") })
            for number in 1...3 { try Life(rig, .xfs, name: "v\(number)").delete() }
            try waitUntil("the trash is empty") { try rig.files() == [] }
        }
    }

    @Test("Killed at any moment of a life, a restart and a replay end with nothing left", arguments: 1...8)
    func killAnywhere(seed: Int) throws {
        try Rig.run { rig in
            var random = Seeded(UInt64(seed))
            let kind: Kind = [.ext4, .block, .ext4, .xfs][seed % 4]
            let client = rig.client
            for _ in 1...6 {
                let driver = try rig.driver
                let pause = Int64(random.next() % 60_000_000)
                let killer = try OwnThread.start(name: "killer") {
                    Clock.sleep(nanoseconds: pause)
                    driver.kill9()
                }
                do {
                    while true {
                        let life = try Life.published(rig, kind)
                        try life.end()
                    }
                } catch is CSIStatus {
                    // A driver that was killed answers nothing, so this is a refusal and none is due.
                    Issue.record("a step of a plain life was refused; the log: \(rig.log.suffix(2000))")
                } catch {
                    // The connection was lost; where the life stood then is what this is about.
                }
                try killer.join()
                try rig.start()
                #expect(try rig.files().allSatisfy { !$0.hasPrefix("staging/") })
                let life = try Life.published(rig, kind)
                #expect(try life.devices().count == 1)
                #expect(try Host.mounts(at: life.target) == 1)
                if random.next() % 2 == 0 { try life.end() }
                _ = try client.call(CSI.ProbeRequest())
            }
            try Life(rig, kind).end()
        }
    }
}
