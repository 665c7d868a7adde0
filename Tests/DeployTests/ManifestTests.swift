import LinuxHost
import TestSupport
import Testing

/// That the files of deploy/ and examples/ are what Kubernetes and kustomize take.
@Suite("The manifests")
struct ManifestTests {
    @Test("Every file parses, and no document is nameless or of no kind")
    func parse() throws {
        let documents = try Manifests.all.get()
        #expect(Set(documents.map(\.file)).count > 10)
        for document in documents where document.kind != "Kustomization" && document.kind != "Component" {
            #expect(!document.kind.isEmpty && !document.name.isEmpty, "\(document)")
            #expect(!document.value["apiVersion"].text.isEmpty, "\(document)")
        }
    }

    @Test("A key that is there twice is refused, as one of the two would be dropped silently")
    func twice() throws {
        let folder = try TemporaryFolder()
        try folder.open().replace("a.yaml", with: Array("a: 1\nb: 2\na: 3\n".utf8), mode: 0o600, sync: false)
        #expect(throws: Manifests.Unreadable.self) { try Manifests.read(["\(folder.path)/a.yaml"]) }
    }

    @Test("Every field is a published one")
    func fields() throws {
        for document in try Manifests.all.get() {
            let strangers = PublishedFields.strangers(in: document)
            #expect(strangers.isEmpty, "\(strangers.joined(separator: "\n"))")
        }
    }

    @Test(
        "The check of fields finds a misspelled, a misplaced and a misshapen one",
        arguments: [
            ("kind: CSIDriver\nspec: {attachRequred: false}", "CSIDriver.spec.attachRequred"),
            ("kind: Pod\nspec: {containers: [{name: a, fsGroup: 1}]}", "Pod.spec.containers.fsGroup"),
            ("kind: Pod\nspec: {containers: [{name: {a: b}}]}", "Pod.spec.containers.name"),
            ("kind: Pod\nspec: pods", "Pod.spec"),
            ("kind: Pot", "the kind"),
        ])
    func fieldsCanFail(text: String, place: String) throws {
        let folder = try TemporaryFolder()
        try folder.open().replace("a.yaml", with: Array(text.utf8), mode: 0o600, sync: false)
        let strangers = PublishedFields.strangers(
            in: try #require(try Manifests.read(["\(folder.path)/a.yaml"]).first))
        #expect(strangers.count == 1)
        #expect(strangers.first?.contains(place) == true, "\(strangers)")
    }

    @Test("Every file belongs to an overlay that can be applied, so that none is dead")
    func belongs() throws {
        let optional = try Overlay(
            "deploy/cluster",
            with: ["metrics", "relay-metrics", "inline-policy"].map { "deploy/components/\($0)" })
        let known = try Set(
            Overlay.applied.flatMap { try Overlay($0).documents.map(\.file) } + optional.documents.map(\.file)
        )
        let patches = try Manifests.all.get().flatMap { document in
            document.value["patches"].elements.map { patch in
                String(document.file.dropLast("kustomization.yaml".count)) + patch["path"].text
            }
        }
        for file in Manifests.paths(below: "deploy") where !file.hasSuffix("/kustomization.yaml") {
            #expect(known.contains(file) || patches.contains(file), "\(file)")
        }
    }

    @Test(
        "Labels pair up: what an object selects, its pods carry once kustomize has added the common label",
        arguments: Overlay.applied)
    func selectors(folder: String) throws {
        for (owner, _) in try Overlay(folder).workloads {
            var labels = owner.value.at("spec.template.metadata.labels").entries
            labels["app.kubernetes.io/name"] = .text("loopcsi")
            for (key, value) in owner.value.at("spec.selector.matchLabels").entries {
                #expect(labels[key] == value, "\(owner): \(key)")
            }
        }
    }

    @Test(
        "kubectl renders the same objects with the same images and arguments",
        .enabled("there is no kubectl here") { Tool.find("kubectl") != nil }, arguments: Overlay.applied)
    func rendered(folder: String) throws {
        let temporary = try TemporaryFolder()
        let kubectl = try #require(Tool.find("kubectl"))
        let output = "\(temporary.path)/out.yaml"
        let result = try kubectl.run(
            ["kustomize", "\(Manifests.root)/\(folder)", "--output", output], deadlineSeconds: 60)
        try #require(result.exitStatus == 0, "\(result.standardError)")
        let theirs = try Manifests.read([output])
        let ours = try Overlay(folder)
        #expect(Set(theirs.map(Self.key)) == Set(ours.documents.map(Self.key)))
        for document in theirs {
            #expect(PublishedFields.strangers(in: document).isEmpty)
            let pod = document.value.at("spec.template.spec")
            guard pod != .null else { continue }
            let own = try #require(ours.document(document.kind, document.name)).at("spec.template.spec")
            for field in ["image", "args", "command", "volumeMounts"] {
                #expect(Self.byName(pod, field) == Self.byName(own, field), "\(document): \(field)")
            }
            #expect(
                Set(pod["volumes"].elements.map(\.["name"].text))
                    == Set(own["volumes"].elements.map(\.["name"].text)))
        }
    }

    /// Kind and name, without the digest that kustomize adds to a ConfigMap's.
    private static func key(_ document: Document) -> String {
        document.kind == "ConfigMap" ? "ConfigMap" : "\(document.kind) \(document.name)"
    }

    private static func byName(_ pod: Value, _ field: String) -> [String: Value] {
        Dictionary(uniqueKeysWithValues: pod["containers"].elements.map { ($0["name"].text, $0[field]) })
    }
}
