extension HostIdentity {
    /// The path of a trusted folder with all links followed, or nothing if there is no such folder.
    package static func resolved(_ path: String) -> String? {
        do {
            return try Directory.open(path).pathForMessages
        } catch {
            return nil
        }
    }
}
