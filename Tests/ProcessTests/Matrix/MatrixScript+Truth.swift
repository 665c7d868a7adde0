import CSIWire
import LinuxHost

/// What contradicts an OK, as the kernel shows it; nothing where all is as it was said.
extension MatrixScript {
    func notMounted(_ path: String) throws -> String? {
        try Host.mounts(at: path) > 0 ? nil : "nothing is mounted at \(path)"
    }

    /// Tries to write at the path, unless that could hang.
    func notWritable(_ path: String) throws -> String? {
        if let trouble = try notMounted(path) { return trouble }
        guard subject != .affected || moment == .healed || fault.allowsWriting else { return nil }
        do {
            try Host.run("sh", "-c", "echo x > '\(path)/probe' && sync '\(path)/probe' && rm '\(path)/probe'")
            return nil
        } catch {
            return "what was published at \(path) takes no writes: \(error)"
        }
    }

    func stillThere(_ path: String) throws -> String? {
        if try Host.mounts(at: path) > 0 { return "something is still mounted at \(path)" }
        return try Host.exists(path) ? "\(path) is still there" : nil
    }

    func stillUp(_ volume: MatrixVolume, _ path: String) throws -> String? {
        if try Host.mounts(at: path) > 0 { return "something is still mounted at \(path)" }
        guard let device = try volume.device() else { return nil }
        return "\(device.path) still carries \(device.file)"
    }
}
