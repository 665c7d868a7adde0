import Synchronization

/// A mount namespace without the mounts of tests.
///
/// Relays begin with copies of it, and so keep no test's device busy.
enum CleanMounts {
    private static let shared = Mutex<Tether?>(nil)

    /// The words that run a program in a namespace that is a copy.
    static func words() throws -> [String] {
        try shared.withLock { shared in
            if let made = shared { return words(in: made) }
            Turnstile.shared.enter(alone: true)
            defer { Turnstile.shared.leave(alone: true) }
            let made = try Tether(
                ["unshare", "--mount", "--propagation", "private"],
                script: """
                    grep -o ' /tmp/loopcsi-[^ ]*' /proc/self/mountinfo | tac | xargs -r umount --lazy || true
                    """)
            shared = made
            return words(in: made)
        }
    }

    private static func words(in made: Tether) -> [String] {
        ["nsenter", "--mount=\(made.namespace("mnt"))", "unshare", "--mount"]
    }
}
