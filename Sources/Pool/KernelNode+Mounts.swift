import LinuxHost
package import Volumes

extension KernelNode {
    package func mountFilesystem(
        _ kind: FilesystemKind, of device: Device, at path: HostPath, flags: MountFlags, readOnly: Bool
    ) throws(VolumeFault) {
        let step = "mount \(device) at \(path)"
        var words = flags.words
        // Copies of one XFS share a UUID, and a restored one must mount beside its source.
        if kind == .xfs { words.append("nouuid") }
        if readOnly { words.append("ro") }
        let options = try Self.options(words)
        let folder = try openFolder(path, field: "staging_target_path")
        do {
            try Self.mount(try device.loop(), kind, at: folder, options)
        } catch {
            guard error.errno == .invalid, !flags.words.isEmpty else {
                throw .host(step: step, cause: "\(error)")
            }
            // mount(2): EINVAL is how a file system refuses an option; without flags of the caller it is ours.
            throw .malformed(
                field: "volume_capability.mount.mount_flags",
                why: "the kernel refused to mount \(kind.rawValue) with them (EINVAL)")
        }
        try verify(path, carries: device, kind, options, step)
    }

    /// Mounts with the options as they are; where a kernel without SELinux refuses its labels, without those, as mount(8)
    /// does: they mean nothing there, and one StorageClass may serve both kinds of node.
    private static func mount(
        _ device: LoopDevice, _ kind: FilesystemKind, at folder: borrowing OwnedDescriptor,
        _ options: MountOptions
    ) throws(SystemError) {
        func attempt(_ options: MountOptions) throws(SystemError) {
            try Mounting.mountFilesystem(
                device: device, type: kind.rawValue, at: folder, options: options)
        }
        do {
            try attempt(options)
        } catch {
            guard error.errno == .invalid, !HostIdentity.hasSELinux, let unlabeled = options.withoutLabels()
            else { throw error }
            try attempt(unlabeled)
        }
    }

    package func occupant(of path: HostPath, besides id: VolumeID) throws(VolumeFault) -> PathOccupant {
        let table = try mountTable()
        if let top = table.mounts(at: path.text).last {
            // The top one is the volume's own if it is the last of the volume's mounts there.
            guard try !isMount(top, in: table, of: id) else { return .folder }
            return .foreignMount("\(top.filesystem) of \(top.source)")
        }
        guard let status = try status(of: path) else { return .nothing }
        return status.kind == .directory ? .folder : .file
    }

    package func ensureTarget(_ path: HostPath, asFile: Bool) throws(VolumeFault) -> Bool {
        let parent = try openParent(of: path)
        guard let parent else {
            throw .notNow("target_path: the folder that holds \(path) does not exist; the caller makes it")
        }
        if let status = try status(of: path) {
            let fits = asFile ? status.kind == .regular && status.sizeBytes == 0 : status.kind == .directory
            if fits { return false }
            guard status.kind != .symlink else {
                throw .malformed(field: "target_path", why: "\(path) is a symbolic link")
            }
            // A leftover of the other kind, such as the file of a block volume, makes room only if it holds nothing.
            try removeTarget(path)
        }
        try VolumeFault.onHost("make target \(path)") { () throws(SystemError) in
            if asFile {
                _ = try parent.createFile(path.target.name, mode: 0o600)
            } else {
                _ = try parent.create(path.target.name, mode: 0o750)
            }
        }
        return true
    }

    package func removeTarget(_ path: HostPath) throws(VolumeFault) {
        guard let parent = try openParent(of: path), let status = try status(of: path) else { return }
        do {
            switch status.kind {
            case .directory: try parent.removeDirectory(path.target.name)
            case .regular where status.sizeBytes == 0: try parent.removeFile(path.target.name)
            default: throw VolumeFault.notNow("\(path) holds something although nothing is mounted there")
            }
        } catch let error as SystemError {
            // Somebody else removed it meanwhile, such as kubelet.
            if error.errno == .noEntry { return }
            guard error.errno == .notEmpty || error.errno == .exists else {
                throw .host(step: "remove target \(path)", cause: "\(error)")
            }
            throw .notNow("\(path) holds files although nothing is mounted there; move them away first")
        } catch let fault as VolumeFault {
            throw fault
        } catch {
            throw .host(step: "remove target \(path)", cause: "\(error)")
        }
    }

