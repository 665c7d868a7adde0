package import Volumes

extension FakeNode {
    package func mountFilesystem(
        _ kind: FilesystemKind, of device: Device, at path: HostPath, flags: MountFlags, readOnly: Bool
    ) throws(VolumeFault) {
        try step("mountFilesystem") { (kernel) throws(VolumeFault) in
            guard !flags.words.contains("bogus") else {
                throw .malformed(field: "volume_capability.mount.mount_flags", why: "the kernel refused them")
            }
            try Self.requireFolder(path, "staging_target_path", kernel)
            guard let loop = kernel.loops[device.number], readOnly || !loop.refusesWrites else {
                throw .host(step: "mount \(device) at \(path)", cause: "EACCES")
            }
            guard !loop.isAttachedReadOnly || !kernel.dirtyLogs.contains(loop.volume) else {
                throw .host(step: "mount \(device) at \(path)", cause: "EROFS")
            }
            kernel.mounts.append(
                .init(path: path.text, source: .filesystem(device.number), isReadOnly: readOnly))
        }
    }

    package func occupant(of path: HostPath, besides id: VolumeID) throws(VolumeFault) -> PathOccupant {
        try step("occupant") { kernel in
            if let top = kernel.top(of: path.text) {
                if let number = top.source.device, kernel.loops[number]?.volume == id { return .folder }
                return .foreignMount("\(top.source)")
            }
            switch kernel.files[path.text] {
            case nil: return .nothing
            case .folder: return .folder
            case .file, .link: return .file
            }
        }
    }

    package func ensureTarget(_ path: HostPath, asFile: Bool) throws(VolumeFault) -> Bool {
        try step("ensureTarget") { (kernel) throws(VolumeFault) in
            let parent = kernel.file(at: kernel.parent(of: path.text))
            guard parent != .link else {
                throw .malformed(field: "target_path", why: "it leads through a link")
            }
            guard parent == .folder else {
                throw .notNow(
                    "target_path: the folder that holds \(path) does not exist; the caller makes it")
            }
            let wanted: FakeKernel.File = asFile ? .file(bytes: 0) : .folder
            if let have = kernel.files[path.text] {
                if have == wanted { return false }
                guard have != .link else { throw .malformed(field: "target_path", why: "it is a link") }
                try Self.remove(path, &kernel)
            }
            kernel.files[path.text] = wanted
            return true
        }
    }

    package func removeTarget(_ path: HostPath) throws(VolumeFault) {
        try step("removeTarget") { (kernel) throws(VolumeFault) in try Self.remove(path, &kernel) }
    }

    private static func remove(_ path: HostPath, _ kernel: inout FakeKernel) throws(VolumeFault) {
        guard let have = kernel.files[path.text] else { return }
        guard kernel.top(of: path.text) == nil else { throw .host(step: "remove \(path)", cause: "EBUSY") }
        guard have == .file(bytes: 0) || kernel.isEmptyFolder(path.text) else {
            throw .notNow("\(path) holds something although nothing is mounted there")
        }
        kernel.files[path.text] = nil
    }

    package func bindFilesystem(
        _ view: VolumeOnNode, from source: HostPath, to target: HostPath, flags: MountFlags, readOnly: Bool
    ) throws(VolumeFault) {
        try step("bindFilesystem") { (kernel) throws(VolumeFault) in
            try Self.requireFolder(source, "staging_target_path", kernel)
            try Self.requireFolder(target, "target_path", kernel)
            guard let top = kernel.top(of: source.text),
                view.filesystemMounts.contains(where: { $0.id == kernel.topID(of: source.text) })
            else { throw .notNow("\(source) is covered") }
            kernel.mounts.append(
                .init(path: target.text, source: top.source, isReadOnly: readOnly || top.isReadOnly))
        }
    }

    package func verifyMounted(
        _ view: VolumeOnNode, at path: HostPath, flags: MountFlags, readOnly: Bool
    ) throws(VolumeFault) {
        try step("verifyMounted") { (kernel) throws(VolumeFault) in
            guard view.mounts.contains(where: { $0.id == kernel.topID(of: path.text) }) else {
                throw .notNow("\(path) is covered")
            }
        }
    }

    package func mountID(at path: HostPath) throws(VolumeFault) -> UInt64? {
        try step("mountID") { $0.topID(of: path.text) }
    }

    package func obstacle(at path: HostPath) throws(VolumeFault) -> String {
        try step("obstacle") { kernel in kernel.top(of: path.text).map { "\($0.source)" } ?? "nothing" }
    }

    package func refuseFrozen(
        _ id: VolumeID, _ view: VolumeOnNode, preferring paths: [String]
    ) throws(VolumeFault) {
        try step("refuseFrozen") { (kernel) throws(VolumeFault) in
            guard let number = view.device?.number, kernel.frozen.contains(number) else { return }
            throw .notNow("the file system of volume \(id) is frozen; thaw it first")
        }
    }

    package func bindNode(of device: Device, to target: HostPath, readOnly: Bool) throws(VolumeFault) {
        try step("bindNode") { (kernel) throws(VolumeFault) in
            guard case .file? = kernel.files[target.text], kernel.loops[device.number] != nil else {
                throw .host(step: "show \(device) at \(target)", cause: "ENOENT")
            }
            kernel.mounts.append(.init(path: target.text, source: .node(device.number), isReadOnly: readOnly))
        }
    }

    package func unmount(_ path: HostPath) throws(VolumeFault) {
        try step("unmount") { (kernel) throws(VolumeFault) in
            guard let index = kernel.mounts.lastIndex(where: { $0.path == path.text }) else {
                throw .host(step: "unmount \(path)", cause: "EINVAL")
            }
            guard !kernel.busy.contains(path.text),
                !kernel.mounts.contains(where: { $0.path.hasPrefix(path.text + "/") })
            else { throw .notNow("\(path) is busy") }
            kernel.mounts.remove(at: index)
        }
    }

    private static func requireFolder(
        _ path: HostPath, _ field: String, _ kernel: FakeKernel
    ) throws(VolumeFault) {
        switch kernel.file(at: path.text) {
        case nil: throw .notNow("\(field): \(path) does not exist; the caller makes it")
        case .link: throw .malformed(field: field, why: "\(path) leads through a symbolic link")
        case .file: throw .malformed(field: field, why: "\(path) leads through something that is no folder")
        case .folder: break
        }
    }
}
