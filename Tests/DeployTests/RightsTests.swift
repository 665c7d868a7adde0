import Testing

/// That the sidecars have the rights they need, and no others.
@Suite("The rights of the sidecars")
struct RightsTests {
    private static let look = ["get", "list", "watch"]
    private static let tell = ["create", "list", "patch", "update", "watch"]

    /// Resource with its group, to the verbs on it, role by role.
    ///
    /// From the lists of the sidecars' own projects, less what this installation does not use: secrets, volume
    /// attachments, leases where there is one replica, and pods for the resizer (`--handle-volume-inuse-error=false`).
    private static let expected: [String: [String: [String]]] = [
        "loopcsi-provisioner": [
            "persistentvolumes": look + ["create", "patch", "delete"],
            "persistentvolumeclaims": look + ["update"],
            "nodes": look,
            "events": tell,
            "storage.k8s.io/storageclasses": look,
            "storage.k8s.io/csinodes": look,
            "storage.k8s.io/volumeattributesclasses": look,
            "snapshot.storage.k8s.io/volumesnapshots": look + ["update"],
            "snapshot.storage.k8s.io/volumesnapshotcontents": ["get", "list"],
        ],
        "loopcsi-resizer": [
            "persistentvolumes": look + ["patch"],
            "persistentvolumeclaims": look,
            "persistentvolumeclaims/status": ["patch"],
            "events": tell,
            "storage.k8s.io/volumeattributesclasses": look,
        ],
        "loopcsi-capacity": [
            "storage.k8s.io/csistoragecapacities": look + ["create", "update", "patch", "delete"],
            "pods": ["get"],
            "apps/replicasets": ["get"],
        ],
        "loopcsi-snapshotter": [
            "snapshot.storage.k8s.io/volumesnapshotclasses": look,
            "snapshot.storage.k8s.io/volumesnapshotcontents": look + ["update", "patch"],
            "snapshot.storage.k8s.io/volumesnapshotcontents/status": ["update", "patch"],
            "events": tell,
        ],
        "loopcsi-group-snapshotter": [
            "groupsnapshot.storage.k8s.io/volumegroupsnapshotclasses": look,
            "groupsnapshot.storage.k8s.io/volumegroupsnapshotcontents": look + ["update", "patch"],
            "groupsnapshot.storage.k8s.io/volumegroupsnapshotcontents/status": ["update", "patch"],
        ],
    ]

    private static let leases = look + ["create", "update", "patch", "delete"]
    private static let overlays = ["deploy/single-node-snapshots", "deploy/cluster-snapshots"]

    @Test("Each role has exactly the verbs that its sidecar needs", arguments: overlays)
    func roles(folder: String) throws {
        var expected = Self.expected
        if Overlay.clusters.contains(folder) {
            expected["loopcsi-leases"] = ["coordination.k8s.io/leases": Self.leases]
        }
        let roles = try Overlay(folder).documents.filter { $0.kind == "ClusterRole" || $0.kind == "Role" }
        #expect(Set(roles.map(\.name)) == Set(expected.keys))
        for role in roles {
            var verbs: [String: Set<String>] = [:]
            for rule in role.value["rules"].elements {
                for group in rule["apiGroups"].texts {
                    for resource in rule["resources"].texts {
                        verbs[group.isEmpty ? resource : "\(group)/\(resource)", default: []].formUnion(
                            rule["verbs"].texts)
                    }
                }
            }
            #expect(verbs == (expected[role.name] ?? [:]).mapValues(Set.init), "\(role)")
        }
    }

    @Test("The driver has none: no token, no binding", arguments: overlays)
    func driver(folder: String) throws {
        let overlay = try Overlay(folder)
        let pod = try #require(overlay.document("DaemonSet", "loopcsi-node")).at("spec.template.spec")
        #expect(pod["automountServiceAccountToken"] == .flag(false))
        for binding in overlay.documents where binding.kind.hasSuffix("RoleBinding") {
            #expect(binding.value["subjects"].elements.allSatisfy { $0["name"] != pod["serviceAccountName"] })
        }
    }

    @Test(
        "Only the driver is privileged; the others can neither write to their image nor gain rights",
        arguments: overlays)
    func privileges(folder: String) throws {
        for (owner, pod) in try Overlay(folder).workloads {
            for container in pod["containers"].elements {
                let context = container["securityContext"]
                #expect(context["readOnlyRootFilesystem"] == .flag(true), "\(owner)")
                guard owner.kind != "DaemonSet" || container["name"] != .text("loopcsi") else {
                    #expect(context["privileged"] == .flag(true))
                    continue
                }
                #expect(context["privileged"] == .null, "\(owner)")
                #expect(context["allowPrivilegeEscalation"] == .flag(false), "\(owner)")
                #expect(context.at("capabilities.drop").texts == ["ALL"], "\(owner)")
                #expect(context["capabilities"]["add"] == .null, "\(owner)")
            }
        }
    }

    @Test(
        "The relay and its sidecars are one plain user, and only the sidecars have the token",
        arguments: Overlay.clusters)
    func relay(folder: String) throws {
        let pod = try #require(try Overlay(folder).document("Deployment", "loopcsi-controller")).at(
            "spec.template.spec")
        let context = pod["securityContext"]
        #expect(context["runAsNonRoot"] == .flag(true))
        for key in ["runAsUser", "runAsGroup", "fsGroup"] {
            #expect(context[key] == .number(65532), "\(key)")
        }
        #expect(context.at("seccompProfile.type") == .text("RuntimeDefault"))
        #expect(pod["hostNetwork"] == .null && pod["hostPID"] == .null)
        #expect(pod["volumes"].elements.allSatisfy { $0["hostPath"] == .null })
        let tokens = "/var/run/secrets/kubernetes.io/serviceaccount"
        for container in pod["containers"].elements {
            for key in ["runAsUser", "runAsNonRoot", "seLinuxOptions"] {
                #expect(container["securityContext"][key] == .null, "the pod says it for all")
            }
            let masked = container["volumeMounts"].elements.first { $0["mountPath"] == .text(tokens) }
            guard container["name"] == .text("loopcsi") else {
                #expect(masked == nil)
                continue
            }
            // Managing Service Accounts: a container that has something mounted at this path gets no token.
            let volume = pod["volumes"].elements.first { $0["name"] == masked?["name"] }
            #expect(volume?["emptyDir"] == .map([:]))
        }
    }
}
