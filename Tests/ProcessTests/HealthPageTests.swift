import CSIWire
import LinuxHost
import TestSupport
import Testing

@Suite("The health page names each fault while it lasts", .requiresRoot)
struct HealthPageTests {
    private static let told = Rig.Options(filesystem: .ext4, flags: Operator.flags)

    /// Waits until the page names all of it, and is not ok.
    private func expect(_ page: Operator, _ words: String...) throws {
        var last: HTTPClient.Answer?
        try waitUntil("the page names \(words), not \(last?.body ?? "")") {
            let answer = try page.get("/healthz")
            last = answer
            return answer.status == 503 && words.allSatisfy { answer.body.contains($0) }
        }
    }

    private func expectWell(_ page: Operator) throws {
        try waitUntil("the page is ok") { try page.get("/healthz").body == "ok\n" }
    }

    @Test("Torn objects, the first few by name, also while nobody asks for figures")
    func torn() throws {
        try Rig.run(Self.told) { rig in
            let page = try Operator(rig)
            let lives = try (0..<7).map { try Life(rig, .block, name: "v\($0)", bytes: 1 << 20) }
            try expectWell(page)
            let records = "\(rig.pool)/volumes"
            for index in 0..<7 {
                try Host.run("mv", "\(records)/v\(index)/volume.json", "\(rig.path)/record-\(index)")
                try Host.write("{", to: "\(records)/v\(index)/volume.json")
                if index == 0 { try expect(page, "volume v0 ", "pool default") }
            }
            try expect(page, "volume v4 ", "2 more objects are torn")
            #expect(try !page.get("/healthz").body.contains("volume v6 "))
            // The pool itself is as fit as before.
            #expect(try page.get("/readyz").status == 200)
            for index in 0..<7 {
                try Host.run("mv", "\(rig.path)/record-\(index)", "\(records)/v\(index)/volume.json")
            }
            try expectWell(page)
            for life in lives { try life.delete() }
        }
    }

    @Test("Volumes that an error made read-only, that are covered, and whose devices are gone")
    func abnormal() throws {
        try Rig.run(Self.told) { rig in
            let page = try Operator(rig)
            let broken = try Life.published(rig, .ext4, name: "broken")
            let covered = try Life.published(rig, .ext4, name: "covered")
            try expectWell(page)
            #expect(try page.scrape().value("loopcsi_volumes_abnormal", ["pool": "default"]) == 0)
            let trigger = "/sys/fs/ext4/loop\(try broken.device().number)/trigger_fs_error"
            try Host.run("sh", "-c", "echo planted > \(trigger)")
            try Host.run("mount", "-t", "tmpfs", "none", covered.staging)
            let told = Result {
                try expect(page, "volume \(broken.id) is abnormal", "read-only")
                try expect(page, "volume \(covered.id) is abnormal", "is covered by")
                _ = try page.scrape { try $0.value("loopcsi_volumes_abnormal") == 2 }
            }
            try Host.run("umount", covered.staging)
            _ = try told.get()
            _ = try page.scrape { try $0.value("loopcsi_volumes_abnormal") == 1 }
            #expect(try !page.get("/healthz").body.contains(covered.id))
            try broken.unpublish()
            try broken.unstage()
            try expectWell(page)
            try broken.stage()
            try broken.publish()
            try expectWell(page)
            try broken.end()
            try covered.end()
            _ = try page.scrape { try $0.value("loopcsi_volumes_abnormal") == 0 }
        }
    }

    @Test("Blocks of deleted volumes that cannot be given back")
    func reclaim() throws {
        try Rig.run(Self.told) { rig in
            let page = try Operator(rig)
            let life = try Life(rig, .block)
            let stuck = "\(rig.pool)/trash/stuck.0123456789abcdef"
            try Host.makeFolders("\(stuck)/in")
            try Host.run("chattr", "+i", "\(stuck)/in")
            let told = Result {
                try life.delete()
                try expect(page, "blocks of deleted objects", "pool default")
                _ = try page.scrape { try $0.value("loopcsi_pool_reclaim_failing") == 1 }
            }
            try Host.run("chattr", "-i", "\(stuck)/in")
            _ = try told.get()
            try expectWell(page)
        }
    }

    @Test("A freeze that a killed driver left and that cannot be ended")
    func frozen() throws {
        try Rig.run(Self.told) { rig in
            let life = try Life(rig)
            try rig.driver.kill9()
            try Host.makeFolders("/run/loopcsi-node/frozen")
            let note = "/run/loopcsi-node/frozen/\(life.id)"
            // Through a file no path goes, so nobody can tell what became of the freeze.
            try Host.write("/proc/version/below", to: note)
            try rig.start()
            let page = try Operator(rig)
            try expect(page, "volume \(life.id) may be left frozen")
            #expect(try page.get("/readyz").status == 200)
            try Host.removeTree(note)
            try expectWell(page)
            try life.delete()
        }
    }
}
