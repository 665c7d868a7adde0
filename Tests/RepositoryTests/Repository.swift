import FoundationEssentials

/// The files of this repository, as they lie on disk now.
enum Repository {
    private static let root = {
        var parts = #filePath.split(separator: "/")
        parts.removeLast(3)
        return "/" + parts.joined(separator: "/")
    }()

    /// Folders that are made, not written.
    private static let made: Set<String> = [".git", ".build", "dist"]

    /// Every text file.
    static let files: [SourceFile] = {
        var found: [SourceFile] = []
        collect("", into: &found)
        return found
    }()

    /// The folders directly under Sources, with the names of the files each has at any depth.
    static var targets: [Substring: [String]] {
        var targets: [Substring: [String]] = [:]
        for file in files {
            if let target = file.target { targets[target, default: []].append(file.path) }
        }
        return targets
    }

    /// The text of one file, empty if there is none.
    static func text(_ path: String) -> String {
        files.first { $0.path == path }?.lines.joined(separator: "\n") ?? ""
    }

    private static func collect(_ folder: String, into found: inout [SourceFile]) {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: root + "/" + folder)) ?? []
        for name in names.sorted() where !made.contains(name) {
            let path = folder.isEmpty ? name : folder + "/" + name
            var isFolder = false
            guard FileManager.default.fileExists(atPath: root + "/" + path, isDirectory: &isFolder) else {
                continue
            }
            if isFolder {
                collect(path, into: &found)
            } else if let bytes = FileManager.default.contents(atPath: root + "/" + path),
                let text = String(bytes: bytes, encoding: .utf8)
            {
                found.append(SourceFile(path: path, text: text))
            }
        }
    }
}
