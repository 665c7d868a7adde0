extension NodeVolumes {
    /// Makes a file system ready to be mounted for writing: it is checked where that is due, and grown where that is not
    /// possible once it is mounted.
    ///
    /// A growth that fails keeps nobody from the data: the file system is mounted at the size that it has, and the
    /// condition of the volume says why. Only one that is known to be damaged is refused.
    func makeReady(_ kind: FilesystemKind, on device: Device) throws(VolumeFault) {
        try host.prepareFilesystem(kind, on: device)
        guard !host.growsMounted(kind) else { return }
        do {
            _ = try host.growUnmounted(kind, on: device)
            host.remember(nil, growing: device)
        } catch {
            if case .setAside = error { throw error }
            // A growth that was cut off marks the file system for a check, which decides.
            try host.prepareFilesystem(kind, on: device)
            host.remember(error, growing: device)
        }
    }

    /// Grows a mounted file system because a caller asks for that, who is told why it cannot grow.
    func growNow(_ kind: FilesystemKind, on device: Device, at path: HostPath) throws(VolumeFault) {
        do {
            _ = try host.growFilesystem(kind, on: device, at: path)
            host.remember(nil, growing: device)
        } catch {
            // Waiting for the next stage is no failure.
            if case .notNow = error, !host.growsMounted(kind) { throw error }
            host.remember(error, growing: device)
            throw error
        }
    }

    /// Grows a file system that was just mounted for writing; where that fails it stays as it is, and its condition says why.
    ///
    /// A volume restored or expanded while it was not staged has a file system smaller than its device.
    func growMounted(_ kind: FilesystemKind, on device: Device, at path: HostPath) {
        guard host.growsMounted(kind) else { return }
        // The failure is remembered.
        do { try growNow(kind, on: device, at: path) } catch {}
    }
}
