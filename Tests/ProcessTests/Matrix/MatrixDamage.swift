import LinuxHost

/// What can have become of a small file; the right one lies beside it meanwhile.
enum MatrixDamage: String, CaseIterable, Sendable {
    case torn = "torn"
    case missing = "missing"
    case empty = "empty"
    case alien = "of another program"
    case newer = "of a newer version"
    case pipe = "a FIFO"
    case folder = "a folder"
    case huge = "huge"
    case link = "a link"

    func inflict(on path: String) throws {
        let kept = Self.kept(path)
        try Host.run("mkdir", "-p", Self.attic(path))
        try Host.run("mv", path, kept)
        let command =
            switch self {
            case .torn: "head -c 5 '\(kept)' > '\(path)'"
            case .missing: ":"
            case .empty: ": > '\(path)'"
            case .alien: "echo '{\"hello\": [1, 2, 3]}' > '\(path)'"
            case .newer: "sed 's/\"version\" *: *[0-9]*/\"version\" : 99/' '\(kept)' > '\(path)'"
            case .pipe: "mkfifo '\(path)'"
            case .folder: "mkdir '\(path)'"
            case .huge: "truncate --size 8G '\(path)'"
            case .link: "ln -s /etc/hostname '\(path)'"
            }
        try Host.run("sh", "-c", command)
    }

    /// Removes a file so that the kernel shows it as deleted, with a link beside it to bring it back by.
    static func unlink(_ path: String) throws {
        try Host.run("mkdir", "-p", attic(path))
        try Host.run("ln", path, kept(path))
        try Host.run("rm", path)
    }

    /// Puts the right one back; where all around it was deleted meanwhile, it goes too.
    func mend(_ path: String) throws {
        try Host.run("rm", "-rf", path)
        try Host.run("sh", "-c", "mv \"$1\" \"$2\" 2>/dev/null || rm -rf \"$1\"", "sh", Self.kept(path), path)
    }

    /// Where the right one lies meanwhile: on the same file system, so that it stays the same file, and in the one folder
    /// that is no stranger in a pool.
    static func kept(_ path: String) -> String {
        "\(attic(path))/\(path.split(separator: "/").suffix(2).joined(separator: "-"))"
    }

    private static func attic(_ path: String) -> String {
        let parts = path.split(separator: "/")
        let root = parts.firstIndex(of: "volumes").map { parts[..<$0] } ?? parts.dropLast()
        return "/\(root.joined(separator: "/"))/lost+found"
    }
}
