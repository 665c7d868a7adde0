import CSIWire
import Testing

/// Expects a request to come back from the wire unchanged, and its bytes to read as this JSON.
func check<M: CSIRequest>(_ request: M, _ json: String) throws {
    let bytes = request.encoded()
    #expect(try M(decoding: bytes) == request)
    let method = try #require(CSIMethod.find(M.path))
    #expect(try CSIJSON.decodeRequest(bytes, for: method, pretty: false) == json)
    #expect(try M(decoding: []) == M())
    #expect(M().encoded().isEmpty)
}

/// Expects a reply to come back from the wire unchanged, and its bytes to read as this JSON.
func check<M: CSIReply>(_ reply: M, _ json: String) throws {
    let bytes = reply.encoded()
    #expect(try M(decoding: bytes) == reply)
    let method = try #require(CSIMethod.find(M.path))
    #expect(try CSIJSON.decodeReply(bytes, for: method, pretty: false) == json)
    #expect(try M(decoding: []) == M())
    #expect(M().encoded().isEmpty)
}