    package func unmount(_ path: HostPath) throws(VolumeFault) {
        guard let parent = try openParent(of: path) else {
            throw .host(step: "unmount \(path)", cause: "the folder that holds it does not exist")
        }
        var pauses = Self.pausesWhileBusy[...]
        while true {
            do {
                return try Mounting.unmount(path.target.name, in: parent)
            } catch {
                guard error.errno == .busy else { throw .host(step: "unmount \(path)", cause: "\(error)") }
            }
            guard let pause = pauses.popFirst() else { break }
            Clock.sleep(nanoseconds: pause * 1_000_000)
        }
        throw .notNow("\(path) is busy: a process has files open there or a mount lies below it")
    }

    /// Milliseconds between attempts to unmount.
    ///
    /// A look through the mount, such as the one of df or of a monitoring agent, makes it busy for some microseconds.
    /// Whoever really uses it stays longer.
    private static let pausesWhileBusy: [Int64] = [1, 4, 16, 64]

    package func isNode(_ path: HostPath, of device: Device) throws(VolumeFault) -> Bool {
        do {
            let status = try FileStatus.at(path.text)
            guard let status, status.kind == .blockDevice else { return false }
            return try status.deviceNumber == device.loop().deviceNumber
        } catch {
            throw .host(step: "examine \(path)", cause: "\(error)")
        }
    }

    private func isMount(
        _ mount: Mount, in table: MountTable, of id: VolumeID
    ) throws(VolumeFault) -> Bool {
        guard let device = try observe([id]).first?.device else { return false }
        return try VolumeFault.onHost("look for mounts of \(device)") { () throws(SystemError) in
            let loop = try device.loop()
            return try (table.mounts(of: loop) + table.nodeBinds(of: loop)).contains { $0.id == mount.id }
        }
    }

    private func status(of path: HostPath) throws(VolumeFault) -> FileStatus? {
        guard let parent = try openParent(of: path) else { return nil }
        return try VolumeFault.onHost("examine \(path)") { () throws(SystemError) in
            try parent.status(path.target.name)
        }
    }

    /// The folder that holds the path, reached without following a link; nothing if it is not there.
    func openParent(of path: HostPath) throws(VolumeFault) -> Directory? {
        do {
            return try path.target.openParent()
        } catch {
            if error.errno == .noEntry { return nil }
            throw Self.linkOrHost(error, "target_path", path)
        }
    }

    func openFolder(_ path: HostPath, field: String) throws(VolumeFault) -> OwnedDescriptor {
        do {
            return try path.target.openFolder()
        } catch {
            guard error.errno != .noEntry else {
                throw .notNow("\(field): \(path) does not exist; the caller makes it")
            }
            throw Self.linkOrHost(error, field, path)
        }
    }

    /// openat2(2): ELOOP is what RESOLVE_NO_SYMLINKS answers for a link on the way, ENOTDIR for something else there.
    static func linkOrHost(_ error: SystemError, _ field: String, _ path: HostPath) -> VolumeFault {
        switch error.errno {
        case .symbolicLink: .malformed(field: field, why: "\(path) leads through a symbolic link")
        case .notDirectory: .malformed(field: field, why: "\(path) leads through something that is no folder")
        default: .host(step: "open \(path)", cause: "\(error)")
        }
    }
}

extension HostPath {
    /// The path in the terms of the host, which opens it without following a link.
    var target: TargetPath {
        guard let target = TargetPath(text) else {
            preconditionFailure("HostPath admits no path that TargetPath refuses, but did admit \(text).")
        }
        return target
    }
}
