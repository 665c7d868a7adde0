/// Whose part of the work lane a call takes: the calls of one share never take the threads of another's.
package struct RPCShare: Hashable, Sendable {
    /// The name of the share; empty for calls that need nobody's.
    package let name: String
    /// What the call is about, for a sentence about calls that hang; may be empty.
    package let subject: String

    /// Names the share.
    package init(name: String, subject: String) {
        self.name = name
        self.subject = subject
    }

    /// For a call that needs nobody's part.
    package static let nobody = RPCShare(name: "", subject: "")
}

/// A call that is being run, seen from outside.
package struct RPCRunning: Sendable {
    /// Whose part of the lane it takes, and what it is about.
    package let share: RPCShare
    /// The path, like "/package.Service/Method".
    package let method: String
    /// How long it has been run, in seconds.
    package let seconds: Double
}
