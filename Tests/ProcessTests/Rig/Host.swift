import LinuxHost
import RPCClient
import TestSupport
import Testing

/// What a test does on the node beside the driver: files, mounts, programs.
enum Host {
    /// Splits a path at its last slash.
    private static func split(_ path: String) -> (folder: String, name: String) {
        let cut = path.lastIndex(of: "/") ?? path.startIndex
        return (cut == path.startIndex ? "/" : String(path[..<cut]), String(path[path.index(after: cut)...]))
    }

    static func makeFolder(_ path: String) throws {
        let (folder, name) = split(path)
        try Directory.open(folder).ensure(name, mode: 0o755)
    }

    /// Makes a folder and all above it that are missing, with the mode that kubelet gives them.
    static func makeFolders(_ path: String) throws {
        var at = ""
        for part in path.split(separator: "/") {
            let parent = at.isEmpty ? "/" : at
            at += "/\(part)"
            if try FileStatus.at(at) == nil {
                try Directory.open(parent).ensure(String(part), mode: 0o750)
            }
        }
    }

    /// Removes an empty folder; nothing there is no trouble, anything in it is.
    static func removeFolder(_ path: String) throws {
        guard try exists(path) else { return }
        let (folder, name) = split(path)
        try Directory.open(folder).removeDirectory(name)
    }

    static func exists(_ path: String) throws -> Bool {
        let (folder, name) = split(path)
        guard try FileStatus.at(folder) != nil else { return false }
        return try Directory.open(folder).status(name) != nil
    }

    static func removeTree(_ path: String) throws {
        guard try exists(path) else { return }
        let (folder, name) = split(path)
        try Directory.open(folder).removeTree(name)
    }

    /// Writes a new file and syncs it.
    static func write(_ text: String, to path: String) throws {
        let (folder, name) = split(path)
        try Directory.open(folder).write(name, Array(text.utf8), mode: 0o644)
    }

    /// What a small file says.
    static func read(_ path: String) throws -> String {
        let (folder, name) = split(path)
        return String(decoding: try Directory.open(folder).read(name, limitBytes: 1 << 20), as: UTF8.self)
    }

    static func names(in path: String) throws -> [String] { try Directory.open(path).entries().sorted() }

    static func link(_ path: String, to destination: String) throws {
        try TestTool.run("ln", ["-s", destination, path])
    }

    /// How many mounts are stacked at the path.
    static func mounts(at path: String) throws -> Int {
        try MountTable.read().mounts.count { $0.target == path }
    }

    /// A setting of a block device's queue.
    static func queue(_ device: LoopDevice, _ setting: String) throws -> String {
        try #require(TextFile.read("/sys/block/loop\(device.number)/queue/\(setting)"))
    }

    /// Runs a program that must succeed; returns what it printed, without the last line end.
    @discardableResult
    static func run(_ program: String, _ arguments: String...) throws -> String {
        let output = try TestTool.run(program, arguments).standardOutput
        return output.hasSuffix("\n") ? String(output.dropLast()) : output
    }

    /// Runs the body while a file or device is open for writing.
    static func holding(_ path: String, _ body: () throws -> Void) throws {
        let file = try OwnedDescriptor.open(path, .readWrite)
        try body()
        try file.close()
    }

    /// True where one block of a raw disk can be written at the path.
    static func takesWrites(_ disk: String) throws -> Bool {
        do {
            try run(
                "dd", "if=/dev/zero", "of=\(disk)", "bs=4k", "count=1", "oflag=direct", "conv=notrunc",
                "status=none")
            return true
        } catch is ToolError { return false }
    }

    /// Runs the body while a connection to the socket is open.
    static func holdingConnection(_ socket: String, _ body: () throws -> Void) throws {
        let connection = try RPCConnection(socket: socket)
        try body()
        connection.close()
    }

    /// True where writing a new file below the path is refused because it is read-only.
    static func refusesWrites(_ folder: String) throws -> Bool {
        do {
            try write("x", to: "\(folder)/refused")
            return false
        } catch let error as SystemError {
            return error.errno == .readOnly
        }
    }
}
