import FoundationEssentials
import Testing

@testable import DriverApp

/// The pages for users.
enum Pages {
    /// The text of a page, if it is there.
    static func text(_ path: String) -> String? {
        FileManager.default.contents(atPath: "\(Manifests.root)/\(path)")
            .flatMap { String(bytes: $0, encoding: .utf8) }
    }

    /// The paths of all pages.
    static let all: [String] = {
        let folders = ["docs", "examples", "deploy"]
        let below = folders.flatMap { folder in
            ((try? FileManager.default.subpathsOfDirectory(atPath: "\(Manifests.root)/\(folder)")) ?? [])
                .map { "\(folder)/\($0)" }
        }
        return (["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"] + below).filter { $0.hasSuffix(".md") }
            .sorted()
    }()
}

/// That the pages keep up with the program.
@Suite("The pages")
struct PageTests {
    @Test(
        "Every flag of serve has its line in the reference, with its environment twin, and no other has one")
    func flags() throws {
        let page = try #require(Pages.text("docs/reference.md"))
        let table = page.split(separator: "\n").compactMap { line in
            line.firstMatch(of: /^\| `--([a-z-]+)` \| `(LOOPCSI_[A-Z_]+)`/).map {
                (String($0.1), String($0.2))
            }
        }
        #expect(Set(table.map(\.0)) == Set(ServeOptions.flags))
        for (flag, twin) in table {
            #expect(twin == "LOOPCSI_" + flag.uppercased().map { $0 == "-" ? "_" : "\($0)" }.joined())
        }
    }

    @Test("A link to a file of the repository leads somewhere", arguments: Pages.all)
    func links(page: String) throws {
        let text = try #require(Pages.text(page))
        let folder = page.split(separator: "/").dropLast().map(String.init)
        for match in text.matches(of: /\]\(([^)#:]+)(#[^)]*)?\)/) {
            var parts = folder
            for part in match.output.1.split(separator: "/") {
                if part == ".." { parts.removeLast() } else if part != "." { parts.append(String(part)) }
            }
            let path = "\(Manifests.root)/\(parts.joined(separator: "/"))"
            #expect(FileManager.default.fileExists(atPath: path), "\(match.output.1)")
        }
    }

    @Test("A link to a heading finds it", arguments: Pages.all)
    func headings(page: String) throws {
        let text = try #require(Pages.text(page))
        let folder = page.split(separator: "/").dropLast().map(String.init)
        for match in text.matches(of: /\]\(([^)#:]*)#([^)]+)\)/) {
            var parts = match.output.1.isEmpty ? page.split(separator: "/").map(String.init) : folder
            for part in match.output.1.split(separator: "/") {
                if part == ".." { parts.removeLast() } else if part != "." { parts.append(String(part)) }
            }
            let target = try #require(Pages.text(parts.joined(separator: "/")), "\(match.output.1)")
            let headings = target.split(separator: "\n").filter { $0.hasPrefix("#") }.map(Self.anchor)
            #expect(headings.contains(String(match.output.2)), "\(match.output.1)#\(match.output.2)")
        }
    }

    /// As the pages are shown: letters, digits, dashes, with dashes for blanks.
    private static func anchor(_ heading: Substring) -> String {
        heading.drop { $0 == "#" || $0 == " " }.lowercased().compactMap { character in
            if character == " " { return "-" }
            return character.isLetter || character.isNumber || character == "-" || character == "_"
                ? String(character) : nil
        }.joined()
    }

    @Test("The way back from a cluster removes what only a cluster has")
    func wayBack() throws {
        let page = try #require(Pages.text("docs/cluster.md"))
        let one = try Set(Overlay("deploy/single-node").documents.map { "\($0.kind) \($0.name)" })
        let added = try Overlay("deploy/cluster").documents.filter { !one.contains("\($0.kind) \($0.name)") }
        #expect(added.count >= 4)
        for document in added { #expect(page.contains(" \(document.kind.lowercased())/\(document.name)")) }
    }

    @Test(
        "The page on installing names one release of the snapshot project for its API, controller and sidecar"
    )
    func snapshotRelease() throws {
        let page = try #require(Pages.text("docs/install.md"))
        let overlay = try Overlay("deploy/single-node-snapshots")
        let containers = overlay.workloads.flatMap { $0.pod["containers"].elements }
        let sidecar = try #require(containers.first { $0["name"] == .text("csi-snapshotter") })["image"].text
        let version = try #require(sidecar.split(separator: ":").last)
        let refs = page.matches(of: /external-snapshotter\/[a-z\/-]+\?ref=(v[0-9.]+)/).map(\.output.1)
        #expect(refs.count == 2 && refs.allSatisfy { $0 == version })
        // The manifests of a release name the controller's image of the one before.
        #expect(
            page.contains("snapshot-controller=registry.k8s.io/sig-storage/snapshot-controller:\(version)\n"))
    }

    @Test("A manifest that a page applies is there", arguments: Pages.all)
    func applied(page: String) throws {
        let text = try #require(Pages.text(page))
        for match in text.matches(of: /kubectl (?:apply|delete|create) -[fk] ([a-z][a-z0-9\/.-]+)/) {
            let path = "\(Manifests.root)/\(match.output.1)"
            #expect(FileManager.default.fileExists(atPath: path), "\(match.output.1)")
        }
    }
}
