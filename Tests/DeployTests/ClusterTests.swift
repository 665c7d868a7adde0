import Certificates
import HTTPServer
import Testing
import Volumes

@testable import DriverApp

/// That nodes, relay, their certificates and what guards them mean the same names and ports.
@Suite("A cluster")
struct ClusterTests {
    static let overlays = Overlay.clusters
    static let namespace = "loopcsi"

    @Test(
        "Nodes open a port for the relay, and the relay calls it by the name of the Service",
        arguments: overlays)
    func port(folder: String) throws {
        let overlay = try Overlay(folder)
        let node = try DriverContainer("DaemonSet", in: overlay)
        let relay = try DriverContainer("Deployment", in: overlay)
        #expect(node.flag("role") == "node")
        #expect(relay.flag("role") == "controller")
        #expect(node.flag("relay-address") == ":9810")
        #expect(node.port("relay") == .number(9810))
        let service = try #require(overlay.document("Service", "loopcsi-nodes"))["spec"]
        let port = try #require(service["ports"].elements.first)
        #expect(port["targetPort"] == .text("relay") && port["port"] == .number(9810))
        #expect(relay.flag("nodes") == "loopcsi-nodes.$(NAMESPACE).svc:9810")
        let namespace = relay.container["env"].elements.first { $0["name"] == .text("NAMESPACE") }
        #expect(namespace?.at("valueFrom.fieldRef.fieldPath") == .text("metadata.namespace"))
        for driver in [node, relay] { #expect(throws: Never.self) { try driver.options() } }
    }

    @Test("The Service is headless, and has the nodes that are not ready too", arguments: overlays)
    func service(folder: String) throws {
        let overlay = try Overlay(folder)
        let service = try #require(overlay.document("Service", "loopcsi-nodes"))["spec"]
        #expect(service["clusterIP"] == .text("None"))
        #expect(service["publishNotReadyAddresses"] == .flag(true))
        #expect(overlay.owners(selectedBy: service["selector"]) == ["DaemonSet loopcsi-node"])
    }

    @Test("Only relays reach the port of the nodes; kubelet reaches what it did", arguments: overlays)
    func networkPolicy(folder: String) throws {
        let overlay = try Overlay(folder)
        let policy = try #require(overlay.document("NetworkPolicy", "loopcsi-node"))["spec"]
        #expect(policy["policyTypes"].texts == ["Ingress"])
        #expect(
            overlay.owners(selectedBy: policy.at("podSelector.matchLabels")) == ["DaemonSet loopcsi-node"])
        let node = try #require(overlay.document("DaemonSet", "loopcsi-node")).at("spec.template.spec")
        #expect(node["hostNetwork"] == .null, "a policy does not cover the network of the host")
        for rule in policy["ingress"].elements {
            let ports = rule["ports"].elements.map { $0["port"] }
            guard ports.contains(.number(9810)) else {
                #expect(rule["from"] == .null && ports == [.number(9809)])
                continue
            }
            #expect(ports == [.number(9810)])
            let peers = rule["from"].elements
            #expect(peers.count == 1 && peers[0]["namespaceSelector"] == .null)
            let labels = peers[0].at("podSelector.matchLabels")
            #expect(overlay.owners(selectedBy: labels) == ["Deployment loopcsi-controller"])
        }
        #expect(policy["ingress"].elements.count == 2)
    }

    @Test("The pages for operators are at the port that is named, of drivers and relays")
    func metrics() throws {
        let overlay = try Overlay(
            "deploy/cluster", with: ["deploy/components/metrics", "deploy/components/relay-metrics"])
        for (owner, _) in overlay.workloads {
            let driver = try DriverContainer(owner.kind, in: overlay)
            #expect(try driver.options().metricsAddress?.port == 9808)
            #expect(driver.port("metrics") == .number(9808))
            let notes = owner.value.at("spec.template.metadata.annotations")
            #expect(notes["prometheus.io/port"] == .text("9808"))
        }
    }

