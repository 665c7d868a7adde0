import CSIWire
import LinuxHost
import TestSupport
import Testing

@Suite("The whole life of a volume", .requiresRoot)
struct LifeTests {
    @Test("A volume is created, staged, published, used, and leaves nothing behind", arguments: Kind.allCases)
    func wholeLife(kind: Kind) throws {
        try Rig.run { rig in
            let life = try Life.published(rig, kind)
            #expect(try life.devices().count == 1)
            if kind == .block {
                #expect(try FileStatus.at(life.target)?.kind == .blockDevice)
                #expect(try Host.names(in: life.staging) == [])
            } else {
                try Host.write("hello", to: "\(life.target)/file")
                #expect(try Host.read("\(life.staging)/file") == "hello")
            }
            #expect(try life.stats().usage.first?.total ?? 0 > 0)
            try life.unpublish()
            #expect(try !Host.exists(life.target))
            try life.unstage()
            #expect(try life.devices() == [])
            // Kubelet removes the staging folder with a plain rmdir.
            #expect(try Host.names(in: life.staging) == [])
            try life.delete()
        }
    }

    @Test("Every step may be repeated ten times", arguments: Kind.allCases)
    func repeated(kind: Kind) throws {
        try Rig.run { rig in
            let life = try Life.published(rig, kind)
            for _ in 1...10 {
                #expect(try Life(rig, kind).id == life.id)
                try life.stage()
                try life.publish()
            }
            #expect(try life.devices().count == 1)
            #expect(try Host.mounts(at: life.target) == 1)
            #expect(try Host.mounts(at: life.staging) == (kind == .block ? 0 : 1))
            for _ in 1...10 { try life.unpublish() }
            for _ in 1...10 { try life.unstage() }
            for _ in 1...10 { try life.delete() }
        }
    }
}
