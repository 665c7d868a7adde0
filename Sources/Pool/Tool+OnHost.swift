import LinuxHost
import Volumes

extension Tool {
    /// Runs a program of the node; a missing one is named, because installing it is the remedy.
    static func onHost(
        _ program: String, _ arguments: [String], _ step: String, _ deadlineSeconds: Double
    ) throws(VolumeFault) -> ToolResult {
        guard let tool = Tool.find(program) else {
            throw .notNow("\(step): \(program) is not installed on the node")
        }
        do {
            return try tool.run(arguments, deadlineSeconds: deadlineSeconds)
        } catch {
            throw .host(step: step, cause: "\(error)")
        }
    }
}

extension ToolResult {
    /// What the program said, in one line that fits a status message; never how it is used.
    func complaint(of program: String) -> String {
        let text = standardError.isEmpty ? standardOutput : standardError
        let lines = text.split(separator: "\n").map { $0.drop { $0 == " " || $0 == "\t" } }
            .filter { !$0.isEmpty }
        // mkfs.xfs and mke2fs tell what is wrong first, and then all that would be right.
        let reason = lines.prefix { line in !Self.usageMarks.contains { line.hasPrefix($0) } }
        let told = (reason.isEmpty ? lines[...] : reason).suffix(3).joined(separator: "; ")
        return
            "\(program) ended with \(exitStatus): \(String(decoding: told.utf8.suffix(512), as: UTF8.self))"
    }

    private static var usageMarks: [String] { ["Usage:", "usage:", "Bad option(s) specified"] }
}
