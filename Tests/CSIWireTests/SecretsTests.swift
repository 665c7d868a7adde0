import CSIWire
import Testing

@Suite("Secrets")
struct SecretsTests {
    private let request = CSI.NodeStageVolumeRequest(volumeID: "v", secrets: CSI.Secrets(["user": "hunter2"]))

    @Test("do not show in any text of the request, by any way of printing")
    func printing() throws {
        let decoded = try CSI.NodeStageVolumeRequest(decoding: request.encoded())
        #expect(!decoded.secrets.isEmpty)
        var dumped = ""
        dump(decoded, to: &dumped)
        dump(decoded.secrets, to: &dumped)
        dump([decoded.secrets], to: &dumped)
        let texts = [
            "\(decoded)", "\(decoded.secrets)", "\([decoded.secrets])", String(reflecting: decoded),
            String(reflecting: decoded.secrets), String(describing: Optional(decoded.secrets)),
            "\(Mirror(reflecting: decoded.secrets).children.map { $0.value })", dumped,
        ]
        for text in texts {
            #expect(!text.contains("hunter2"))
            #expect(!text.contains("user"))
        }
        #expect("\(decoded.secrets)" == "<redacted>")
    }

    @Test("do not show in the JSON of any request that has some")
    func json() throws {
        let carriers = CSIMethod.all.filter { method in
            (try? CSIJSON.encodeRequest(Array(#"{"secrets": {"user": "hunter2"}}"#.utf8), for: method)) != nil
        }
        #expect(carriers.count == 19)
        for method in carriers {
            let bytes = try CSIJSON.encodeRequest(
                Array(#"{"secrets": {"user": "hunter2"}}"#.utf8), for: method)
            #expect(
                try CSIJSON.decodeRequest(bytes, for: method, pretty: false) == #"{"secrets":"<redacted>"}"#)
        }
    }

    @Test("do not show in the refusal of a request")
    func refusal() throws {
        let bytes: [UInt8] = [0x12, 0x0b, 0x0a, 0x00, 0x12, 0x07] + Array("hunter\0".utf8)
        let status = #expect(throws: CSIStatus.self) { try CSI.DeleteVolumeRequest(decoding: bytes) }
        #expect(status?.description == "INVALID_ARGUMENT: DeleteVolumeRequest.secrets.value contains a NUL")
    }

    @Test("are equal if their content is, and reach the other side")
    func equality() throws {
        #expect(try CSI.NodeStageVolumeRequest(decoding: request.encoded()) == request)
        #expect(CSI.Secrets(["a": "b"]) != CSI.Secrets(["a": "c"]))
        #expect(CSI.Secrets().isEmpty)
    }
}
