import CSIWire
import Testing
import Volumes

@testable import DriverApp

@Suite struct TableTests {
    @Test("columns are aligned, numbers to the right, and the last one is not padded")
    func alignment() {
        var table = Table([
            .init(title: "NAME"), .init(title: "SIZE", isNumber: true), .init(title: "CONDITION"),
        ])
        table.add(["a", "1 GiB", "well"])
        table.add(["a-long-name", "10.5 GiB", nil])
        table.add(["", nil, ""])
        #expect(
            table.text == """
                NAME             SIZE  CONDITION
                a               1 GiB  well
                a-long-name  10.5 GiB  -
                -                   -  -
                """)
    }

    @Test("a table without rows is its titles")
    func empty() {
        #expect(Table([.init(title: "A"), .init(title: "B", isNumber: true)]).text == "A  B")
    }

    @Test("what a terminal might obey, and what would break a row, is spelled out")
    func printable() {
        var table = Table([.init(title: "N")])
        table.add(["a\u{1b}[2Jb\nc\u{202e}d\u{85}"])
        #expect(table.rows == [["a\\u{1b}[2Jb\\u{a}c\\u{202e}d\\u{85}"]])
        #expect(Table.printable("Größe 日本 🙂") == "Größe 日本 🙂")
    }

    @Test("JSON members keep their order, and what is missing is null")
    func json() {
        let value = JSONValue.members([
            "b": .integer(1), "a": .bytes(nil), "c": .text(nil), "d": .texts(["x\n"]),
        ])
        #expect(value.text(pretty: false) == #"{"b":1,"a":null,"c":null,"d":["x\n"]}"#)
    }
}

@Suite struct ViewOptionsTests {
    private func options(_ words: [String], _ environment: [String: String] = [:]) throws -> ViewOptions {
        try ViewOptions(words, environment: { environment[$0] })
    }

    @Test("pools are spelled as for serve, also in the environment, and have the same default")
    func pools() throws {
        let given = try options(["list", "--pool", "a=/a,reserve=1%", "--pool=b=/b"])
        #expect(given.pools.map(\.path) == ["/a", "/b"] && given.words == ["list"])
        #expect(given.pools[0].policy.reserve == .percent(1))
        #expect(try options([], ["LOOPCSI_POOL": "a=/a;b=/b"]).pools.map(\.path) == ["/a", "/b"])
        #expect(try options([]).pools.map(\.path) == ["/var/lib/loopcsi"])
    }

    @Test("output is a table unless JSON is asked for")
    func output() throws {
        #expect(try options([]).output == .table)
        #expect(try options(["--output", "json"]).output == .json)
        #expect(try options([], ["LOOPCSI_OUTPUT": "json"]).output == .json)
    }

    @Test(
        "what cannot be meant is wrong usage",
        arguments: [
            ["--output", "yaml"], ["--pool", "x"], ["--pool=a=/a", "--pool=a=/b"], ["--nonsense=1"],
        ])
    func refused(words: [String]) {
        #expect(throws: UsageError.self) { try options(words) }
    }

    @Test(
        "a subcommand without its verb, or with too many words, is wrong usage",
        arguments: [[], ["show"], ["list", "x"], ["lists"], ["show", "a", "b"], ["check", "x"]])
    func verbs(words: [String]) {
        #expect(throws: UsageError.self) { try PoolCommand.run(words) }
        #expect(throws: UsageError.self) { try VolumeCommand.run(words) }
        #expect(throws: UsageError.self) { try SnapshotCommand.run(words) }
    }
}
