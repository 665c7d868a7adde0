// LinuxHost: typed wrappers of what the kernel and its libraries offer to a program that turns files into disks:
// descriptors, folders, loop devices, mounts, probes, child processes, threads, clocks.
//
// It knows no volumes and no CSI, keeps no state of its own, and every function may be called from any thread.
// Sizes are `Int64` bytes. Failures are `SystemError` (one system call) or `ToolError` (one child process). C returns
// the negated error number; nothing here reads the C library's error variable.
//
// Minimum kernel: 5.15 (LOOP_CONFIGURE 5.8, openat2 5.6, mount_setattr 5.12).

internal import CLinux

/// Facts about the process and the machine it runs on.
package enum HostIdentity {
    /// Whether the process runs with the effective user id of root.
    package static var isRoot: Bool { clinux_effective_user() == 0 }

    /// The machine's node name, or nil if it is not valid text.
    package static var nodeName: String? {
        var buffer = [CChar](repeating: 0, count: 256)
        let length = unsafe buffer.withUnsafeMutableBufferPointer { space -> Int32 in
            guard let base = space.baseAddress else { return -1 }
            return unsafe clinux_host_name(base, space.count)
        }
        guard length > 0 else { return nil }
        return String(validating: buffer[..<Int(length)].lazy.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// The value of an environment variable, or nil if it is not set or not valid text.
    package static func environment(_ name: String) -> String? {
        guard let value = unsafe clinux_environment(name) else { return nil }
        return unsafe String(validatingCString: value)
    }
}
