internal import CLinux

/// What the kernel says of this process, for the operator.
package struct ProcessFigures: Sendable {
    /// Resident memory.
    package let residentBytes: Int64
    /// Open descriptors.
    package let descriptors: Int
    /// The most descriptors that may be open.
    package let descriptorLimit: Int
    /// Processor time taken so far.
    package let processorSeconds: Double

    /// Looks now; never waits, and leaves zero where `/proc` does not say.
    package static func now() -> ProcessFigures {
        ProcessFigures(
            residentBytes: (number("/proc/self/status", after: "VmRSS:") ?? 0) << 10,
            descriptors: openDescriptors(),
            descriptorLimit: Int(number("/proc/self/limits", after: "Max open files") ?? 0),
            processorSeconds: Double(clinux_process_nanoseconds()) / 1e9)
    }

    /// Lets this process open as many descriptors as it ever may.
    ///
    /// The usual limit (1024) is lower only for the sake of programs that use select(2).
    package static func raiseDescriptorLimit() throws(SystemError) {
        try SystemError.check("setrlimit", on: "RLIMIT_NOFILE", clinux_raise_descriptor_limit())
    }

    /// The first number of the line that begins so.
    private static func number(_ path: String, after beginning: String) -> Int64? {
        let line = TextFile.read(path)?.split(separator: "\n").first { $0.hasPrefix(beginning) }
        let word = line?.dropFirst(beginning.count).split { $0 == " " || $0 == "\t" }.first
        return word.flatMap { Int64($0) }
    }

    private static func openDescriptors() -> Int {
        do throws(SystemError) {
            // Less the two that looking takes.
            return max(0, try Directory.open("/proc/self/fd").entries().count - 2)
        } catch {
            return 0
        }
    }
}
