import LinuxHost
package import Volumes

// What is shown is what was looked at, and an answer rests on what a user of the path meets.
extension KernelNode {
    package func bindFilesystem(
        _ view: VolumeOnNode, from source: HostPath, to target: HostPath, flags: MountFlags, readOnly: Bool
    ) throws(VolumeFault) {
        let step = "show \(source) at \(target)"
        let options = try Self.options(flags.words + (readOnly ? ["ro"] : []))
        // What is shown is what was looked at: this very place, and not whatever is at the path by then.
        let place = try staged(view, at: source)
        let folder = try openFolder(target, field: "target_path")
        try VolumeFault.onHost(step) { () throws(SystemError) in
            try Mounting.bind(from: place, onto: folder, options: options)
        }
        try verify(target, shows: place, options, step)
    }

    /// The root of the volume's mount at a path, which is what a user of the path meets there.
    private func staged(_ view: VolumeOnNode, at path: HostPath) throws(VolumeFault) -> OwnedDescriptor {
        let place = try openPlace(path)
        let status: FileStatus
        do throws(SystemError) {
            status = try place.status()
        } catch {
            guard error.errno == .inputOutput else { throw .host(step: "look at \(path)", cause: "\(error)") }
            throw .notNow(Self.unfit(path, "does not answer: it was shut down after an error"))
        }
        let isOurs = view.filesystemMounts.contains { $0.path == path.text && $0.id == status.mountID }
        guard isOurs, status.isMountRoot else {
            throw .notNow("\(path) is covered by \(try obstacle(at: path)); unmount that first")
        }
        return place
    }

    /// Verifies that a user of the path meets that very file or folder, with the flags.
    private func verify(
        _ path: HostPath, shows place: borrowing OwnedDescriptor, _ options: MountOptions, _ step: String
    ) throws(VolumeFault) {
        let isIt = try VolumeFault.onHost(step) { () throws(SystemError) in
            let shown = try path.target.openPlace()
            let (mine, theirs) = (try place.status(), try shown.status())
            guard theirs.isMountRoot, theirs.identity == mine.identity else { return false }
            return try options.areShown(by: shown)
        }
        guard isIt else {
            throw .notNow("\(step): \(path) leads to \(try obstacle(at: path)) now; unmount that first")
        }
    }

    package func verifyMounted(
        _ view: VolumeOnNode, at path: HostPath, flags: MountFlags, readOnly: Bool
    ) throws(VolumeFault) {
        let options = try Self.options(flags.words + (readOnly ? ["ro"] : []))
        let place = try openPlace(path)
        let step = "look at \(path)"
        let isIt: Bool
        do throws(SystemError) {
            let status = try place.status()
            isIt =
                view.mounts.contains { $0.path == path.text && $0.id == status.mountID } && status.isMountRoot
            if isIt, try !options.areShown(by: place) {
                throw SystemError(call: "look at the mount flags", errno: .readOnly, object: path.text)
            }
        } catch {
            switch error.errno {
            case .inputOutput:
                throw .notNow(Self.unfit(path, "does not answer: it was shut down after an error"))
            case .readOnly:
                throw .existsDifferently(
                    what: "a mount at \(path)", why: "it lacks some of the mount flags; somebody remounted it"
                )
            default: throw .host(step: step, cause: "\(error)")
            }
        }
        guard isIt else {
            throw .notNow("\(path) is covered by \(try obstacle(at: path)); unmount that first")
        }
    }

    package func filesystemDigest(_ flags: MountFlags) throws(VolumeFault) -> String {
        let part = try Self.options(flags.words).filesystemPart
        return part.isEmpty ? "" : Self.digest([part])
    }

    static func options(_ words: [String]) throws(VolumeFault) -> MountOptions {
        do {
            return try MountOptions(flags: words)
        } catch {
            throw .malformed(field: "volume_capability.mount.mount_flags", why: "they are not mount options")
        }
    }

    /// A sentence about a mounted file system that serves nobody, with the remedy.
    static func unfit(_ path: HostPath, _ trouble: String) -> String {
        "the file system at \(path) \(trouble). Unpublish and unstage the volume (end its pods) and stage it again, "
            + "which has it checked"
    }

    package func bindNode(of device: Device, to target: HostPath, readOnly: Bool) throws(VolumeFault) {
        guard let parent = try openParent(of: target) else {
            throw .notNow("target_path: the folder that holds \(target) does not exist")
        }
        let step = "show \(device) at \(target)"
        let options = try Self.options(readOnly ? ["ro"] : [])
        let node = try VolumeFault.onHost(step) { () throws(SystemError) in
            let node = try device.node.openPlace()
            let file = try parent.openPlace(target.target.name)
            try Mounting.bind(from: node, onto: file, options: options)
            return node
        }
        try verify(target, shows: node, options, step)
        let carries = try VolumeFault.onHost(step) { () throws(SystemError) in try device.loop().backingPath()
        }
        guard carries != nil else { throw .host(step: step, cause: "its image was taken away meanwhile") }
    }

    /// Verifies that a user of the path meets the root of the file system on that device, writable if it is to be.
    func verify(
        _ path: HostPath, carries device: Device, _ kind: FilesystemKind, _ options: MountOptions,
        _ step: String
    ) throws(VolumeFault) {
        let place = try openPlace(path)
        let isIt = try VolumeFault.onHost(step) { () throws(SystemError) in
            let status = try place.status()
            let loop = try device.loop()
            guard status.isMountRoot else { return false }
            // Btrfs shows a device number of its own making, which the mount table leads to the device.
            guard kind != .btrfs else {
                return try MountTable.read().mounts(of: loop).contains { $0.id == status.mountID }
            }
            return status.filesystem == loop.deviceNumber
        }
        guard isIt else {
            throw .notNow("\(path) is covered by \(try obstacle(at: path)); unmount that first")
        }
        let shown = try VolumeFault.onHost(step) { () throws(SystemError) in
            (areAll: try options.areShown(by: place), isReadOnly: try FilesystemSpace.of(place).isReadOnly)
        }
        guard shown.areAll, shown.isReadOnly == options.isReadOnly else {
            throw .notNow(Self.unfit(path, "is mounted in another way than it was asked for"))
        }
    }

    /// Whatever a user of a path meets at which something is mounted by the table.
    func openPlace(_ path: HostPath) throws(VolumeFault) -> OwnedDescriptor {
        do {
            return try path.target.openPlace()
        } catch {
            guard error.errno != .noEntry else {
                throw .notNow("\(path) is covered by \(try obstacle(at: path)); unmount that first")
            }
            throw Self.linkOrHost(error, "path", path)
        }
    }
}
