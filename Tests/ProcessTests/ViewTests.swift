import LinuxHost
import Synchronization
import TestSupport
import Testing

@testable import CSIWire

@Suite("Looking into pools", .requiresRoot)
struct ViewTests {
    @Test(
        "A volume in use is shown with device and mounts, with and without a driver", arguments: Kind.allCases
    )
    func inUse(kind: Kind) throws {
        try Rig.run { rig in
            let life = try Life(rig, kind)
            try life.cut()
            try life.stage()
            try life.publish()
            for isServed in [true, false] {
                if !isServed { try rig.driver.kill9() }
                try rig.expectAllIsWell()
                let volume = try #require(try rig.seen("volume", "list")["volumes"].elements.first)
                let device = try life.device()
                #expect(volume["id"] == .string(life.id) && volume["name"] == .string("vol"))
                #expect(volume["sizeBytes"] == .number("\(kind.bytes)"))
                #expect(volume["kind"] == .string(kind.rawValue) && volume["well"] == .bool(true))
                #expect(volume["device"] == .string(device.path))
                #expect(volume["staged"] == .array([.string(life.staging)]))
                #expect(volume["published"] == .array([.string(life.target)]))
                #expect(volume["otherMounts"] == .array([]))
                let details = try rig.seen("volume", "show", isServed ? "vol" : life.id)
                #expect(details["device"] == .string(device.path))
                #expect(details["extents"] != .null && details["parameters"] == .object([]))
                #expect(details["snapshots"].elements.map { $0["name"] } == [.string("snap")])
                #expect((details["usage"] == .null) == (kind == .block))
                let pool = try #require(try rig.seen("pool", "list")["pools"].elements.first)
                #expect(pool["volumes"] == .number("1") && pool["snapshots"] == .number("1"))
                #expect(pool["committedBytes"]["thick"] == .number("\(kind.bytes)"))
                #expect(pool["committedBytes"]["snapshots"] == .number("\(kind.bytes)"))
                let snapshot = try #require(try rig.seen("snapshot", "list")["snapshots"].elements.first)
                #expect(snapshot["source"] == .string(life.id))
            }
            try rig.start()
            try rig.deleteSnapshot(#require(try rig.snapshots().entries.first?.snapshot))
            try life.end()
        }
    }

    @Test("What can still be promised is what GetCapacity says, to the byte")
    func capacity() throws {
        try Rig.run(.init(filesystem: .xfs, poolWords: ",overcommit=3")) { rig in
            let life = try Life(rig, .block)
            let thin = try Life(rig, .block, name: "thin", parameters: ["provisioning": "thin"])
            let pool = try #require(try rig.seen("pool", "list")["pools"].elements.first)
            #expect(pool["reflink"] == .bool(true) && pool["filesystem"] == .string("xfs"))
            for provisioning in ["thick", "thin"] {
                let request = CSI.GetCapacityRequest(parameters: ["provisioning": provisioning])
                let capacity = try rig.client.call(request).availableCapacity
                #expect(pool["availableBytes"][provisioning] == .number("\(capacity)"))
            }
            try life.delete()
            try thin.delete()
        }
    }

    @Test("Trouble exits with 1 and says what and what to do; wrong usage exits with 2")
    func exitCodes() throws {
        try Rig.run { rig in
            let life = try Life(rig, .block)
            let other = try Life(rig, .block, name: "other")
            try Host.run("chmod", "0644", life.image)
            let check = try rig.view(["pool", "check"])
            #expect(check.code == 1 && check.output.contains("trouble: volume vol: its image has mode 0644"))
            #expect(check.output.contains("chmod 0600") && check.output.contains("default: 1 trouble found"))
            let json = try rig.view(["pool", "check", "--output", "json"])
            #expect(json.code == 1)
            let pool = try #require(try json.json()["pools"].elements.first)
            #expect(pool["well"] == .bool(false) && pool["findings"].elements[0]["kind"] == .string("access"))
            try Host.run("chmod", "0600", life.image)
            // A record that cannot be read does not keep the others from being shown.
            let record = try Host.read("\(life.folder)/volume.json")
            try Directory.open(life.folder).replace("volume.json", with: [0x7b], mode: 0o600, sync: false)
            let list = try rig.view(["volume", "list"])
            #expect(
                list.code == 1 && list.output.contains(other.id)
                    && list.output.contains("volume.json"))
            #expect(try rig.view(["volume", "show", "vol"]).code == 1)
            try Directory.open(life.folder).replace(
                "volume.json", with: Array(record.utf8), mode: 0o600, sync: false)
            #expect(try rig.view(["volume", "show", "nobody"]).complaint.contains("no volume 'nobody'"))
            for words in [
                ["pool"], ["volume", "show"], ["snapshot", "cut"], ["pool", "check", "--pull", "x"],
            ] {
                #expect(try rig.view(words).code == 2)
            }
            let missing = try rig.view(["pool", "list"], on: ["a=\(rig.path)/none", "b=\(rig.pool)"])
            #expect(missing.code == 1 && missing.output.contains(rig.pool), "\(missing)")
            #expect(missing.complaint.contains("\(rig.path)/none"))
            #expect(try !Host.exists("\(rig.path)/none"))
            try life.delete()
            try other.delete()
        }
    }

