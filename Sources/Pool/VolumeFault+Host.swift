import LinuxHost
import Volumes

extension VolumeFault {
    /// Runs a step of the host; whatever goes wrong is host trouble of that step.
    static func onHost<Result: ~Copyable>(
        _ step: String, _ body: () throws(SystemError) -> Result
    ) throws(VolumeFault) -> Result {
        do {
            return try body()
        } catch {
            throw .onHost(step, error)
        }
    }

    /// The same for steps that allocate blocks: a full disk or quota is lack of space, not host trouble.
    static func onHostAllocating<Result: ~Copyable>(
        _ step: String, _ body: () throws(SystemError) -> Result
    ) throws(VolumeFault) -> Result {
        do {
            return try body()
        } catch {
            throw .whileAllocating(step, error)
        }
    }

    /// What an error means that a step met which allocates blocks.
    static func whileAllocating(_ step: String, _ error: SystemError) -> VolumeFault {
        guard error.errno == .noSpace || error.errno == .quota else { return .onHost(step, error) }
        return .noSpace("\(step): the pool's file system is full (\(error))")
    }

    /// A disk that takes no writes is a state that somebody has to end, not a failure of the step.
    private static func onHost(_ step: String, _ error: SystemError) -> VolumeFault {
        guard error.errno == .readOnly else { return .host(step: step, cause: "\(error)") }
        return .notNow(
            "\(step): the file system is read-only (\(error)); the kernel's log says why; have it checked if there "
                + "was an error, then mount it writable again")
    }
}
