/// JSON for people: any request from JSON to the wire, any message from the wire to JSON.
///
/// The mapping is that of proto3, driven by the generated tables. Names come out as csi.proto spells them and may
/// go in as `capacity_range` or `capacityRange`; 64-bit integers come out as strings. Secrets come out redacted.
package enum CSIJSON {
    /// The wire bytes of a request written in JSON.
    package static func encodeRequest(
        _ json: [UInt8], for method: CSIMethod
    ) throws(CSIJSONError) -> [UInt8] {
        try encode(json, as: method.request)
    }

    /// The wire bytes of a reply written in JSON, as a stand-in for a server needs them.
    package static func encodeReply(
        _ json: [UInt8], for method: CSIMethod
    ) throws(CSIJSONError) -> [UInt8] {
        try encode(json, as: method.reply)
    }

    /// A reply, or one message of a stream, as JSON text.
    package static func decodeReply(
        _ bytes: [UInt8], for method: CSIMethod, pretty: Bool
    ) throws(CSIJSONError) -> String {
        try decode(bytes, as: method.reply, pretty: pretty)
    }

    /// A request as JSON text.
    package static func decodeRequest(
        _ bytes: [UInt8], for method: CSIMethod, pretty: Bool
    ) throws(CSIJSONError) -> String {
        try decode(bytes, as: method.request, pretty: pretty)
    }

    private static func encode(_ json: [UInt8], as type: MessageType) throws(CSIJSONError) -> [UInt8] {
        let value = try JSONParser.parse(json)
        let message = OwnedMessage(empty: type)
        try message.withView { view throws(CSIJSONError) in
            try JSONInput(path: [type.name]).fill(view, from: value)
        }
        return message.packed()
    }

    private static func decode(
        _ bytes: [UInt8], as type: MessageType, pretty: Bool
    ) throws(CSIJSONError) -> String {
        do throws(WireFault) {
            let message = try OwnedMessage(unpacking: bytes, as: type)
            return message.withView { JSONOutput.message($0).text(pretty: pretty) }
        } catch {
            throw CSIJSONError(error.description)
        }
    }
}

/// Why a JSON text does not fit a message, or bytes are not a message.
package struct CSIJSONError: Error, Equatable, Sendable, CustomStringConvertible {
    /// One line for people, with the place of the fault; it quotes names, never secrets.
    package var description: String

    /// Makes an error from its text.
    package init(_ description: String) {
        self.description = description
    }
}
