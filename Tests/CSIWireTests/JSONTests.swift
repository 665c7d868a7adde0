import Testing

@testable import CSIWire

@Suite("JSON")
struct JSONTests {
    private func method(_ name: String) throws -> CSIMethod {
        try #require(CSIMethod.all.first { $0.name == name })
    }

    /// The JSON of a request after a way to the wire and back.
    private func echo(_ json: String, _ name: String, pretty: Bool = false) throws -> String {
        let method = try method(name)
        return try CSIJSON.decodeRequest(
            try CSIJSON.encodeRequest(Array(json.utf8), for: method), for: method, pretty: pretty)
    }

    private func refusal(_ json: String, _ name: String) throws -> String? {
        let method = try method(name)
        do throws(CSIJSONError) {
            _ = try CSIJSON.encodeRequest(Array(json.utf8), for: method)
            return nil
        } catch {
            return error.description
        }
    }

    @Test("accepts both spellings of a name and gives the one of csi.proto")
    func names() throws {
        let expected = #"{"name":"a","capacity_range":{"required_bytes":"5"}}"#
        #expect(try echo(#"{"name":"a","capacityRange":{"requiredBytes":5}}"#, "CreateVolume") == expected)
        #expect(
            try echo(#"{"name":"a","capacity_range":{"required_bytes":"5"}}"#, "CreateVolume") == expected)
        #expect(
            try refusal(#"{"capacity_range":{},"capacityRange":{}}"#, "CreateVolume")
                == "CreateVolumeRequest has capacity_range twice")
    }

    @Test("keeps all digits of a 64-bit number, written as number or text")
    func integers() throws {
        let request =
            #"{"capacity_range":{"required_bytes":9223372036854775807,"limit_bytes":"-9223372036854775808"}}"#
        #expect(
            try echo(request, "CreateVolume")
                == #"{"capacity_range":{"required_bytes":"9223372036854775807","limit_bytes":"-9223372036854775808"}}"#
        )
        #expect(try echo(#"{"max_entries":"7"}"#, "ListVolumes") == #"{"max_entries":7}"#)
        for wrong in ["9223372036854775808", "1.5", "1e3", #""""#, #"" 1""#, #""0x1""#] {
            #expect(
                try refusal(#"{"capacity_range":{"required_bytes":\#(wrong)}}"#, "CreateVolume")
                    == "CreateVolumeRequest.capacity_range.required_bytes must be a whole number from "
                    + "-9223372036854775808 to 9223372036854775807")
        }
        #expect(try refusal(#"{"max_entries":2147483648}"#, "ListVolumes")?.contains("2147483647") == true)
    }

