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
        let driver = try DriverContainer("DaemonSet", in: Overlay(folder))
        let options = try driver.options()
        #expect(options.nodeID == "$(NODE_NAME)")
        for pool in options.pools {
            let (mount, volume) = try #require(driver.mount(at: pool.path), "\(pool.path)")
            // What kubelet mounts for the pod has no path that the host knows; all else has.
            guard volume["persistentVolumeClaim"] == .null else { continue }
            #expect(mount["mountPropagation"] == .text("Bidirectional"))
            #expect(
                volume.at("hostPath.path").text == pool.path,
                "the kernel must see the path that the driver sees")
        }
        let (mount, volume) = try #require(driver.mount(at: "/var/lib/kubelet"))
        #expect(mount["mountPropagation"] == .text("Bidirectional"))
        #expect(volume.at("hostPath.path") == .text("/var/lib/kubelet"))
        #expect(driver.mount(at: "/dev") != nil)
        #expect(driver.mount(at: "/run/loopcsi-node") != nil)
        #expect(options.paths == (try ServeOptions(["--kubelet-root=/var/lib/kubelet"])).paths)
    }

    @Test(
        "tells kubelet, the registrar and the sidecars of the sockets that driver and relay make",
        arguments: overlays)
    func socket(folder: String) throws {
        let overlay = try Overlay(folder)
        let driver = try DriverContainer("DaemonSet", in: overlay)
        let options = try driver.options()
        let name = try #require(overlay.documents.first { $0.kind == "CSIDriver" }).name
        #expect(name == options.driverName)
        #expect(options.socketPath == "/var/lib/kubelet/plugins/\(name)/csi.sock")
        for (owner, pod) in overlay.workloads {
            for container in pod["containers"].elements where container["name"] != .text("loopcsi") {
                let arguments = container["args"].texts
                #expect(arguments.contains("--csi-address=/csi/csi.sock"), "\(owner)")
                let mount = container["volumeMounts"].elements.first { $0["mountPath"] == .text("/csi") }
                let volume = pod["volumes"].elements.first { $0["name"] == mount?["name"] }
                if volume?["emptyDir"] != .null {
                    let relay = try DriverContainer(owner.kind, in: overlay)
                    #expect(try relay.options().socketPath == "/csi/csi.sock")
                    #expect(relay.mount(at: "/csi")?.volume == volume)
                } else {
                    let isSidecar = owner.kind == "Deployment"
                    #expect(
                        "\(volume?.at("hostPath.path").text ?? "")/csi.sock"
                            == (isSidecar ? options.controllerSocketPath : options.socketPath), "\(owner)")
                }
                if container["name"] == .text("registrar") {
                    #expect(arguments.contains("--kubelet-registration-path=\(options.socketPath)"))
                }
            }
        }
    }

    @Test("asks driver and relay questions that they know", arguments: overlays)
    func probes(folder: String) throws {
        for (_, pod) in try Overlay(folder).workloads {
            for driver in pod["containers"].elements where driver["name"] == .text("loopcsi") {
                for probe in ["startupProbe", "livenessProbe", "readinessProbe"] {
                    let command = driver.at("\(probe).exec.command").texts
                    try #require(command.first == "loopcsi", "\(probe)")
                    let words = try Flags(Array(command.dropFirst(2)), known: ["endpoint", "timeout"]).words
                    switch command.dropFirst().first {
                    case "probe": #expect(words == [])
                    case "call": #expect(CSIMethod.find(words.first ?? "") != nil, "\(probe)")
                    default: Issue.record("\(probe) runs \(command)")
                    }
                }
            }
        }
    }

    @Test("expands in arguments only what the container has", arguments: overlays)
    func variables(folder: String) throws {
        let overlay = try Overlay(folder)
        for (owner, pod) in overlay.workloads {
            for container in pod["containers"].elements {
                let environment = try overlay.environment(of: container)
                for argument in container["args"].texts {
                    for match in argument.matches(of: /\$\(([A-Z_]+)\)/) {
                        #expect(environment[String(match.output.1)] != nil, "\(owner): \(argument)")
                    }
                }
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
}
