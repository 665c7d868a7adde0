import Testing

@testable import DriverApp

@Suite("Help and version")
struct HelpTests {
    private func answer(_ line: String) -> String? {
        Subcommand.answer(to: line.split(separator: " ").map(String.init))
    }

    @Test("The version is told in every spelling", arguments: ["version", "--version", "-V", "-v"])
    func version(word: String) {
        #expect(answer(word) == "loopcsi \(Driver.version)")
    }

    @Test(
        "Help of the program names each command, in every spelling", arguments: ["", "help", "--help", "-h"])
    func overview(word: String) throws {
        let text = try #require(answer(word))
        for command in Subcommand.all { #expect(text.contains("\n  loopcsi \(command.forms[0])")) }
        #expect(text.contains("loopcsi version"))
    }

    @Test("Help of a command names its forms and each of its flags", arguments: Subcommand.all.map(\.name))
    func help(name: String) throws {
        let command = try #require(Subcommand.all.first { $0.name == name })
        let asked = [
            "\(name) --help", "\(name) -h", "help \(name)", "\(name) help", "\(name) list --help",
            "\(name) --pool x=/y --help",
        ]
        for line in asked {
            let text = try #require(answer(line), "\(line)")
            for form in command.forms { #expect(text.contains("loopcsi \(form)")) }
            for flag in command.flags { #expect(text.contains("  --\(flag.name) \(flag.value)")) }
            #expect(text.contains(command.purpose))
        }
    }

    @Test("Nothing else is a question")
    func other() {
        for line in [
            "serve", "serve --node-id help", "pool list", "volume show help-me", "call help.me", "hepl",
        ] {
            #expect(answer(line) == nil, "\(line)")
        }
    }

    @Test("What serve knows has help, and is in the help in the order of the reference")
    func serve() {
        #expect(ServeOptions.flags == FlagHelp.serve.map(\.name))
        #expect(Set(ServeOptions.flags).count == ServeOptions.flags.count)
    }

    @Test("The nearest word is found if it is near")
    func nearest() {
        let words = Subcommand.all.map(\.name)
        #expect(Nearest.to("srve", among: words) == "serve")
        #expect(Nearest.to("volumes", among: words) == "volume")
        #expect(Nearest.to("shapshot", among: words) == "snapshot")
        #expect(Nearest.to("frobnicate", among: words) == nil)
        #expect(Nearest.to("", among: words) == nil)
        #expect(Nearest.to("x", among: []) == nil)
    }
}
