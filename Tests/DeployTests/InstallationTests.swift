import CSIWire
import Testing
import Volumes

@testable import DriverApp

/// That what an overlay installs fits together, and fits the driver.
@Suite("An installation")
struct InstallationTests {
    static let overlays = Overlay.applied

    @Test("names only ServiceAccounts, ConfigMaps and roles that it brings", arguments: overlays)
    func references(folder: String) throws {
        let overlay = try Overlay(folder)
        func names(_ kind: String) -> Set<String> {
            Set(overlay.documents.filter { $0.kind == kind }.map(\.name))
        }
        for (owner, pod) in overlay.workloads {
            #expect(names("ServiceAccount").contains(pod["serviceAccountName"].text), "\(owner)")
            for container in pod["containers"].elements {
                for source in container["envFrom"].elements {
                    #expect(names("ConfigMap").contains(source.at("configMapRef.name").text), "\(owner)")
                }
            }
        }
        for document in overlay.documents where document.kind.hasSuffix("RoleBinding") {
            let role = document.value["roleRef"]
            #expect(names(role["kind"].text).contains(role["name"].text), "\(document)")
            for subject in document.value["subjects"].elements {
                #expect(names(subject["kind"].text).contains(subject["name"].text), "\(document)")
                #expect(names("Namespace").contains(subject["namespace"].text), "\(document)")
            }
        }
    }

    @Test("mounts only volumes that the pod has, and has none that it does not mount", arguments: overlays)
    func volumes(folder: String) throws {
        for (owner, pod) in try Overlay(folder).workloads {
            let volumes = Set(pod["volumes"].elements.map { $0["name"].text })
            let mounts = Set(
                pod["containers"].elements.flatMap { $0["volumeMounts"].elements.map { $0["name"].text } })
            #expect(volumes == mounts, "\(owner)")
        }
    }

    @Test("has an image with a version for each container, and no two versions of one", arguments: overlays)
    func images(folder: String) throws {
        var versions: [String: String] = [:]
        for (owner, pod) in try Overlay(folder).workloads {
            for container in pod["containers"].elements {
                let parts = container["image"].text.split(separator: ":").map(String.init)
                try #require(parts.count == 2, "\(owner): \(container["image"].text)")
                #expect(versions[parts[0], default: parts[1]] == parts[1])
                versions[parts[0]] = parts[1]
            }
        }
        #expect(versions["localhost/loopcsi"] == Driver.version)
    }

    @Test("gives the driver flags and variables that it takes, and paths that it sees", arguments: overlays)
    func driverOptions(folder: String) throws {
        let (pod, driver) = try driver(of: folder)
        let options = try options(of: driver, in: Overlay(folder))
        #expect(options.nodeID == "$(NODE_NAME)")
        let mounts = Dictionary(
            uniqueKeysWithValues: driver["volumeMounts"].elements.map { ($0["mountPath"].text, $0) })
        for path in options.pools.map(\.path) + ["/var/lib/kubelet"] {
            let mount = try #require(mounts[path], "\(path)")
            #expect(mount["mountPropagation"] == .text("Bidirectional"))
            #expect(
                hostPath(of: mount["name"].text, in: pod) == path,
                "the kernel must see the path that the driver sees")
        }
        #expect(mounts["/dev"] != nil)
        #expect(mounts["/run/loopcsi-frozen"] != nil)
        #expect(options.paths == (try ServeOptions(["--kubelet-root=/var/lib/kubelet"])).paths)
    }

    @Test(
        "tells kubelet, the registrar and the sidecars of the one socket that the driver makes",
        arguments: overlays)
    func socket(folder: String) throws {
        let overlay = try Overlay(folder)
        let (_, driver) = try driver(of: folder)
        let options = try options(of: driver, in: overlay)
        let name = try #require(overlay.documents.first { $0.kind == "CSIDriver" }).name
        #expect(name == options.driverName)
        #expect(options.socketPath == "/var/lib/kubelet/plugins/\(name)/csi.sock")
        for (owner, pod) in overlay.workloads {
            for container in pod["containers"].elements where container["name"] != .text("loopcsi") {
                let arguments = container["args"].texts
                #expect(arguments.contains("--csi-address=/csi/csi.sock"), "\(owner)")
                let mount = container["volumeMounts"].elements.first { $0["mountPath"] == .text("/csi") }
                let folder = hostPath(of: mount?["name"].text ?? "", in: pod)
                #expect("\(folder)/csi.sock" == options.socketPath, "\(owner)")
                if container["name"] == .text("registrar") {
                    #expect(arguments.contains("--kubelet-registration-path=\(options.socketPath)"))
                }
            }
        }
    }

    @Test("asks the driver questions that it knows", arguments: overlays)
    func probes(folder: String) throws {
        let (_, driver) = try driver(of: folder)
        for probe in ["startupProbe", "livenessProbe", "readinessProbe"] {
            let command = driver.at("\(probe).exec.command").texts
            try #require(command.first == "loopcsi", "\(probe)")
            switch command.dropFirst().first {
            case "probe":
                #expect(try Flags(Array(command.dropFirst(2)), known: ["endpoint", "timeout"]).words == [])
            case "call":
                let words = try Flags(Array(command.dropFirst(2)), known: ["endpoint", "timeout"]).words
                #expect(CSIMethod.find(words.first ?? "") != nil, "\(probe)")
            default: Issue.record("\(probe) runs \(command)")
            }
        }
    }

    @Test("has classes of this driver alone, with parameters that it takes", arguments: overlays)
    func classes(folder: String) throws {
        let overlay = try Overlay(folder)
        var count = 0
        for document in overlay.documents
        where document.kind.hasSuffix("Class") && document.kind != "PriorityClass" {
            count += 1
            let driver = document.value[document.kind == "StorageClass" ? "provisioner" : "driver"]
            #expect(driver == .text("loop.csi.local"), "\(document)")
            guard document.kind == "StorageClass" else { continue }
            #expect(throws: Never.self, "\(document)") {
                try VolumeParameters(document.value["parameters"].entries.mapValues(\.text))
            }
        }
        #expect(count >= 4)
    }

    private func driver(of folder: String) throws -> (pod: Value, container: Value) {
        let pod = try #require(try Overlay(folder).document("DaemonSet", "loopcsi-node")).at(
            "spec.template.spec")
        let container = try #require(pod["containers"].elements.first { $0["name"] == .text("loopcsi") })
        return (pod, container)
    }

    /// The options as the driver would read them.
    private func options(of driver: Value, in overlay: Overlay) throws -> ServeOptions {
        var environment: [String: String] = [:]
        for source in driver["envFrom"].elements {
            let map = try #require(overlay.document("ConfigMap", source.at("configMapRef.name").text))
            for (key, value) in map["data"].entries { environment[key] = value.text }
        }
        let twins = Set(
            ServeOptions.flags.map { "LOOPCSI_" + $0.map { $0 == "-" ? "_" : "\($0)" }.joined().uppercased() }
        )
        for key in environment.keys { #expect(twins.contains(key), "\(key) is no twin of a flag") }
        for variable in driver["env"].elements { environment[variable["name"].text] = variable["value"].text }
        let arguments = driver["args"].texts
        try #require(arguments.first == "serve")
        let found = environment
        return try ServeOptions(Array(arguments.dropFirst())) { found[$0] }
    }

    private func hostPath(of volume: String, in pod: Value) -> String {
        pod["volumes"].elements.first { $0["name"].text == volume }?.at("hostPath.path").text ?? ""
    }
}
