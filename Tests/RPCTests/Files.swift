import Glibc
import Testing

/// Questions about files and about this process.
enum Files {
    static func mode(_ path: String) throws -> mode_t {
        var status = stat()
        try #require(unsafe lstat(path, &status) == 0)
        return status.st_mode
    }

    static func list(_ folder: String) -> [String] {
        guard let stream = unsafe opendir(folder) else { return [] }
        defer { unsafe closedir(stream) }
        var names: [String] = []
        while let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { name in
                unsafe name.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// Binds a socket and closes it, as a killed process does.
    static func makeStaleSocket(_ path: String) -> Bool {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: path.utf8) }
        return unsafe withUnsafePointer(to: &address) { address in
            unsafe address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
            }
        }
    }

    /// Connects to a port of this machine, sends, and closes.
    static func send(_ bytes: [UInt8], toPort port: UInt16) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let connected = unsafe withUnsafePointer(to: &address) { address in
            unsafe address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        // The other end may close meanwhile, which is no failure.
        if connected { _ = unsafe Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) }
        return connected
    }

    static var openDescriptors: Int { list("/proc/self/fd").count - 1 }

    /// Threads of this process, without those of gRPC core's executor, of which it makes two for each processor at
    /// most, when it likes (libgrpc 1.51, `Executor::ThreadMain`).
    static var threads: Int {
        list("/proc/self/task").filter { thread in
            !text("/proc/self/task/\(thread)/comm").hasPrefix("default-executo")
        }.count
    }

    /// The text of a file of procfs, empty if there is none.
    static func text(_ path: String) -> String {
        let descriptor = unsafe open(path, O_RDONLY)
        guard descriptor >= 0 else { return "" }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 8192)
        let count = unsafe read(descriptor, &bytes, bytes.count)
        return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
    }

    static func remove(_ path: String) { _ = unsafe unlink(path) }
    static func removeFolder(_ path: String) { _ = unsafe rmdir(path) }

    /// Makes an empty file.
    static func touch(_ path: String) { close(unsafe open(path, O_CREAT | O_WRONLY, 0o600)) }

    /// Resident memory that is not backed by files, in KiB.
    static var anonymousMemory: Int {
        let line = text("/proc/self/status").split(separator: "\n").first { $0.hasPrefix("RssAnon:") }
        return line.flatMap { Int($0.split(whereSeparator: { $0 == " " || $0 == "\t" })[1]) } ?? 0
    }
}
