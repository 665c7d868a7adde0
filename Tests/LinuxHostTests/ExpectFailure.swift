import LinuxHost
import Testing

/// Expects a system call in the closure to fail with one error number.
func expectFailure(
    _ wanted: Errno, sourceLocation: SourceLocation = #_sourceLocation, _ body: () throws -> Void,
) {
    let error = #expect(throws: SystemError.self, sourceLocation: sourceLocation) { try body() }
    #expect(error?.errno == wanted, "\(String(describing: error))", sourceLocation: sourceLocation)
}
