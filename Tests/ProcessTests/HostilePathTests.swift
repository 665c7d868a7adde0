import CSIWire
import LinuxHost
import TestSupport
import Testing

@Suite("Hostile paths", .requiresRoot)
struct HostilePathTests {
    /// Paths that are wrong as they are written.
    static let malformed = [
        "", "relative/path", "./x", "/", "//", "/tmp/../etc", "/tmp/x/..", "/tmp/./x", "..", "~/x",
        "/" + String(repeating: "x", count: 300), "/" + String(repeating: "x/", count: 3000),
    ]

    @Test("A path that is empty, relative, or holds dots is refused by name", arguments: malformed)
    func malformedPaths(path: String) throws {
        try Rig.run { rig in
            let life = try Life.published(rig)
            try rig.client.refuses(
                life.stageRequest(at: path), .invalidArgument, naming: "staging_target_path")
            try rig.client.refuses(
                life.unstageRequest(at: path), .invalidArgument, naming: "staging_target_path")
            try rig.client.refuses(life.publishRequest(at: path), .invalidArgument, naming: "target_path")
            try rig.client.refuses(life.unpublishRequest(at: path), .invalidArgument, naming: "target_path")
            if !path.isEmpty {
                try rig.client.refuses(
                    life.publishRequest(at: "\(rig.path)/t", from: path), .invalidArgument,
                    naming: "staging_target_path")
            }
            #expect(try Host.mounts(at: life.target) == 1)
            try life.end()
        }
    }

    @Test(
        "A link planted at or above a path is not followed, and what it leads to stays as it is",
        arguments: [Kind.ext4, .block])
    func links(kind: Kind) throws {
        try Rig.run { rig in
            let life = try Life(rig, kind)
            let victim = "\(rig.path)/victim"
            try Host.makeFolder(victim)
            try Host.makeFolder("\(victim)/inner")
            try Host.link("\(rig.path)/link", to: victim)
            if kind != .block {
                for path in ["\(rig.path)/link", "\(rig.path)/link/inner"] {
                    try rig.client.refuses(life.stageRequest(at: path), .invalidArgument, naming: "link")
                    #expect(try life.devices() == [])
                }
            }
            try life.stage()
            for path in ["\(rig.path)/link", "\(rig.path)/link/inner", "\(rig.path)/link/new"] {
                try rig.client.refuses(life.publishRequest(at: path), .invalidArgument, naming: "link")
            }
            // A link that leads nowhere is no free place either.
            try Host.link("\(rig.path)/dangling", to: "\(rig.path)/made-through-link")
            try rig.client.refuses(
                life.publishRequest(at: "\(rig.path)/dangling"), .invalidArgument, naming: "link")
            #expect(try Host.names(in: victim) == ["inner"])
            #expect(try !Host.exists("\(rig.path)/made-through-link"))
            try life.end()
        }
    }

    @Test("Unpublishing and unstaging through a link removes nothing")
    func linksAtTheEnd() throws {
        try Rig.run { rig in
            let life = try Life.published(rig)
            try Host.write("kept", to: "\(life.target)/file")
            let victim = "\(rig.path)/victim"
            try Host.makeFolder(victim)
            try Host.link("\(rig.path)/link", to: victim)
            try Host.link("\(rig.path)/target-link", to: life.target)
            for path in ["\(rig.path)/link", "\(rig.path)/target-link"] {
                _ = try? rig.client.call(life.unpublishRequest(at: path))
                _ = try? rig.client.call(life.unstageRequest(at: path))
            }
            #expect(try Host.exists(victim))
            #expect(try Host.read("\(life.target)/file") == "kept")
            #expect(try Host.mounts(at: life.target) == 1)
            try life.end()
        }
    }

    @Test("A missing parent of the target and a missing staging folder are refused, and not made")
    func missingParents() throws {
        try Rig.run { rig in
            let life = try Life(rig)
            let status = try rig.client.refuses(life.stageRequest(), .failedPrecondition)
            #expect(status.contains("staging_target_path"))
            #expect(try life.devices() == [])
            try life.stage()
            try rig.client.refuses(
                life.publishRequest(at: "\(rig.path)/no/such/target"), .failedPrecondition,
                naming: "target_path")
            #expect(try !Host.exists("\(rig.path)/no"))
            try life.end()
        }
    }

    @Test("Below another --kubelet-root than its own the driver touches nothing")
    func kubeletRoot() throws {
        try Rig.run(.init(flags: ["--kubelet-root", "/var/lib/loopcsi-no-such-kubelet"])) { rig in
            let life = try Life(rig)
            try Host.makeFolder(life.staging)
            try rig.client.refuses(life.stageRequest(), .invalidArgument, naming: "staging_target_path")
            try rig.client.refuses(life.publishRequest(), .invalidArgument, naming: "target_path")
            #expect(try life.devices() == [])
            try life.delete()
        }
    }
}