    @Test("A look from another mount namespace finds the devices and no trouble")
    func namespace() throws {
        try Rig.run(.init(isAlone: true)) { rig in
            let life = try Life.published(rig)
            let script = "umount \(life.target) && umount \(life.staging); exec \"$@\""
            let check = try rig.view(
                ["pool", "check"], behind: rig.namespace(script).map { $0 == "slave" ? "private" : $0 })
            #expect(check.code == 0 && check.output.hasPrefix("default: all is well"), "\(check)")
            #expect(try Host.mounts(at: life.target) == 1)
            try life.end()
        }
    }

    @Test(
        "A pool in a file is looked at where it is mounted, and nothing is made or mounted where it is not",
        arguments: [",image=2GiB", ",image=2GiB,image-allocation=sparse"])
    func poolInFile(words: String) throws {
        var options = Rig.Options()
        options.isInFile = true
        options.poolWords = words
        options.starts = false
        try Rig.run(options) { rig in
            let spellings = ["default=\(rig.poolFolder)\(words)", "default=\(rig.poolFolder)"]
            for pool in spellings { #expect(try rig.view(["pool", "list"], on: [pool]).code == 1) }
            #expect(try !Host.exists(rig.poolFolder))
            try rig.start()
            let life = try Life.published(rig)
            try rig.settle()
            for pool in spellings {
                let list = try rig.view(["pool", "list", "--output", "json"], on: [pool])
                let row = try #require(try list.json()["pools"].elements.first)
                #expect(list.code == 0 && row["path"] == .string(rig.pool), "\(list)")
                let capacity = try rig.client.call(CSI.GetCapacityRequest()).availableCapacity
                #expect(row["availableBytes"]["thick"] == .number("\(capacity)"))
                #expect(try rig.view(["pool", "check"], on: [pool]).output.contains("all is well"))
                #expect(try rig.view(["volume", "list"], on: [pool]).output.contains(life.target))
            }
            try life.end()
        }
    }

    @Test("Looking again and again disturbs no driver, and a driver at work is no trouble")
    func undisturbed() throws {
        try Rig.run { rig in
            let end = Clock.monotonicNanoseconds + 10_000_000_000
            let kinds = [Kind.ext4, .xfs, .block]
            let rounds = try together(6) { number in
                var rounds = 0
                while Clock.monotonicNanoseconds < end {
                    rounds += 1
                    guard number < 3 else {
                        try lookOnce(rig, number - 3)
                        continue
                    }
                    let life = try Life.published(rig, kinds[number], name: "vol-\(number)")
                    try life.unpublish()
                    try life.unstage()
                    try life.delete()
                }
                return rounds
            }
            #expect(rounds.reduce(0, +) > 20, "\(rounds)")
        }
    }

    private func lookOnce(_ rig: Rig, _ number: Int) throws {
        let commands = [["pool", "check"], ["volume", "list"], ["volume", "show", "vol-0"]]
        let viewed = try rig.view(commands[number])
        // The volume to be shown comes and goes.
        let isGone = viewed.complaint.contains("there is no volume")
        #expect(viewed.code == 0 || isGone, "\(viewed)")
    }
}
