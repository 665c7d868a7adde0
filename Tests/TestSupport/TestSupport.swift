// TestSupport: what the test targets share. Folders that go away, the demand for root, small pools on real file
// systems, and a check that no mount and no loop device is left.

internal import LinuxHost
package import Testing

/// A test that needs root is run by somebody else.
private struct NotRoot: Error, CustomStringConvertible {
    var description: String { "this test needs root; set SKIP_ROOT_TESTS=1 to skip all of its kind" }
}

extension Trait where Self == ConditionTrait {
    /// Fails the test when it is not run by root, and skips it if SKIP_ROOT_TESTS=1 says so.
    package static var requiresRoot: ConditionTrait {
        .enabled("skipped by SKIP_ROOT_TESTS=1") {
            if HostIdentity.environment("SKIP_ROOT_TESTS") == "1" { return false }
            guard HostIdentity.isRoot else { throw NotRoot() }
            return true
        }
    }
}
