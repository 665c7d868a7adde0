import LinuxHost
import TestSupport
import Testing

@testable import Pool

@Suite("The small files of a pool")
struct RecordTextTests {
    private struct File: Decodable {
        var version: Int
        var name: String
    }

    private let temporary: TemporaryFolder

    init() throws { temporary = try TemporaryFolder() }

    @Test(
        "What a torn file lacks is told in a sentence",
        arguments: [
            ("", "file is empty"),
            (#"{"version":1,"na"#, "file is not the JSON text that was written"),
            ("\u{0}\u{0}\u{0}", "file is not the JSON text that was written"),
            ("{}", "file lacks the field 'version'"),
            (#"{"version":"x","name":"n"}"#, "file has an unfit value in the field 'version'"),
            (
                #"{"version":99999999999999999999,"name":"n"}"#,
                "file is not the JSON text that was written"
            ),
            ("[]", "file has an unfit value at its top"),
        ])
    func torn(text: String, sentence: String) throws {
        try temporary.open().write("file", Array(text.utf8), mode: 0o600)
        let trouble = #expect(throws: RecordTrouble.self) { _ = try read() }
        #expect(trouble?.description == sentence)
        #expect(trouble?.isTorn == true && trouble?.isMissing == false)
    }

    @Test("What lies in the place of a file is never waited for, and is no file that was written")
    func places() throws {
        for make in [["mkfifo", path], ["mkdir", path], ["ln", "-s", "/dev/zero", path]] {
            try TestTool.run(make[0], Array(make.dropFirst()))
            let trouble = #expect(throws: RecordTrouble.self) { _ = try read() }
            #expect(trouble?.isTorn == true)
            try TestTool.run("rm", ["-r", path])
        }
        try TestTool.run("truncate", ["--size=1T", path])
        #expect(#expect(throws: RecordTrouble.self) { _ = try read() }?.isTorn == true)
    }

    @Test("A file that is not there is missing, not torn")
    func missing() throws {
        let trouble = #expect(throws: RecordTrouble.self) { _ = try read() }
        #expect(trouble?.isMissing == true && trouble?.isTorn == false)
    }

    private var path: String { "\(temporary.path)/file" }

    private func read() throws -> File {
        try RecordText.read("file", from: temporary.open(), limitBytes: 4096)
    }
}
