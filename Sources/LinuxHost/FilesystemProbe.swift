internal import CBlkid

/// What libblkid finds on a disk or in an image.
package enum FilesystemProbe {
    /// The outcome of a probe that ran to its end.
    package enum Finding: Equatable, Sendable {
        /// No signature of anything.
        case empty
        /// A file system, and its UUID if it has one.
        case filesystem(type: String, uuid: String?)
        /// Something that is no file system, such as a partition table, LVM or swap.
        case foreign(String)
        /// Signatures that contradict each other.
        case ambiguous
    }

    /// Looks for file systems, RAID and LVM members, encryption and partition tables; throws if it could not tell.
    package static func probe(_ file: borrowing OwnedDescriptor) throws(SystemError) -> Finding {
        let path = file.pathForMessages
        guard let probe = unsafe blkid_new_probe() else {
            throw SystemError(call: "libblkid probe", errno: .noMemory, object: path)
        }
        defer { unsafe blkid_free_probe(probe) }
        let wanted = BLKID_SUBLKS_TYPE | BLKID_SUBLKS_UUID | BLKID_SUBLKS_USAGE
        guard unsafe blkid_probe_set_device(probe, file.number, 0, 0) == 0,
            unsafe blkid_probe_enable_superblocks(probe, 1) == 0,
            unsafe blkid_probe_set_superblocks_flags(probe, Int32(wanted)) == 0,
            unsafe blkid_probe_enable_partitions(probe, 1) == 0
        else { throw SystemError(call: "libblkid probe", errno: .inputOutput, object: path) }
        switch unsafe blkid_do_safeprobe(probe) {
        case 0: return unsafe finding(of: probe)
        case 1: return .empty
        case -2: return .ambiguous
        default: throw SystemError(call: "libblkid probe", errno: .inputOutput, object: path)
        }
    }

    private static func finding(of probe: blkid_probe) -> Finding {
        if let table = unsafe value("PTTYPE", of: probe) { return .foreign("partition table \(table)") }
        guard let type = unsafe value("TYPE", of: probe) else { return .ambiguous }
        guard unsafe value("USAGE", of: probe) == "filesystem" else { return .foreign(type) }
        return .filesystem(type: type, uuid: unsafe value("UUID", of: probe))
    }

    private static func value(_ name: String, of probe: blkid_probe) -> String? {
        var text: UnsafePointer<CChar>?
        guard unsafe blkid_probe_lookup_value(probe, name, &text, nil) == 0, let text = unsafe text else {
            return nil
        }
        return unsafe String(validatingCString: text)
    }
}
