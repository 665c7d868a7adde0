import Testing

@testable import DriverApp

@Suite struct FlagsTests {
    private func flags(_ arguments: [String], _ environment: [String: String] = [:]) throws -> Flags {
        try Flags(arguments, known: ["pool", "node-id"], environment: { environment[$0] })
    }

    @Test("a value follows its flag after a blank or an equals sign")
    func values() throws {
        let flags = try flags(["--node-id", "a", "word", "--pool=x=/y,reserve=5%"])
        #expect(flags.one("node-id") == "a")
        #expect(flags.one("pool") == "x=/y,reserve=5%")
        #expect(flags.words == ["word"])
    }

    @Test("of a flag given twice the last one counts, or all of them where many are wanted")
    func repeated() throws {
        let flags = try flags(["--pool", "a", "--pool", "b"])
        #expect(flags.one("pool") == "b")
        #expect(flags.all("pool") == ["a", "b"])
    }

    @Test("an unknown flag and a missing value are refused, and the message names the flag")
    func refused() {
        #expect(throws: UsageError.self) { try flags(["--nonsense", "x"]) }
        #expect(throws: UsageError.self) { try flags(["--node-id"]) }
        #expect(throws: UsageError.self) { try flags(["--"]) }
        let message = #expect(throws: UsageError.self) { try flags(["--nonsense=1"]) }?.description
        #expect(message?.contains("--nonsense") == true)
    }

    @Test("an unknown flag is told what it most likely should be, and one dash makes no word")
    func nearest() {
        func message(_ word: String) -> String {
            #expect(throws: UsageError.self) { try flags([word, "x"]) }?.description ?? ""
        }
        #expect(message("--pol").contains("did you mean --pool?"))
        #expect(message("--nodeid").contains("did you mean --node-id?"))
        #expect(message("-pool").contains("did you mean --pool?"))
        #expect(!message("--nonsense").contains("did you mean"))
        #expect(message("--nonsense").contains("known are --pool --node-id"))
        #expect(message("--" + String(repeating: "a\u{301}\u{323}", count: 50_000)).utf8.count < 300)
        #expect(throws: Never.self) { try flags(["-"]) }
    }

    @Test("the environment speaks where the flag does not, and nothing is what an empty variable says")
    func environment() throws {
        let twins = ["LOOPCSI_NODE_ID": "from-environment", "LOOPCSI_POOL": "a=/a;b=/b"]
        #expect(try flags([], twins).one("node-id") == "from-environment")
        #expect(try flags(["--node-id", "given"], twins).one("node-id") == "given")
        #expect(try flags([], twins).all("pool") == ["a=/a", "b=/b"])
        #expect(try flags(["--pool", "c"], twins).all("pool") == ["c"])
        #expect(try flags([], ["LOOPCSI_NODE_ID": ""]).one("node-id") == nil)
        #expect(try flags([], ["LOOPCSI_POOL": ""]).all("pool").isEmpty)
    }
}
