import FoundationEssentials

/// What `kubectl apply -k` would apply, worked out here, as far as these manifests use kustomize.
///
/// Names, labels and namespaces that kustomize would add are left out.
struct Overlay: Sendable {
    /// The folders that a user applies.
    static let applied =
        ["deploy/single-node", "deploy/single-node-snapshots"] + clusters

    /// Those for many nodes.
    static let clusters = [
        "deploy/cluster", "deploy/cluster-snapshots", "deploy/cluster-cert-manager", "deploy/shared-pool",
    ]

    private(set) var documents: [Document] = []

    /// An overlay with components on top, as one of a user's own may have.
    init(_ folder: String, with components: [String] = []) throws {
        for part in [folder] + components { try add(part) }
    }

    /// The document of a kind and name.
    func document(_ kind: String, _ name: String) -> Value? {
        documents.first { $0.kind == kind && $0.name == name }?.value
    }

    /// The pod templates, with what they are of.
    var workloads: [(owner: Document, pod: Value)] {
        documents.compactMap { document in
            let pod = document.value.at("spec.template.spec")
            return pod == .null ? nil : (document, pod)
        }
    }

    private mutating func add(_ folder: String) throws {
        let file = "\(folder)/kustomization.yaml"
        guard let kustomization = try Manifests.documents(of: file).first?.value else {
            throw Manifests.Unreadable(description: "\(file) is missing")
        }
        for entry in kustomization["resources"].texts + kustomization["components"].texts {
            let path = Self.joined(folder, entry)
            if path.hasSuffix(".yaml") {
                let added = try Manifests.documents(of: path)
                guard !added.isEmpty else { throw Manifests.Unreadable(description: "\(path) is missing") }
                documents += added
            } else {
                try add(path)
            }
        }
        for map in kustomization["configMapGenerator"].elements {
            let made = Self.configMap(map, file)
            if map["behavior"] == .text("merge") {
                guard
                    let index = documents.firstIndex(where: { $0.kind == "ConfigMap" && $0.name == made.name }
                    )
                else { throw Manifests.Unreadable(description: "\(file) merges what is not there") }
                documents[index].value = documents[index].value.merged(with: made.value)
            } else {
                documents.append(made)
            }
        }
        for patch in kustomization["patches"].elements { try apply(Self.joined(folder, patch["path"].text)) }
        for image in kustomization["images"].elements { replace(image) }
    }

    /// Lays the documents of a patch over those of the same kind and name.
    private mutating func apply(_ path: String) throws {
        let patches = try Manifests.documents(of: path)
        guard !patches.isEmpty else { throw Manifests.Unreadable(description: "\(path) is missing") }
        for patch in patches {
            guard let index = documents.firstIndex(where: { $0.kind == patch.kind && $0.name == patch.name })
            else { throw Manifests.Unreadable(description: "\(patch) has nothing to patch") }
            documents[index].value = documents[index].value.merged(with: patch.value)
        }
    }

    private mutating func replace(_ image: Value) {
        let name = image["newName"].text.isEmpty ? image["name"].text : image["newName"].text
        let full = "\(name):\(image["newTag"].text)"
        for index in documents.indices {
            let containers = documents[index].value.at("spec.template.spec.containers").elements
            let changed = containers.filter { $0["image"] == image["name"] }.map {
                Value.map(["name": $0["name"], "image": .text(full)])
            }
            guard !changed.isEmpty else { continue }
            let patch = Value.map([
                "spec": .map(["template": .map(["spec": .map(["containers": .list(changed)])])])
            ])
            documents[index].value = documents[index].value.merged(with: patch)
        }
    }

    private static func configMap(_ map: Value, _ file: String) -> Document {
        var data: [String: Value] = [:]
        for literal in map["literals"].texts {
            let pair = literal.split(separator: "=", maxSplits: 1).map(String.init)
            data[pair[0]] = .text(pair.count == 2 ? pair[1] : "")
        }
        return Document(
            file: file,
            value: .map([
                "apiVersion": .text("v1"), "kind": .text("ConfigMap"),
                "metadata": .map(["name": map["name"]]), "data": .map(data),
            ]))
    }

    /// A path from a folder, with `..` resolved.
    private static func joined(_ folder: String, _ path: String) -> String {
        var parts = folder.split(separator: "/").map(String.init)
        for part in path.split(separator: "/") {
            if part == ".." { parts.removeLast() } else { parts.append(String(part)) }
        }
        return parts.joined(separator: "/")
    }
}
