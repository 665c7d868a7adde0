import CSIWire
import LinuxHost
import RPCChannel
import RPCServer
import TestSupport
import Testing

@Suite("The port of a node", .requiresRoot)
struct RelayPortTests {
    private static let nodeName = "node.loop.csi.local"
    private static let relayName = "controller.loop.csi.local"

    /// Runs a body with a driver in the role of a node, its certificates and its address.
    private func withNode(
        _ body: @escaping @Sendable (Rig, ClusterCertificates, String) throws -> Void
    ) throws {
        let folder = try TemporaryFolder()
        let certificates = try ClusterCertificates("\(folder.path)/certs")
        let flags = ["--role", "node", "--relay-address", "127.0.0.1:0", "--tls-dir", certificates.node]
        try Rig.run(.init(flags: flags)) { rig in
            let mark = /port for the relay is open.* value=(\d+)/
            try waitUntil("the port is in the log") { rig.log.contains(mark) }
            let port = try #require(try mark.firstMatch(in: rig.log)).output.1
            try body(rig, certificates, "127.0.0.1:\(port)")
        }
    }

    /// Calls with what a folder holds, expecting the other end to have that name.
    private func call<Request: CSIRequest>(
        _ request: Request, at address: String, as folder: String, of name: String = nodeName
    ) throws -> RPCChannelReply {
        let channels = try RPCChannels(tls: TLSIdentity(folder: folder), nodeName: name)
        return channels.call(
            RPCOutgoingCall(address: address, method: Request.path, request: request.encoded()),
            until: Clock.monotonicNanoseconds + 5_000_000_000)
    }

    @Test("It offers what a relay passes on, and nothing of the Node service")
    func services() throws {
        try withNode { rig, certificates, address in
            let relay = certificates.controller
            #expect(try call(CSI.GetPluginInfoRequest(), at: address, as: relay).code == 0)
            #expect(try call(CSI.ListVolumesRequest(), at: address, as: relay).code == 0)
            let life = try Life(rig)
            #expect(
                try call(CSI.ControllerGetVolumeRequest(volumeID: life.id), at: address, as: relay).code == 0)
            let requests: [any CSIRequest] = [
                CSI.NodeGetInfoRequest(), CSI.NodeGetCapabilitiesRequest(), life.stageRequest(),
                life.publishRequest(), life.unpublishRequest(), life.unstageRequest(),
                CSI.NodeGetVolumeStatsRequest(volumeID: life.id, volumePath: life.target),
            ]
            for request in requests {
                let code = try call(request, at: address, as: relay).code
                #expect(code == CSICode.unimplemented.rawValue, "\(type(of: request))")
            }
            #expect(try life.devices() == [])
            // Of a pool that it does not have it says nothing that could be taken for the truth.
            let stranger = CSI.DeleteVolumeRequest(volumeID: "0123456789abcdef.vol")
            #expect(try call(stranger, at: address, as: relay).code == CSICode.unavailable.rawValue)
            try life.delete()
        }
    }

    @Test("No call gets through of a client without a certificate, of another authority, or of another name")
    func strangers() throws {
        try withNode { rig, certificates, address in
            let other = try ClusterCertificates("\(rig.path)/other")
            // Its own certificate, and the node's authority: a node can be told, and does not take it.
            try Host.run("cp", "\(certificates.folder)/ca.crt", "\(other.controller)/ca.crt")
            let info = CSI.GetPluginInfoRequest()
            #expect(try call(info, at: address, as: other.controller).code == CSICode.unavailable.rawValue)
            // Another node's, which is made for servers alone.
            #expect(try call(info, at: address, as: certificates.node).code == CSICode.unavailable.rawValue)
            let asRelay = try call(info, at: address, as: certificates.controller, of: Self.relayName)
            #expect(asRelay.code == CSICode.unavailable.rawValue)
            let said = try TestTool.run(
                "sh",
                [
                    "-c",
                    "(printf 'PRI * HTTP/2.0\\r\\n\\r\\nSM\\r\\n\\r\\n'; sleep 1) | openssl s_client -connect \(address) -alpn h2 "
                        + "-CAfile \(certificates.node)/ca.crt 2>&1 || true",
                ])
            #expect(said.standardOutput.contains("error:"), "\(said.standardOutput)")
            #expect(!rig.log.contains("method=GetPluginInfo"), "\(rig.log)")
        }
    }

    @Test("Who connects and says nothing, or something else, takes no place from the relay, and is put out")
    func silent() async throws {
        try await Aside.run {
            try withNode { rig, certificates, address in
                let info = CSI.GetPluginInfoRequest()
                let port = try #require(UInt16(address.split(separator: ":")[1]))
                #expect(try call(info, at: address, as: certificates.controller).code == 0)
                let before = try rig.driver.descriptors
                let clients = try (0..<200).map { number in
                    let client = try HTTPClient(port: port)
                    if number % 2 == 0 { client.send(Array("GET / HTTP/1.1\r\n\r\n".utf8)) }
                    if number % 5 == 0 { client.send([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01]) }
                    return client
                }
                #expect(try call(info, at: address, as: certificates.controller).code == 0)
                try waitUntil("the strangers are put out") { try rig.driver.descriptors <= before + 2 }
                for client in clients { #expect(client.readToEnd() != nil) }
                #expect(try call(info, at: address, as: certificates.controller).code == 0)
            }
        }
    }
}