    @Test("knows enums by name and number")
    func enums() throws {
        func mode(_ value: String) -> String { #"{"volume_capability":{"access_mode":{"mode":\#(value)}}}"# }
        #expect(
            try echo(mode(#""SINGLE_NODE_WRITER""#), "NodeExpandVolume") == mode(#""SINGLE_NODE_WRITER""#))
        #expect(try echo(mode("1"), "NodeExpandVolume") == mode(#""SINGLE_NODE_WRITER""#))
        #expect(try echo(mode("77"), "NodeExpandVolume") == mode("77"))
        #expect(
            try refusal(mode(#""single""#), "NodeExpandVolume")?
                .hasPrefix(
                    "NodeExpandVolumeRequest.volume_capability.access_mode.mode cannot be single; it can be UNKNOWN, "
                )
                == true)
    }

    @Test("names what does not fit")
    func mismatches() throws {
        #expect(try refusal(#"{"nane":"a"}"#, "CreateVolume") == "CreateVolumeRequest has no field nane")
        #expect(
            try refusal(#"{"name":1}"#, "CreateVolume")
                == "CreateVolumeRequest.name must be a string, not a number")
        #expect(try refusal("[]", "CreateVolume") == "CreateVolumeRequest must be an object, not an array")
        #expect(
            try refusal(#"{"parameters":{"a":1}}"#, "CreateVolume")
                == "CreateVolumeRequest.parameters.a must be a string, not a number")
        #expect(
            try refusal(#"{"volume_capabilities":[{},{"mount":{"mount_flags":[true]}}]}"#, "CreateVolume")
                == "CreateVolumeRequest.volume_capabilities.1.mount.mount_flags.0 must be a string, not a boolean"
        )
        #expect(
            try refusal(#"{"volume_capability":{"block":{},"mount":{}}}"#, "NodeExpandVolume")
                == "NodeExpandVolumeRequest.volume_capability can have one of block and mount, not both")
        #expect(
            try refusal(#"{"name":"a\u0000"}"#, "CreateVolume") == "CreateVolumeRequest.name contains a NUL")
    }

    @Test("takes null for unset")
    func null() throws {
        #expect(try echo(#"{"name":null,"parameters":null,"capacity_range":null}"#, "CreateVolume") == "{}")
        #expect(
            try echo(#"{"volume_capability":{"block":null,"mount":{}}}"#, "NodeExpandVolume")
                == #"{"volume_capability":{"mount":{}}}"#)
    }

    @Test("writes wrappers as bare values and times by RFC 3339")
    func wellKnownTypes() throws {
        func echo(_ json: String, _ name: String) throws -> String {
            let method = try method(name)
            return try CSIJSON.decodeReply(
                try CSIJSON.encodeReply(Array(json.utf8), for: method), for: method, pretty: false)
        }
        #expect(try echo(#"{"ready":false}"#, "Probe") == #"{"ready":false}"#)
        #expect(try echo(#"{"maximum_volume_size":0}"#, "GetCapacity") == #"{"maximum_volume_size":"0"}"#)
        #expect(
            try echo(#"{"snapshot":{"creation_time":"2024-02-29T12:00:00+02:00"}}"#, "CreateSnapshot")
                == #"{"snapshot":{"creation_time":"2024-02-29T10:00:00Z"}}"#)
        #expect(
            throws: CSIJSONError(
                "CreateSnapshotResponse.snapshot.creation_time must be a time like 2025-01-31T23:59:59.5Z")
        ) {
            try echo(#"{"snapshot":{"creation_time":"2023-02-29T12:00:00Z"}}"#, "CreateSnapshot")
        }
    }

    @Test("can be indented")
    func pretty() throws {
        #expect(
            try echo(
                #"{"volume_id":"v","volume_context":{"a":"b"},"volume_capabilities":[{}]}"#,
                "ValidateVolumeCapabilities", pretty: true) == """
                    {
                      "volume_id": "v",
                      "volume_context": {
                        "a": "b"
                      },
                      "volume_capabilities": [
                        {}
                      ]
                    }
                    """)
    }

    @Test("names the fault of bytes that are no message")
    func badBytes() throws {
        let method = try method("Probe")
        #expect(throws: CSIJSONError("ProbeResponse ends too early")) {
            try CSIJSON.decodeReply([0x0a, 0x01], for: method, pretty: false)
        }
    }

    @Test("works for all methods, in both directions")
    func allMethods() throws {
        for method in CSIMethod.all {
            #expect(try CSIJSON.encodeRequest(Array("{}".utf8), for: method).isEmpty)
            #expect(try CSIJSON.decodeReply([], for: method, pretty: false) == "{}")
            // A field number that no message has, to walk each field of the type for its name.
            #expect(throws: CSIJSONError.self) {
                try CSIJSON.encodeRequest(Array(#"{"?":1}"#.utf8), for: method)
            }
        }
    }
}

@Suite("The JSON parser")
struct JSONParserTests {
    @Test("reads what RFC 8259 allows")
    func accepted() throws {
        let text = #" { "a" : [ 1 , -0.5e+3, true , false, null, "\u00e4\ud83d\ude00\n\/é" ], "b":{} } "#
        #expect(
            try JSONParser.parse(Array(text.utf8))
                == .object([
                    .init(
                        name: "a",
                        value: .array([
                            .number("1"), .number("-0.5e+3"), .bool(true), .bool(false), .null,
                            .string("ä😀\n/é"),
                        ])),
                    .init(name: "b", value: .object([])),
                ]))
    }

    @Test(
        "refuses everything else",
        arguments: [
            "", " ", "{", "[1,]", "{\"a\":1,}", "{\"a\"}", "{a:1}", "01", "1.", ".5", "+1", "-", "1e", "NaN",
            "tru",
            "\"", "\"\\x\"", "\"\\u12\"", "\"\\u12g4\"", "\"\\ud800\"", "\"\\ud800\\u0041\"", "\"\\udc00\"",
            "\"\n\"",
            "1 2", "{\"a\":1,\"a\":2}", "{} x", "'a'", "[1 2]", "\u{feff}{}", "// c\n{}",
            String(repeating: "[", count: 100_000),
        ])
    func refused(text: String) {
        #expect(throws: CSIJSONError.self) { try JSONParser.parse(Array(text.utf8)) }
    }

    @Test("refuses bytes that are not UTF-8")
    func encoding() {
        #expect(throws: CSIJSONError("the JSON text is not valid UTF-8")) {
            try JSONParser.parse([0x22, 0xff, 0x22])
        }
    }

    @Test("says where the fault is")
    func place() {
        #expect(throws: CSIJSONError("the JSON text is wrong at line 2, column 8: expected ':'")) {
            try JSONParser.parse(Array("{\n  \"a\"  1}".utf8))
        }
    }

    @Test("survives texts made by chance", arguments: 0..<4)
    func mutations(seed: UInt64) {
        var chance = SplitMix(state: seed)
        let text = Array(#"{"a":[1,-2.5e3,"x\u00e4\n"],"b":{"c":null,"d":true}}"#.utf8)
        for _ in 0..<2000 { _ = try? JSONParser.parse(chance.mutation(of: text)) }
    }
}

@Suite("JSON times")
struct JSONTimestampTests {
    @Test(
        "go both ways",
        arguments: [
            (0, 0, "1970-01-01T00:00:00Z"), (-1, 0, "1969-12-31T23:59:59Z"),
            (951_782_400, 0, "2000-02-29T00:00:00Z"),
            (1_735_689_599, 500_000_000, "2024-12-31T23:59:59.500Z"),
            (1, 1000, "1970-01-01T00:00:01.000001Z"),
            (1, 1, "1970-01-01T00:00:01.000000001Z"), (-62_135_596_800, 0, "0001-01-01T00:00:00Z"),
            (253_402_300_799, 999_999_999, "9999-12-31T23:59:59.999999999Z"),
        ] as [(Int64, Int32, String)])
    func bothWays(seconds: Int64, nanoseconds: Int32, text: String) {
        let time = JSONTimestamp(seconds: seconds, nanoseconds: nanoseconds)
        #expect(time.text == text)
        #expect(JSONTimestamp(text) == time)
    }

    @Test(
        "must exist",
        arguments: [
            "", "2024-01-01", "2024-01-01T00:00:00", "2024-13-01T00:00:00Z", "2024-00-01T00:00:00Z",
            "2024-04-31T00:00:00Z", "2100-02-29T00:00:00Z", "2024-01-01T24:00:00Z", "2024-01-01T00:00:60Z",
            "2024-01-01T00:00:00.Z", "2024-01-01T00:00:00.1234567890Z", "0000-01-01T00:00:00Z",
            "2024-01-01T00:00:00+24:00", "٢٠٢٤-01-01T00:00:00Z",
        ])
    func refused(text: String) {
        #expect(JSONTimestamp(text) == nil)
    }

    @Test("beyond what the text form can say have no text")
    func outOfRange() {
        #expect(JSONTimestamp(seconds: .max, nanoseconds: 0).text == nil)
        #expect(JSONTimestamp(seconds: .min, nanoseconds: 0).text == nil)
        #expect(JSONTimestamp(seconds: 0, nanoseconds: -1).text == nil)
    }

    @Test("know the days from year 54 to year 9900, each month at its turn")
    func manyDays() {
        for day in stride(from: Int64(-700_000), through: 2_896_000, by: 331) {
            let time = JSONTimestamp(seconds: day * 86400, nanoseconds: 0)
            guard let text = time.text, JSONTimestamp(text) == time else {
                Issue.record("day \(day) does not come back")
                return
            }
        }
    }
}
