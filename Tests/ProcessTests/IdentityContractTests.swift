import CSIWire
import LinuxHost
import TestSupport
import Testing

@Suite("Contract: Identity and capabilities", .requiresRoot)
struct IdentityContractTests {
    @Test("GetPluginInfo tells a name of domain form and a version")
    func pluginInfo() throws {
        try Rig.run { rig in
            let info = try rig.client.call(CSI.GetPluginInfoRequest())
            #expect(info.name.wholeMatch(of: /[A-Za-z][A-Za-z0-9\-._]{0,61}[A-Za-z]/) != nil)
            #expect(!info.vendorVersion.isEmpty)
        }
    }

    @Test("A healthy driver answers Probe with ready")
    func probe() throws {
        try Rig.run { rig in
            let answer = try rig.client.call(CSI.ProbeRequest())
            #expect(answer.ready == true)
        }
    }

    @Test("Capabilities are known ones, and name no feature that is not there")
    func capabilities() throws {
        try Rig.run { rig in
            let plugin = try rig.client.call(CSI.GetPluginCapabilitiesRequest()).capabilities
            #expect(plugin.contains(.service(.controllerService)))
            #expect(plugin.contains(.service(.volumeAccessibilityConstraints)))
            #expect(plugin.contains(.service(.groupControllerService)))
            #expect(plugin.contains(.volumeExpansion(.online)))
            #expect(!plugin.contains(.unspecified))
            let controller = try rig.client.call(CSI.ControllerGetCapabilitiesRequest()).capabilities
            #expect(controller.allSatisfy { $0 != .unknown && $0.unrecognizedNumber == nil })
            let absent: [CSI.ControllerServiceCapability] = [
                .publishUnpublishVolume, .modifyVolume, .listVolumesPublishedNodes, .publishReadonly,
            ]
            for capability in absent { #expect(!controller.contains(capability)) }
            let groups = try rig.client.call(CSI.GroupControllerGetCapabilitiesRequest()).capabilities
            #expect(groups == [.createDeleteGetVolumeGroupSnapshot])
            let node = try rig.client.call(CSI.NodeGetCapabilitiesRequest()).capabilities
            #expect(node.allSatisfy { $0 != .unknown && $0.unrecognizedNumber == nil })
            #expect(node.contains(.stageUnstageVolume) && node.contains(.expandVolume))
        }
    }

    @Test("NodeGetInfo tells the node id and where the pools are")
    func nodeInfo() throws {
        try Rig.run { rig in
            let info = try rig.client.call(CSI.NodeGetInfoRequest())
            #expect(info.nodeID == "node-1")
            #expect(info.maxVolumesPerNode >= 0)
            let segments = try #require(info.accessibleTopology).segments
            #expect(segments.keys.sorted() == ["topology.loop.csi.local/pool.default"])
            for (key, value) in segments {
                let name = try #require(key.split(separator: "/").last)
                #expect(name.wholeMatch(of: /[a-zA-Z0-9]([a-zA-Z0-9\-_.]{0,61}[a-zA-Z0-9])?/) != nil)
                #expect(value.wholeMatch(of: /[a-zA-Z0-9]{1,63}/) != nil)
            }
        }
    }

    @Test(
        "A pool whose folder is gone is told of as lost until it is back, and the driver tells who it is all the same"
    )
    func poolGone() throws {
        try Rig.run { rig in
            func manifest() throws -> [String: String] {
                try rig.client.call(CSI.GetPluginInfoRequest()).manifest
            }
            let whole = try manifest()
            #expect(Set(whole.keys) == ["node", "boot", "pool.default", "default-pool"])
            #expect(whole["node"] == "node-1")
            try Host.run("mv", rig.pool, "\(rig.path)/away")
            let lost = whole.merging(["lost-pools": "default"]) { $1 }
            #expect(try manifest() == lost)
            // Another pool in its place is not it.
            try Host.run("mkdir", rig.pool)
            try Host.run("cp", "\(rig.path)/away/pool.json", rig.pool)
            #expect(try manifest() == lost)
            try Host.run("rm", "-r", rig.pool)
            try Host.run("mv", "\(rig.path)/away", rig.pool)
            #expect(try manifest() == whole)
        }
    }

    @Test(
        "A method that is not offered is UNIMPLEMENTED",
        arguments: [
            "Controller/ControllerPublishVolume", "Controller/ControllerUnpublishVolume",
            "Controller/ControllerModifyVolume",
            "SnapshotMetadata/GetMetadataAllocated",
            "Controller/NoSuchMethod", "NoSuchService/Probe",
        ])
    func notOffered(method: String) throws {
        try Rig.run { rig in
            let status = #expect(throws: CSIStatus.self) { try rig.client.raw("/csi.v1.\(method)", []) }
            #expect(status?.code == .unimplemented)
        }
    }
}
