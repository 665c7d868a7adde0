internal import CLinux

/// Changes of the mount table.
///
/// Targets are open places, so that nobody can put a link in the way.
package enum Mounting {
    /// Mounts the file system on a loop device at an open folder.
    ///
    /// The message of an error names the device and the target, never the options.
    package static func mountFilesystem(
        device: LoopDevice, type: String, at target: borrowing OwnedDescriptor, options: MountOptions,
    ) throws(SystemError) {
        try checkText(type, call: "mount")
        let result = unsafe clinux_mount(device.path, target.number, type, options.flags, options.data)
        try SystemError.check("mount", on: "\(device) (\(type)) at \(target.pathForMessages)", result)
    }

    /// Mounts the file system on a loop device nowhere and takes it off again: where the device is writable this brings
    /// what its log holds into place.
    ///
    /// `flag` is one more option of the file system.
    package static func mountUnseen(
        device: LoopDevice, type: String, flag: String?, readOnly: Bool,
    ) throws(SystemError) {
        try checkText(type, call: "mount")
        let result = unsafe clinux_mount_unseen(device.path, type, flag, readOnly)
        try SystemError.check("mount", on: "\(device) (\(type)) out of sight", result)
    }

    /// Thaws a file system that lives on a device although it is mounted nowhere in sight.
    ///
    /// Throws EINVAL where it is not frozen, or of another type.
    package static func thawUnseen(device: LoopDevice, type: String) throws(SystemError) {
        try checkText(type, call: "mount")
        try SystemError.check(
            "FITHAW", on: "\(device) (\(type)) out of sight", unsafe clinux_thaw_unseen(device.path, type))
    }

    /// Shows a folder or file a second time at another place.
    ///
    /// It has the flags that `options` gives a single mount before anybody can see it, and nosuid and its like of the
    /// source mount stay. Mounts below the source do not come along. Open the source after whatever is mounted there.
    package static func bind(
        from source: borrowing OwnedDescriptor, onto target: borrowing OwnedDescriptor, options: MountOptions,
    ) throws(SystemError) {
        try SystemError.check(
            "bind mount", on: "\(source.pathForMessages) at \(target.pathForMessages)",
            clinux_bind(source.number, target.number, options.single))
    }

    /// Takes the top mount at a trusted path away: never lazy, never forced, never through a link at the end.
    ///
    /// Throws EINVAL if it is no mount point, EBUSY if it is in use.
    package static func unmount(_ path: String) throws(SystemError) {
        try checkText(path, call: "umount")
        try SystemError.check("umount", on: path, unsafe clinux_unmount(path))
    }

    /// Takes the top mount at a name in an open folder away; nobody can exchange the folders above meanwhile.
    package static func unmount(_ name: String, in folder: borrowing Directory) throws(SystemError) {
        try folder.checkName(name)
        try SystemError.check("umount", on: folder.path(name), unsafe clinux_unmount_in(folder.number, name))
    }
}
