extension HostIdentity {
    /// Whether the kernel lets this process grow an ext4 file system that is mounted.
    ///
    /// Linux 3.3 to 6.18, `ext4_resize_begin`: EPERM without CAP_SYS_RESOURCE. XFS and btrfs ask for CAP_SYS_ADMIN only.
    package static var mayGrowMountedExt4: Bool { effectiveCapabilities & (1 << 24) != 0 }

    /// The effective set of capabilities(7), a bit for each; none if it cannot be read.
    private static var effectiveCapabilities: UInt64 {
        let status = TextFile.read("/proc/self/status", limitBytes: 16 << 10) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("CapEff:") }
        return line.flatMap { $0.split(separator: "\t").last }.flatMap { UInt64($0, radix: 16) } ?? 0
    }
}

extension HostIdentity {
    /// Whether the kernel runs SELinux, and so takes its labels as mount options.
    package static var hasSELinux: Bool {
        // proc(5): the kernel lists selinuxfs where SELinux was switched on at boot.
        TextFile.read("/proc/filesystems", limitBytes: 64 << 10)?.contains("\tselinuxfs\n") == true
    }
}

extension HostIdentity {
    /// The id that the kernel took at its start, random(4); empty if it cannot be read.
    package static var bootID: String {
        (TextFile.read("/proc/sys/kernel/random/boot_id") ?? "").split(separator: "\n").joined()
    }
}
