extension LoopDevice {
    /// Sets what LOOP_CONFIGURE cannot, and checks that the kernel gave what was asked for.
    func settle(_ options: LoopDevices.Options) throws(SystemError) {
        guard let status = try status() else {
            throw SystemError(
                call: "LOOP_CONFIGURE", errno: .noAddress, object: "\(path), detached by another process")
        }
        // The kernel turns a device read-only on its own when the image was opened without write access.
        guard status.readOnly == options.readOnly else {
            throw SystemError(
                call: "LOOP_CONFIGURE", errno: .readOnly, object: "\(path), image opened for reading only")
        }
        guard status.blockSizeBytes == options.blockSizeBytes else {
            throw SystemError(
                call: "LOOP_CONFIGURE", errno: .invalid,
                object: "\(path), block size \(status.blockSizeBytes) in place of \(options.blockSizeBytes)")
        }
        // BLKROSET outlives the attachment on some kernels; a new image must not inherit it.
        if !options.readOnly, try isReadOnly() { try setReadOnly(false) }
        try setDiscard(options.allowDiscard)
        try setNoScheduler()
    }

    /// Turns discard off, or on again after an earlier image had it off, and reads the setting back.
    private func setDiscard(_ allowed: Bool) throws(SystemError) {
        let setting = "\(queue)/discard_max_bytes"
        let wanted = allowed ? largestDiscard : "0"
        if TextFile.read(setting) != wanted { try TextFile.write(setting, wanted) }
        if !allowed {
            guard TextFile.read(setting) == "0" else {
                throw SystemError(call: "turn discard off", errno: .inputOutput, object: setting)
            }
            // Kernel 6.17: zeroing may punch holes as well, unless told not to. Older kernels have no such setting.
            let zeroing = "\(queue)/write_zeroes_unmap_max_bytes"
            if let now = TextFile.read(zeroing), now != "0" { try TextFile.write(zeroing, "0") }
        }
    }

    /// The limit stays with the device when the image goes, so a thick volume's zero has to be raised again; the
    /// kernel takes whole multiples of the granularity only.
    private var largestDiscard: String {
        guard let text = TextFile.read("\(queue)/discard_max_hw_bytes"), let most = Int64(text),
            let unit = TextFile.read("\(queue)/discard_granularity").flatMap({ Int64($0) }), unit > 0
        else { return "0" }
        return "\(most - most % unit)"
    }

    /// Leaves the order of requests to the disk below.
    private func setNoScheduler() throws(SystemError) {
        let setting = "\(queue)/scheduler"
        guard let schedulers = TextFile.read(setting), !schedulers.contains("[none]"),
            schedulers.split(separator: " ").contains("none")
        else { return }
        try TextFile.write(setting, "none")
    }

    private var queue: String { "/sys/block/loop\(number)/queue" }
}
