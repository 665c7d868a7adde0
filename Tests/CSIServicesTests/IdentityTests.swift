import CSIServices
import CSIWire
import Testing
import Volumes
import VolumesTestSupport

@Suite("Identity, capabilities and codes")
struct IdentityTests {
    @Test("Each kind of fault becomes its code", arguments: FaultKind.allCases)
    func faults(kind: FaultKind) throws {
        let wanted: CSICode =
            switch kind {
            case .malformed: .invalidArgument
            case .missing: .notFound
            case .existsDifferently: .alreadyExists
            case .noSpace: .resourceExhausted
            case .notNow, .setAside: .failedPrecondition
            case .operationPending: .aborted
            case .sizeNotServable: .outOfRange
            case .notOffered: .unimplemented
            case .staleToken: .aborted
            case .stopping: .unavailable
            case .host: .internalError
            }
        let services = try Services(FakeDriver()) { () throws(VolumeFault) in throw kind.example }
        let outcome = try services.outcome(CSI.ProbeRequest())
        #expect(outcome.code == wanted)
        #expect(outcome.message == kind.example.summary)
        #expect(!outcome.message.isEmpty)
    }

    @Test("Probe tells whether the driver is ready", arguments: [true, false])
    func probe(isReady: Bool) throws {
        let services = try Services(FakeDriver()) { () throws(VolumeFault) in isReady }
        #expect(try services.call(CSI.ProbeRequest()).ready == isReady)
    }

    @Test("The plugin tells its name, version and pools")
    func info() throws {
        #expect(
            try Services().call(CSI.GetPluginInfoRequest())
                == CSI.GetPluginInfoResponse(
                    name: "loop.test", vendorVersion: "1.2.3",
                    manifest: [
                        "node": "node-1", "boot": "b", "pool.default": "0000000000000001",
                        "default-pool": "default",
                    ]))
    }

    @Test("The manifest names shared pools, and those whose disk is gone, until it is back")
    func manifest() throws {
        func store(_ name: String, _ digit: Int, isShared: Bool) throws -> FakeStore {
            FakeStore(
                id: try known(PoolID("000000000000000\(digit)")), name: try known(PoolName(name)),
                isShared: isShared)
        }
        let stores = [
            try store("a", 1, isShared: true), try store("b", 2, isShared: false),
            try store("c", 3, isShared: true),
        ]
        let services = try Services(FakeDriver(stores: stores))
        func manifest() throws -> [String: String] {
            try services.call(CSI.GetPluginInfoRequest()).manifest
        }
        let whole = try manifest()
        #expect(whole["shared-pools"] == "a,c" && whole["default-pool"] == "a" && whole.count == 7)
        stores[0].setTrouble("gone")
        #expect(
            try manifest().filter { whole[$0.key] != $0.value } == ["lost-pools": "a"])
        #expect(try manifest().count == whole.count + 1)
        stores[0].setTrouble(nil)
        #expect(try manifest() == whole)
    }

    @Test("The plugin offers exactly what it serves")
    func pluginCapabilities() throws {
        #expect(
            try Services().call(CSI.GetPluginCapabilitiesRequest()).capabilities == [
                .service(.controllerService), .service(.volumeAccessibilityConstraints),
                .service(.groupControllerService), .volumeExpansion(.online),
            ])
    }

    @Test("The controller offers exactly what it serves")
    func controllerCapabilities() throws {
        #expect(
            try Services().call(CSI.ControllerGetCapabilitiesRequest()).capabilities == [
                .createDeleteVolume, .listVolumes, .getCapacity, .createDeleteSnapshot, .listSnapshots,
                .cloneVolume, .expandVolume, .volumeCondition, .getVolume, .singleNodeMultiWriter,
                .getSnapshot,
            ])
    }

    @Test("The group controller offers exactly what it serves")
    func groupCapabilities() throws {
        #expect(
            try Services().call(CSI.GroupControllerGetCapabilitiesRequest()).capabilities == [
                .createDeleteGetVolumeGroupSnapshot
            ])
    }

    @Test("The node offers exactly what it serves")
    func nodeCapabilities() throws {
        #expect(
            try Services().call(CSI.NodeGetCapabilitiesRequest()).capabilities == [
                .stageUnstageVolume, .getVolumeStats, .expandVolume, .volumeCondition, .singleNodeMultiWriter,
            ])
    }

    @Test("The node tells its name and one segment per pool")
    func nodeInfo() throws {
        let info = try Services(FakeDriver(pools: ["hdd", "nvme"])).call(CSI.NodeGetInfoRequest())
        #expect(info.nodeID == "node-1")
        #expect(info.maxVolumesPerNode == 0)
        #expect(
            info.accessibleTopology?.segments == [
                "topology.test/pool.hdd": "0000000000000001", "topology.test/pool.nvme": "0000000000000002",
            ])
    }

    @Test("Every method that is served is one of the specification, and what touches no disk is quick")
    func methods() throws {
        let services = try Services()
        #expect(services.paths.allSatisfy { CSIMethod.find($0) != nil })
        #expect(services.paths.count == 27)
        #expect(
            services.quickPaths == [
                "/csi.v1.Identity/GetPluginInfo", "/csi.v1.Identity/GetPluginCapabilities",
                "/csi.v1.Identity/Probe",
                "/csi.v1.Controller/ControllerGetCapabilities",
                "/csi.v1.GroupController/GroupControllerGetCapabilities", "/csi.v1.Node/NodeGetCapabilities",
                "/csi.v1.Node/NodeGetInfo",
            ])
    }

    @Test("Bytes that are no message are INVALID_ARGUMENT everywhere")
    func garbage() throws {
        let services = try Services()
        for path in services.paths {
            #expect(try services.run(path, [0x0A, 0xFF, 0x01]) == .invalidArgument, "\(path)")
        }
        #expect(services.driver.node.faults.steps == 0)
    }
}

