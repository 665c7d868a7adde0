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
        if !options.allowDiscard { try turnDiscardOff() }
        try setNoScheduler()
    }

    /// Turns discard off and reads the setting back.
    private func turnDiscardOff() throws(SystemError) {
        let setting = "\(queue)/discard_max_bytes"
        if try TextFile.value(setting) != "0" { try TextFile.write(setting, "0") }
        guard try TextFile.value(setting) == "0" else {
            throw SystemError(call: "turn discard off", errno: .inputOutput, object: setting)
        }
        // Kernel 6.17: zeroing may punch holes as well, unless told not to. Older kernels have no such setting.
        let zeroing = "\(queue)/write_zeroes_unmap_max_bytes"
        if let now = try TextFile.value(zeroing), now != "0" { try TextFile.write(zeroing, "0") }
    }

    /// Whether discard was turned off for an earlier image and stayed off.
    ///
    /// WORKAROUND(Linux 6.9 and newer): the setting survives the detach and cannot be taken back, since the kernel
    /// measures a new value against a discard granularity that it has set to 0 (seen on 6.18). Images that want
    /// discard go to other devices. Removing the device and making it anew would help too, but hits other processes
    /// that were just given its number. Remove when a larger value is accepted after a 0.
    func hasLostDiscard() throws(SystemError) -> Bool {
        guard try TextFile.value("\(queue)/discard_max_bytes") == "0" else { return false }
        return try TextFile.value("\(queue)/discard_max_hw_bytes") != "0"
    }

    /// Leaves the order of requests to the disk below.
    private func setNoScheduler() throws(SystemError) {
        let setting = "\(queue)/scheduler"
        guard let schedulers = try TextFile.value(setting), !schedulers.contains("[none]"),
            schedulers.split(separator: " ").contains("none")
        else { return }
        try TextFile.write(setting, "none")
    }

    private var queue: String { "/sys/block/loop\(number)/queue" }
}
