internal import CLinux
internal import CMount

/// Options of a mount as the kernel takes them: flags, and text for the file system.
///
/// The text may hold secrets (mount flags of CSI may), so neither description nor mirror shows it.
package struct MountOptions: Sendable, CustomStringConvertible, CustomReflectable {
    /// Why words cannot be mount options.
    package enum Refusal: Error, Equatable, Sendable {
        /// A word is empty or has a NUL byte.
        case malformed
        /// The words would make mount(2) do something else, such as move or bind.
        case otherOperation
        /// The words do not fit the page that the kernel has for them.
        case tooLong
    }

    let flags: UInt64
    let data: String

    /// The kernel copies at most one page of text.
    private static let limitBytes = 4095

    /// Sorts words such as "noatime", "ro", "data=journal" or `context="a,b"`, with or without commas between them.
    ///
    /// Words for mount(8) alone (`_netdev`, `nofail`, `x-...`) are left out.
    package init(flags words: [String]) throws(Refusal) {
        guard words.allSatisfy({ !$0.isEmpty && !$0.utf8.contains(0) }) else { throw .malformed }
        let joined = words.joined(separator: ",")
        guard joined.utf8.count <= Self.limitBytes else { throw .tooLong }
        guard !joined.isEmpty else {
            flags = 0
            data = ""
            return
        }
        guard let (generic, specific) = Self.split(joined) else { throw .malformed }
        var bits: UInt = 0
        let map = unsafe mnt_get_builtin_optmap(Int32(MNT_LINUX_MAP))
        if let generic {
            guard unsafe mnt_optstr_get_flags(generic, &bits, map) == 0 else { throw .malformed }
        }
        guard UInt64(bits) & clinux_mount_other_operations == 0 else { throw .otherOperation }
        flags = UInt64(bits)
        data = specific ?? ""
    }

    /// Parts for mount(2) and parts for the file system; nil if libmount cannot read the text.
    private static func split(_ joined: String) -> (generic: String?, specific: String?)? {
        var generic: UnsafeMutablePointer<CChar>?
        var specific: UnsafeMutablePointer<CChar>?
        guard unsafe mnt_split_optstr(joined, nil, &generic, &specific, 0, 0) == 0 else { return nil }
        defer {
            unsafe clinux_free(generic)
            unsafe clinux_free(specific)
        }
        return (
            unsafe generic.flatMap { unsafe String(validatingCString: $0) },
            unsafe specific.flatMap { unsafe String(validatingCString: $0) }
        )
    }

    private init(flags: UInt64, data: String) {
        self.flags = flags
        self.data = data
    }

    /// The same without the labels of SELinux, or nothing where there are none.
    package func withoutLabels() -> MountOptions? {
        var text: UnsafeMutablePointer<CChar>?
        // Nothing in the data is a flag, so this is a copy of it.
        guard !data.isEmpty, unsafe mnt_split_optstr(data, nil, nil, &text, 0, 0) == 0 else { return nil }
        defer { unsafe clinux_free(text) }
        var found = false
        // SELinux, selinux_mount_opts: each label comes once at most.
        for name in ["context", "fscontext", "defcontext", "rootcontext", "seclabel"]
        where unsafe mnt_optstr_remove_option(&text, name) == 0 {
            found = true
        }
        guard found else { return nil }
        let rest = unsafe text.flatMap { unsafe String(validatingCString: $0) }
        return MountOptions(flags: flags, data: rest ?? "")
    }

    /// The flags that a single mount has for itself, such as noexec.
    var single: UInt64 { flags & clinux_mount_single }

    /// What the options say to the file system as a whole, for comparing only: it may hold secrets.
    ///
    /// Empty where they only speak of the single mount.
    package var filesystemPart: String {
        let rest = flags & ~clinux_mount_single
        return rest == 0 && data.isEmpty ? "" : "\(rest)\n\(data)"
    }

    /// Whether the mount of an open place has all flags that these options give a single mount.
    package func areShown(by place: borrowing OwnedDescriptor) throws(SystemError) -> Bool {
        let shown = clinux_mount_flags_of(place.number)
        try SystemError.check("statfs", on: place.pathForMessages, shown)
        // Newer ones overrule relatime, which mount(2) takes for granted: noatime and relatime together are noatime.
        let isRefined = single & (clinux_mount_no_atime | clinux_mount_strict_atime) != 0
        return single & ~UInt64(shown) & ~(isRefined ? clinux_mount_relatime : 0) == 0
    }

    /// Whether the file system is to be mounted read-only.
    package var isReadOnly: Bool { flags & clinux_mount_read_only != 0 }

    /// Says nothing about the content.
    package var description: String { "<mount options>" }

    /// Shows nothing of the content.
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}