@Suite("The log line of a call")
struct CallLogTests {
    @Test("It has method, code, milliseconds and the volume")
    func success() throws {
        let services = try Services()
        let id = try services.create()
        #expect(services.lines.last.contains("msg=call method=CreateVolume code=OK ms=0"))
        #expect(services.lines.last.contains("volume_name=pvc-1"))
        try services.call(CSI.DeleteVolumeRequest(volumeID: id))
        #expect(services.lines.last.contains("level=info msg=call method=DeleteVolume code=OK"))
        #expect(services.lines.last.contains("volume_id=\(id)"))
        #expect(services.lines.all.count == 2)
    }

    @Test("Of a failure it tells the code and the cause, once")
    func failure() throws {
        let services = try Services()
        #expect(try services.code(CSI.ControllerGetVolumeRequest(volumeID: "nobody's")) == .notFound)
        #expect(services.lines.all.count == 1)
        #expect(
            services.lines.last.contains("level=warning msg=call method=ControllerGetVolume code=NOT_FOUND"))
        #expect(services.lines.last.contains("volume_id=nobody's"))
    }

    @Test("Host trouble is an error, a refusal is a warning, a probe is chatter")
    func levels() throws {
        let services = try Services()
        services.driver.store.faults.fail(step: 1)
        #expect(try services.code(CSI.ListVolumesRequest()) == .internalError)
        #expect(services.lines.last.contains("level=error"))
        try services.call(CSI.ProbeRequest())
        #expect(services.lines.last.contains("level=debug"))
    }

    @Test("Neither secrets nor mount flags get into lines or messages, whether a call works or not")
    func secrets() throws {
        let services = try Services()
        let id = try services.create()
        let secrets = CSI.Secrets(["hush": "hushvalue"])
        let flags = ["bogus", "password=hush"]
        let capability = CSI.VolumeCapability(access: .mount(flags: flags), mode: .singleNodeWriter)
        let bind = CSI.VolumeCapability(access: .mount(flags: ["bind", "hush"]), mode: .singleNodeWriter)
        let good = CSI.VolumeCapability(access: .mount(flags: ["hush=1"]), mode: .singleNodeWriter)
        let other = CSI.VolumeCapability(access: .mount(flags: ["hush=2"]), mode: .singleNodeWriter)
        for (capability, code) in [
            (capability, CSICode.invalidArgument), (bind, .invalidArgument), (good, .ok),
            (other, .alreadyExists),
        ] {
            let outcome = try services.outcome(
                CSI.NodeStageVolumeRequest(
                    volumeID: id, stagingTargetPath: "/kubelet/staging", volumeCapability: capability,
                    secrets: secrets))
            #expect(outcome.code == code)
            #expect(!outcome.message.contains("hush"))
        }
        #expect(!services.lines.all.joined().contains("hush"))
    }
}
