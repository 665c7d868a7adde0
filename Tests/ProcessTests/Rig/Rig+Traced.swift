extension Rig {
    /// Starts the driver with a fault in one of its system calls, in the words of strace(1); each thread counts its own.
    func traced(_ call: String, _ fault: String) throws -> DriverProcess {
        let child = try DriverProcess(
            command: [
                "strace", "-D", "-f", "-q", "-o", "\(path)/trace", "-e", "trace=\(call)", "-e",
                "inject=\(call):\(fault)",
            ] + command(), socket: socket, log: "\(path)/log")
        try child.waitUntilReady()
        return child
    }
}
