internal import CLinux

extension LoopDevices {
    /// How many numbers are tried while other processes take them first.
    private static let attempts = 64

    /// Runs the body with a writable loop device for an image that nobody else sees yet; the device is gone at the end.
    ///
    /// The kernel takes it away with its last user, so that it does not outlive this process, however that ends.
    package static func withTemporary(
        _ image: borrowing OwnedDescriptor, name: String, sectorBytes: UInt32,
        _ body: (LoopDevice) throws(SystemError) -> Void
    ) throws(SystemError) {
        try checkText(name, call: "attach")
        let identity = try image.status().identity
        var wanted = clinux_loop_options(
            read_only: false, direct_io: true, autoclear: true, block_size: sectorBytes)
        var result = -Errno.busy.rawValue
        for _ in 0..<attempts {
            let object = "/dev/loop-control"
            let number = try SystemError.check("LOOP_CTL_GET_FREE", on: object, clinux_loop_free_number())
            guard let device = try LoopDevice(number: number) else { continue }
            let held = try device.open(writable: true)
            result = unsafe clinux_loop_configure(held.number, image.number, name, &wanted)
            if result == -Errno.busy.rawValue { continue }
            try SystemError.check("LOOP_CONFIGURE", on: "\(device) with \(name)", result)
            do throws(SystemError) {
                try body(device)
                try held.close()
            } catch {
                try device.detach(identity, after: error)
            }
            return try device.detach(ifBackedBy: identity)
        }
        try SystemError.check("LOOP_CONFIGURE", on: "\(name) after \(attempts) attempts", result)
    }
}
