import Testing
import Volumes

/// That the examples work as they are, as far as that can be seen without a cluster.
@Suite("The examples")
struct ExampleTests {
    private static let documents = Result {
        try Manifests.all.get().filter { $0.file.hasPrefix("examples/") }
    }

    /// Names of that kind in an example: one file, or the files of one folder.
    private static func names(_ kind: String, beside document: Document) throws -> Set<String> {
        let folder = document.file.split(separator: "/").dropLast().joined(separator: "/")
        return Set(
            try documents.get().filter { other in
                other.kind == kind
                    && (other.file == document.file
                        || folder != "examples" && other.file.hasPrefix(folder + "/"))
            }.map(\.name))
    }

    @Test("Claims ask for classes that an installation has")
    func classes() throws {
        let overlay = try Overlay("deploy/single-node-snapshots")
        func installed(_ kind: String) -> Set<String> {
            Set(overlay.documents.filter { $0.kind == kind }.map(\.name))
        }
        var count = 0
        for document in try Self.documents.get() {
            for claim in claims(of: document) where !claim["storageClassName"].text.isEmpty {
                count += 1
                #expect(installed("StorageClass").contains(claim["storageClassName"].text), "\(document)")
            }
            for (kind, key) in [
                ("VolumeSnapshot", "volumeSnapshotClassName"),
                ("VolumeGroupSnapshot", "volumeGroupSnapshotClassName"),
            ] where document.kind == kind {
                count += 1
                #expect(installed("\(kind)Class").contains(document.value["spec"][key].text), "\(document)")
            }
        }
        #expect(count > 10)
    }

    @Test("Pods use claims that the example brings, or says that another one brings")
    func claimsOfPods() throws {
        for document in try Self.documents.get() {
            let brought = try Self.names("PersistentVolumeClaim", beside: document)
            for volume in pod(of: document)["volumes"].elements {
                let claim = volume.at("persistentVolumeClaim.claimName").text
                #expect(claim.isEmpty || brought.contains(claim), "\(document): \(claim)")
            }
            let volumes = Set(pod(of: document)["volumes"].elements.map { $0["name"].text })
                .union(
                    document.value.at("spec.volumeClaimTemplates").elements.map {
                        $0.at("metadata.name").text
                    })
            for container in pod(of: document)["containers"].elements {
                let uses = container["volumeMounts"].elements + container["volumeDevices"].elements
                #expect(Set(uses.map { $0["name"].text }) == volumes, "\(document)")
            }
        }
    }

    @Test(
        "Volumes by hand and of pods are this driver's, with a handle and attributes of the form that it takes"
    )
    func handles() throws {
        var count = 0
        for document in try Self.documents.get() {
            if document.kind == "PersistentVolume" {
                count += 1
                #expect(document.value.at("spec.csi.driver") == .text("loop.csi.local"))
                let id = try #require(VolumeID(document.value.at("spec.csi.volumeHandle").text))
                let term = document.value.at("spec.nodeAffinity.required.nodeSelectorTerms").elements.first
                #expect(term?["matchExpressions"].elements.first?["values"].texts == [id.pool.text])
            }
            for volume in pod(of: document)["volumes"].elements where volume["csi"] != .null {
                count += 1
                #expect(volume.at("csi.driver") == .text("loop.csi.local"))
                let handle = try #require(InlineHandle("csi-" + String(repeating: "0", count: 64)))
                let kind = FilesystemKind(rawValue: volume.at("csi.fsType").text)
                #expect(throws: Never.self) {
                    try CreateRequest(
                        inline: handle,
                        attributes: volume.at("csi.volumeAttributes").entries.mapValues(\.text),
                        VolumeCapability(access: .mount(kind, MountFlags([])), mode: .singleNodeWriter),
                        at: try HostPath("/var/lib/kubelet/pods/a/mount", field: "target_path"),
                        limit: .gibibytes(10))
                }
            }
        }
        #expect(count == 2)
    }

    @Test("No shell word is left to kubectl to guess: every example file is named in the table")
    func table() throws {
        let page = try #require(Pages.text("examples/README.md"))
        for file in Set(try Self.documents.get().map(\.file)) {
            let name = String(file.dropFirst("examples/".count))
            let folder = name.split(separator: "/").dropLast().joined(separator: "/")
            #expect(page.contains("(\(folder.isEmpty ? name : folder + "/"))"), "\(file)")
        }
    }

    @Test("What outlives kubectl delete -f is named on the page, with the command that removes it")
    func leftovers() throws {
        let page = try #require(Pages.text("examples/README.md"))
        let section = try #require(
            page.split(separator: "\n## ").first { $0.hasPrefix("Taking an example away") })
        let installed = try Overlay("deploy/single-node-snapshots")
        func isKept(_ claim: Value) -> Bool {
            installed.document("StorageClass", claim["storageClassName"].text)?["reclaimPolicy"]
                == .text("Retain")
        }
        var count = 0
        for document in try Self.documents.get() {
            let name = String(document.file.dropFirst("examples/".count))
            let entry = name.contains("/") ? "\(name.split(separator: "/")[0])/" : name
            let spec = document.value["spec"]
            if document.kind == "StatefulSet", spec["persistentVolumeClaimRetentionPolicy"] == .null {
                guard case .number(let replicas) = spec["replicas"] else { continue }
                for template in spec["volumeClaimTemplates"].elements {
                    count += 1
                    let claims = (0..<Int(replicas)).map {
                        "\(template.at("metadata.name").text)-\(document.name)-\($0)"
                    }
                    #expect(section.contains("`kubectl delete pvc \(claims.joined(separator: " "))`"))
                }
            }
            let outlives =
                document.kind == "PersistentVolume"
                ? spec["persistentVolumeReclaimPolicy"] != .text("Delete")
                : claims(of: document).contains(where: isKept)
            guard outlives else { continue }
            count += 1
            #expect(section.contains("\n| \(entry) |"), "\(document)")
        }
        #expect(count == 3)
    }

    private func pod(of document: Document) -> Value {
        document.kind == "Pod" ? document.value["spec"] : document.value.at("spec.template.spec")
    }

    /// The specs of all claims that a document makes.
    private func claims(of document: Document) -> [Value] {
        let own = document.kind == "PersistentVolumeClaim" ? [document.value["spec"]] : []
        let templates = document.value.at("spec.volumeClaimTemplates").elements.map { $0["spec"] }
        let ephemeral = pod(of: document)["volumes"].elements.map {
            $0.at("ephemeral.volumeClaimTemplate.spec")
        }
        return own + templates + ephemeral.filter { $0 != .null }
    }
}