    @Test("Two relays stay apart where they can, and are never both drained", arguments: overlays)
    func relays(folder: String) throws {
        let overlay = try Overlay(folder)
        let spec = try #require(overlay.document("Deployment", "loopcsi-controller"))["spec"]
        #expect(spec["replicas"] == .number(2))
        #expect(spec.at("strategy.type") == .text("RollingUpdate"))
        let terms = spec.at(
            "template.spec.affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution")
        let term = try #require(terms.elements.first)["podAffinityTerm"]
        #expect(term["topologyKey"] == .text("kubernetes.io/hostname"))
        #expect(
            overlay.owners(selectedBy: term.at("labelSelector.matchLabels")) == [
                "Deployment loopcsi-controller"
            ])
        #expect(spec.at("template.spec.affinity.podAffinity") == .null)
        let budget = try #require(overlay.document("PodDisruptionBudget", "loopcsi-controller"))["spec"]
        #expect(budget["maxUnavailable"] == .number(1))
        #expect(
            overlay.owners(selectedBy: budget.at("selector.matchLabels")) == ["Deployment loopcsi-controller"]
        )
    }

    @Test(
        "Sidecars elect a leader where there are two, and do not where there is one",
        arguments: Overlay.applied)
    func leaders(folder: String) throws {
        let overlay = try Overlay(folder)
        let deployment = try #require(overlay.document("Deployment", "loopcsi-controller"))
        let isCluster = Self.overlays.contains(folder)
        for container in deployment.at("spec.template.spec.containers").elements
        where container["name"] != .text("loopcsi") {
            #expect(container["args"].texts.contains("--leader-election=$(LEADER_ELECTION)"))
            #expect(!container["args"].texts.contains { $0.hasPrefix("--strict-topology") })
            #expect(try overlay.environment(of: container)["LEADER_ELECTION"] == "\(isCluster)")
        }
        #expect((overlay.document("Role", "loopcsi-leases") != nil) == isCluster)
        #expect(deployment.at("spec.replicas") == .number(isCluster ? 2 : 1))
    }

    @Test(
        "Each end has the Secret that loopcsi certs names, at the folder that it is told", arguments: overlays
    )
    func secrets(folder: String) throws {
        let overlay = try Overlay(folder)
        #expect(
            CertsCommand.namespace == Self.namespace && overlay.document("Namespace", Self.namespace) != nil)
        for holder in CertificateHolder.allCases {
            let end = try DriverContainer(holder == .node ? "DaemonSet" : "Deployment", in: overlay)
            let (mount, volume) = try #require(end.mount(at: end.flag("tls-dir") ?? ""))
            #expect(mount["readOnly"] == .flag(true))
            // With a subPath the files would not change with the Secret.
            #expect(mount["subPath"] == .null)
            #expect(volume.at("secret.secretName").text == CertsCommand.secret(of: holder))
            #expect(volume.at("secret.defaultMode") == .number(holder == .node ? 0o400 : 0o440))
            // Without certificates a node has volumes to serve, and a relay has nothing to do.
            #expect(volume.at("secret.optional") == (holder == .node ? .flag(true) : .null))
        }
    }

    @Test("cert-manager fills the same Secrets, with the names and purposes that each end demands")
    func certManager() throws {
        let overlay = try Overlay("deploy/cluster-cert-manager")
        let driver = try #require(overlay.documents.first { $0.kind == "CSIDriver" }).name
        for holder in CertificateHolder.allCases {
            let spec = try #require(
                overlay.documents.first {
                    $0.kind == "Certificate"
                        && $0.value.at("spec.secretName").text == CertsCommand.secret(of: holder)
                }?.value)["spec"]
            #expect(spec["dnsNames"].texts == [holder.dnsName(driver: driver)])
            #expect(
                spec["usages"].texts == [
                    "digital signature", holder == .node ? "server auth" : "client auth",
                ])
            #expect(spec.at("privateKey.algorithm") == .text("ECDSA"))
            #expect(spec["duration"] == .text("2160h") && spec["renewBefore"] == .text("720h"))
            let issuer = try #require(overlay.document("Issuer", spec.at("issuerRef.name").text))
            let secret = issuer.at("spec.ca.secretName")
            let authority = try #require(
                overlay.documents.first {
                    $0.kind == "Certificate" && $0.value.at("spec.secretName") == secret
                }?.value)["spec"]
            #expect(authority["isCA"] == .flag(true))
            // Another key at a renewal would leave nodes and relays that do not believe each other.
            #expect(authority.at("privateKey.rotationPolicy") == .text("Never"))
            let first = try #require(overlay.document("Issuer", authority.at("issuerRef.name").text))
            #expect(first.at("spec.selfSigned") == .map([:]))
        }
        for document in overlay.documents where ["Issuer", "Certificate"].contains(document.kind) {
            #expect(document.value.at("metadata.namespace") == .text(Self.namespace), "\(document)")
        }
    }

    @Test("The shared pool is one that the driver knows to be shared, with a class of its own")
    func sharedPool() throws {
        let overlay = try Overlay("deploy/shared-pool")
        let driver = try DriverContainer("DaemonSet", in: overlay)
        let pools = try driver.options().pools
        #expect(
            pools.map(\.name.text) == ["default", "shared"], "the first is that of classes that name none")
        #expect(driver.flag("pool")?.hasSuffix(";shared=/var/lib/loopcsi-shared,shared=yes") == true)
        let claimName = driver.mount(at: pools[1].path)?.volume.at("persistentVolumeClaim.claimName").text
        let claim = try #require(overlay.document("PersistentVolumeClaim", claimName ?? ""))["spec"]
        let volume = try #require(overlay.document("PersistentVolume", claim["volumeName"].text))["spec"]
        // A class would have somebody make a volume for the claim; an affinity would keep nodes from it.
        #expect(claim["storageClassName"] == .text("") && volume["storageClassName"] == .text(""))
        #expect(volume["nodeAffinity"] == .null && volume["nfs"] != .null)
        #expect(
            claim["accessModes"].texts == ["ReadWriteMany"] && volume["accessModes"] == claim["accessModes"])
        #expect(volume["mountOptions"].texts.contains("actimeo=0"))
        let storage = try #require(overlay.document("StorageClass", "loopcsi-shared"))
        #expect(storage.at("parameters.pool") == .text("shared"))
        #expect(storage["allowedTopologies"] == .null)
    }
}
