import Testing

@testable import DriverApp

/// That nobody reaches more than is needed: sockets, networks, memory.
@Suite("What reaches what")
struct SeparationTests {
    static let singles = Overlay.applied.filter { !Overlay.clusters.contains($0) }

    @Test(
        "On one node the driver has a second socket, in a folder apart from that of kubelet's",
        arguments: singles)
    func secondSocket(folder: String) throws {
        let driver = try DriverContainer("DaemonSet", in: Overlay(folder))
        let options = try driver.options()
        let path = try #require(options.controllerSocketPath)
        let (place, kubelets) = (Self.folder(of: path), Self.folder(of: options.socketPath))
        #expect(!(place + "/").hasPrefix(kubelets + "/") && !(kubelets + "/").hasPrefix(place + "/"))
        #expect(driver.mount(at: place)?.volume.at("hostPath.path").text == place)
    }

    @Test(
        "No pod with a token of the API sees the folder of a socket that serves the Node service",
        arguments: Overlay.applied)
    func tokens(folder: String) throws {
        let overlay = try Overlay(folder)
        let options = try DriverContainer("DaemonSet", in: overlay).options()
        let kubelets = Self.folder(of: options.socketPath) + "/"
        var count = 0
        for (owner, pod) in overlay.workloads where pod["automountServiceAccountToken"] != .flag(false) {
            count += 1
            for volume in pod["volumes"].elements where volume["hostPath"] != .null {
                let path = volume.at("hostPath.path").text + "/"
                #expect(!kubelets.hasPrefix(path) && !path.hasPrefix(kubelets), "\(owner): \(path)")
            }
        }
        #expect(count == 1)
    }

    @Test("Sidecars can put nothing beside the socket that they call", arguments: Overlay.applied)
    func readOnly(folder: String) throws {
        let pod = try #require(try Overlay(folder).document("Deployment", "loopcsi-controller")).at(
            "spec.template.spec")
        for container in pod["containers"].elements where container["name"] != .text("loopcsi") {
            let mount = container["volumeMounts"].elements.first { $0["name"] == .text("socket") }
            #expect(mount?["readOnly"] == .flag(true), "\(container["name"].text)")
        }
    }

    @Test(
        "Each pod has a network policy for what comes in, and opens no port beyond it",
        arguments: Overlay.applied)
    func policies(folder: String) throws {
        let components = Overlay.clusters.contains(folder) ? ["metrics", "relay-metrics"] : ["metrics"]
        for added in [[], components.map { "deploy/components/\($0)" }] {
            let overlay = try Overlay(folder, with: added)
            for (owner, pod) in overlay.workloads {
                #expect(pod["hostNetwork"] == .null, "a policy does not cover the network of the host")
                let own = overlay.documents.filter { document in
                    document.kind == "NetworkPolicy"
                        && overlay.owners(selectedBy: document.value.at("spec.podSelector.matchLabels"))
                            == ["\(owner.kind) \(owner.name)"]
                }
                #expect(!own.isEmpty, "\(owner)")
                #expect(own.allSatisfy { $0.value.at("spec.policyTypes").texts == ["Ingress"] })
                let opened = own.flatMap { $0.value.at("spec.ingress").elements }.flatMap { rule in
                    rule["ports"].elements.map { $0["port"] }
                }
                let named = pod["containers"].elements.flatMap { container in
                    container["ports"].elements.map { $0["containerPort"] }
                }
                #expect(
                    opened.count == named.count && named.allSatisfy(opened.contains), "\(owner): \(opened)")
            }
        }
    }

    @Test(
        "Driver and relay have a bound of memory far above what they were measured to need, and none of processor time",
        arguments: Overlay.applied)
    func memory(folder: String) throws {
        for (owner, pod) in try Overlay(folder).workloads {
            for container in pod["containers"].elements {
                let limits = container.at("resources.limits")
                #expect(limits["cpu"] == .null)
                guard container["name"] == .text("loopcsi") else { continue }
                #expect(limits["memory"].text == (owner.kind == "DaemonSet" ? "2Gi" : "512Mi"))
            }
        }
    }

    @Test("A driver or relay that answers is known to be ready within seconds", arguments: Overlay.applied)
    func readiness(folder: String) throws {
        for (_, pod) in try Overlay(folder).workloads {
            for driver in pod["containers"].elements where driver["name"] == .text("loopcsi") {
                // Kubelet asks for readiness at the first period after the start was seen.
                #expect(driver.at("startupProbe.periodSeconds") == .number(1))
                #expect(driver.at("readinessProbe.periodSeconds") == .number(5))
                for probe in ["startupProbe", "readinessProbe"] {
                    #expect(driver[probe]["initialDelaySeconds"] == .null)
                }
                #expect(driver.at("readinessProbe.exec.command").texts.prefix(2) == ["loopcsi", "probe"])
                // A restart brings no disk back, so what ends a driver does not ask for pools.
                #expect(!driver.at("livenessProbe.exec.command").texts.contains("probe"))
            }
        }
    }

    @Test("Capacity is told of every class, whether it binds at once or not", arguments: Overlay.applied)
    func capacity(folder: String) throws {
        let pod = try #require(try Overlay(folder).document("Deployment", "loopcsi-controller")).at(
            "spec.template.spec")
        let provisioner = pod["containers"].elements.first { $0["name"] == .text("csi-provisioner") }
        let arguments = provisioner?["args"].texts ?? []
        for flag in ["--enable-capacity", "--capacity-for-immediate-binding"] {
            #expect(arguments.contains(flag))
        }
    }

    @Test("The policy of inline volumes looks at this driver alone, by the label that its CSIDriver has")
    func inlinePolicy() throws {
        let overlay = try Overlay("deploy/single-node", with: ["deploy/components/inline-policy"])
        let driver = try #require(overlay.documents.first { $0.kind == "CSIDriver" })
        let profile = "csi-ephemeral-volume-profile"
        for group in ["openshift", "kubernetes"] {
            let label = driver.value.at("metadata.labels")["security.\(group).io/\(profile)"]
            #expect(label == .text("baseline"))
        }
        #expect(driver.value.at("spec.podInfoOnMount") == .flag(true))
        let policy = try #require(overlay.document("ValidatingAdmissionPolicy", "loopcsi-inline-volumes"))[
            "spec"]
        let conditions = policy["matchConditions"].elements.map { $0["expression"].text }
        // What goes wrong in the rest of it then concerns pods with such volumes alone.
        #expect(conditions.count == 1 && conditions[0].contains("v.csi.driver == '\(driver.name)'"))
        #expect(policy["paramKind"]["kind"].text == driver.kind)
        let expressions = policy["variables"].elements.map { $0["expression"].text }
        #expect(expressions.contains { $0.contains("'security.kubernetes.io/\(profile)' in params") })
        let binding = try #require(
            overlay.document("ValidatingAdmissionPolicyBinding", "loopcsi-inline-volumes"))["spec"]
        #expect(binding["policyName"] == .text("loopcsi-inline-volumes"))
        #expect(binding.at("paramRef.name").text == driver.name)
        #expect(binding.at("paramRef.parameterNotFoundAction") == .text("Allow"))
    }

    private static func folder(of socket: String) -> String {
        "/" + socket.split(separator: "/").dropLast().joined(separator: "/")
    }
}
