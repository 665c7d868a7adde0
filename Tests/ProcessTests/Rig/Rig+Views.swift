import LinuxHost
import TestSupport
import Testing

@testable import CSIWire

/// What a subcommand that looks into pools said.
struct Viewed {
    let code: Int32
    let output: String
    let complaint: String

    /// The output as JSON; throws unless it is valid.
    func json() throws -> JSONValue { try JSONParser.parse(Array(output.utf8)) }
}

extension Rig {
    /// Runs a subcommand on the pool of this rig, perhaps behind other words such as those of `namespace`.
    func view(_ words: [String], behind: [String] = [], on pools: [String]? = nil) throws -> Viewed {
        let name = "view-\(RandomBytes.hex(byteCount: 8))"
        let script = "exec \"$@\" > \(path)/\(name).out 2> \(path)/\(name).err"
        let pools = (pools ?? ["default=\(poolFolder)\(options.poolWords)"]).flatMap { ["--pool", $0] }
        let sh = try #require(Tool.find("sh"))
        let result = try sh.run(
            ["-c", script, "sh"] + behind + [DriverProcess.program()] + words + pools, deadlineSeconds: 60)
        return Viewed(
            code: result.exitStatus, output: try Host.read("\(path)/\(name).out"),
            complaint: try Host.read("\(path)/\(name).err"))
    }

    /// Runs a subcommand that must succeed, with JSON for its output.
    func seen(_ words: String...) throws -> JSONValue {
        let viewed = try view(words + ["--output", "json"])
        #expect(viewed.code == 0 && viewed.complaint.isEmpty, "\(viewed)")
        return try viewed.json()
    }

    /// Expects that a check finds nothing, and says so.
    func expectAllIsWell(sourceLocation: SourceLocation = #_sourceLocation) throws {
        let viewed = try view(["pool", "check"])
        #expect(
            viewed.code == 0 && viewed.output.hasPrefix("default: all is well") && viewed.complaint.isEmpty,
            "\(viewed)", sourceLocation: sourceLocation)
    }
}

extension JSONValue {
    /// The value of a member; null if there is none.
    subscript(_ name: String) -> JSONValue {
        guard case .object(let members) = self else { return .null }
        return members.first { $0.name == name }?.value ?? .null
    }

    /// The elements of an array.
    var elements: [JSONValue] {
        guard case .array(let elements) = self else { return [] }
        return elements
    }
}
