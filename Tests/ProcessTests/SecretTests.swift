import CSIWire
import TestSupport
import Testing

@Suite("Secrets stay secret", .requiresRoot)
struct SecretTests {
    private static let marker = "MARKER-4711-do-not-print"

    @Test("Secrets and mount flags come up in no message, no log line and no file of the pool")
    func nowhere() throws {
        try Rig.run(.init(flags: ["--log-level", "debug"])) { rig in
            let secrets = CSI.Secrets(["key-\(Self.marker)": "value-\(Self.marker)"])
            let flags = ["data=\(Self.marker)", "noatime"]
            let context = ["csi.storage.k8s.io/serviceAccount.tokens": Self.marker]
            var said = ""
            func call(_ request: some CSIRequest) throws {
                do {
                    _ = try rig.client.call(request)
                } catch let status as CSIStatus {
                    said += status.message + "\n"
                }
            }
            let life = try Life(rig)
            try Host.makeFolder(life.staging)
            var create = Kind.ext4.create("vol")
            create.secrets = secrets
            create.volumeCapabilities[0].access = .mount(fsType: "ext4", flags: flags)
            try call(create)
            create.name = ""
            try call(create)
            var stage = life.stageRequest(flags: flags)
            stage.secrets = secrets
            stage.volumeContext = context
            stage.publishContext = ["x": Self.marker]
            try call(stage)
            stage.volumeCapability = Kind.ext4.capability(flags: ["bind", Self.marker])
            try call(stage)
            try life.stage()
            try call(stage)
            var publish = life.publishRequest()
            publish.secrets = secrets
            publish.volumeContext = context
            try call(publish)
            publish.readonly = true
            try call(publish)
            try call(
                CSI.ControllerExpandVolumeRequest(
                    volumeID: life.id, capacityRange: CSI.CapacityRange(requiredBytes: -1), secrets: secrets))
            try call(
                CSI.NodeExpandVolumeRequest(volumeID: life.id, volumePath: life.target, secrets: secrets))
            #expect(!said.contains(Self.marker), "\(said)")
            #expect(!rig.log.contains(Self.marker))
            #expect(rig.log.contains("NodeStageVolume"))
            for file in try Host.names(in: life.folder) where file != "image" {
                #expect(try !Host.read("\(life.folder)/\(file)").contains(Self.marker))
            }
            try call(CSI.DeleteVolumeRequest(volumeID: life.id, secrets: secrets))
            try life.end()
            #expect(!rig.log.contains(Self.marker))
        }
    }
}
