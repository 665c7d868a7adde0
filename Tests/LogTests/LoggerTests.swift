import FoundationEssentials
import Log
import Testing

@Suite("Logger")
struct LoggerTests {
    /// Strings that have broken log formats before, and a few that must not be touched.
    static let texts = [
        "", "plain", "two words", "a=b", "quote \" here", "back\\slash", "line\nbreak", "\r\n", "tab\t",
        "nul \u{0} bell \u{7} escape \u{1B}[31m", "delete \u{7F}", "c1 \u{9B}31m", "umlaut ä", "kanji 漢字",
        "emoji 😀", "separator \u{2028}\u{2029}", "reorder \u{202E}txt.exe", "bom \u{FEFF}", "{\"json\":1}",
        "'single'",
        "e\u{301} stays decomposed",
    ]

    @Test("A logfmt line is time, level, message, then the fields in the order given")
    func logfmtOrder() {
        let lines = LogLines()
        lines.logger(.logfmt).info(
            "volume created", (.volumeID, "p1.data"), (.ms, 12), (.sizeBytes, UInt64.max), (.readOnly, false))
        let expected =
            "time=2023-11-14T22:13:20.123Z level=info msg=\"volume created\" volume_id=p1.data ms=12"
            + " size_bytes=18446744073709551615 read_only=false\n"
        #expect(lines.texts == [expected])
    }

    @Test("A JSON line is one object with numbers and truth values unquoted")
    func jsonTypes() {
        let lines = LogLines()
        lines.logger(.json).error("failed", (.error, "EIO"), (.count, -3), (.ms, 0.5), (.directIO, true))
        let expected =
            "{\"time\":\"2023-11-14T22:13:20.123Z\",\"level\":\"error\",\"msg\":\"failed\",\"error\":\"EIO\","
            + "\"count\":-3,\"ms\":0.5,\"direct_io\":true}\n"
        #expect(lines.texts == [expected])
    }

    @Test("A JSON line gives back exactly the text that was logged", arguments: texts)
    func jsonRoundTrip(text: String) throws {
        let lines = LogLines()
        lines.logger(.json).info(text, (.reason, text))
        let line = try #require(lines.texts.first)
        let read = try JSONDecoder().decode([String: String].self, from: Data(line.utf8))
        #expect(Array(read["msg", default: "?"].utf8) == Array(text.utf8))
        #expect(Array(read["reason", default: "?"].utf8) == Array(text.utf8))
    }

    @Test("A logfmt value is bare or a JSON string that gives back the text", arguments: texts)
    func logfmtRoundTrip(text: String) throws {
        let lines = LogLines()
        lines.logger(.logfmt).info("m", (.reason, text))
        let line = try #require(lines.texts.first)
        let marker = try #require(line.firstRange(of: "reason="))
        let value = line[marker.upperBound...].dropLast()
        guard value.first == "\"" else {
            #expect(Array(value.utf8) == Array(text.utf8))
            return
        }
        let read = try JSONDecoder().decode([String].self, from: Data("[\(value)]".utf8))
        #expect(read.map { Array($0.utf8) } == [Array(text.utf8)])
    }

    @Test("No text can start a second line or reach the terminal as a control", arguments: texts)
    func oneLine(text: String) throws {
        for format in LogFormat.allCases {
            let lines = LogLines()
            lines.logger(format).info(text, (.path, text))
            let scalars = try #require(lines.texts.first).unicodeScalars
            #expect(scalars.last == "\n")
            #expect(!scalars.dropLast().contains { $0.properties.generalCategory == .control })
            #expect(!scalars.contains { $0 == "\u{2028}" || $0 == "\u{202E}" })
        }
    }

    @Test(
        "Numbers that JSON does not know are written as text", arguments: [Double.nan, .infinity, -.infinity])
    func jsonNumbers(number: Double) throws {
        let lines = LogLines()
        lines.logger(.json).info("m", (.value, number))
        let line = try #require(lines.texts.first)
        let read = try JSONDecoder().decode([String: String].self, from: Data(line.utf8))
        #expect(read["value"] == String(number))
    }

    @Test("Lines below the minimum are dropped", arguments: LogLevel.allCases)
    func minimum(level: LogLevel) {
        let lines = LogLines()
        let logger = lines.logger(.logfmt, minimum: level)
        logger.debug("m")
        logger.info("m")
        logger.warning("m")
        logger.error("m")
        let expected = LogLevel.allCases.filter { $0 >= level }
        #expect(lines.texts.count == expected.count)
        #expect(zip(lines.texts, expected).allSatisfy { $0.contains("level=\($1.rawValue) ") })
    }

    @Test("Field names are snake case and none repeats what every line has")
    func keys() {
        for key in LogKey.allCases {
            #expect(key.rawValue.utf8.allSatisfy { (0x61...0x7A).contains($0) || $0 == UInt8(ascii: "_") })
            #expect(!["time", "level", "msg"].contains(key.rawValue))
        }
    }
}
