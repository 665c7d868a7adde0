import Testing

@testable import DriverApp

/// The container of an installation that runs this program, as the driver of a node or as the relay.
struct DriverContainer {
    let pod: Value
    let container: Value
    /// Its variables; what Kubernetes fills in stays as `$(NAME)`.
    let environment: [String: String]

    /// Finds it in the workload of a kind.
    init(_ kind: String, in overlay: Overlay) throws {
        let owner = try #require(overlay.workloads.first { $0.owner.kind == kind })
        pod = owner.pod
        container = try #require(pod["containers"].elements.first { $0["name"] == .text("loopcsi") })
        environment = try overlay.environment(of: container)
    }

    /// The options as the program would read them.
    func options() throws -> ServeOptions {
        let twins = Set(ServeOptions.flags.map(Self.twin))
        for key in environment.keys where key.hasPrefix("LOOPCSI_") {
            #expect(twins.contains(key), "\(key) is no twin of a flag")
        }
        let arguments = container["args"].texts
        try #require(arguments.first == "serve")
        let found = environment
        return try ServeOptions(Array(arguments.dropFirst())) { found[$0] }
    }

    /// The value of a flag, from arguments or environment.
    func flag(_ name: String) -> String? {
        let argument = container["args"].texts.first { $0.hasPrefix("--\(name)=") }
        return argument.map { String($0.dropFirst(name.count + 3)) } ?? environment[Self.twin(name)]
    }

    /// What is mounted at a path.
    func mount(at path: String) -> (mount: Value, volume: Value)? {
        guard let mount = container["volumeMounts"].elements.first(where: { $0["mountPath"].text == path }),
            let volume = pod["volumes"].elements.first(where: { $0["name"] == mount["name"] })
        else { return nil }
        return (mount, volume)
    }

    /// The container's port of a name.
    func port(_ name: String) -> Value? {
        container["ports"].elements.first { $0["name"].text == name }?["containerPort"]
    }

    private static func twin(_ flag: String) -> String {
        "LOOPCSI_" + flag.map { $0 == "-" ? "_" : "\($0)" }.joined().uppercased()
    }
}

extension Overlay {
    /// The variables of a container, from ConfigMaps and its own list.
    func environment(of container: Value) throws -> [String: String] {
        var environment: [String: String] = [:]
        for source in container["envFrom"].elements {
            let map = try #require(document("ConfigMap", source.at("configMapRef.name").text))
            for (key, value) in map["data"].entries { environment[key] = value.text }
        }
        for variable in container["env"].elements {
            let name = variable["name"].text
            environment[name] = variable["valueFrom"] == .null ? variable["value"].text : "$(\(name))"
        }
        return environment
    }

    /// The workloads whose pods have all of these labels, once kustomize has added the common one.
    func owners(selectedBy labels: Value) -> [String] {
        guard !labels.entries.isEmpty else { return [] }
        var names: [String] = []
        for (owner, _) in workloads {
            var own = owner.value.at("spec.template.metadata.labels").entries
            own["app.kubernetes.io/name"] = .text("loopcsi")
            if labels.entries.allSatisfy({ key, value in own[key] == value }) {
                names.append("\(owner.kind) \(owner.name)")
            }
        }
        return names
    }
}
