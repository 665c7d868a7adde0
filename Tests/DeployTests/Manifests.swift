import FoundationEssentials
import LinuxHost
import TestSupport

/// One document of a manifest file.
struct Document: Sendable, CustomStringConvertible {
    /// The path of the file from the root of the repository.
    let file: String
    var value: Value

    var kind: String { value["kind"].text }
    var name: String { value.at("metadata.name").text }
    var description: String { "\(kind) \(name) in \(file)" }
}

/// The YAML files of the repository as they lie on disk now.
enum Manifests {
    static let root = {
        var parts = #filePath.split(separator: "/")
        parts.removeLast(3)
        return "/" + parts.joined(separator: "/")
    }()

    /// Why the files cannot be read.
    struct Unreadable: Error, CustomStringConvertible {
        let description: String
    }

    /// The paths of all YAML files below a folder of the repository.
    static func paths(below folder: String) -> [String] {
        let names = (try? FileManager.default.subpathsOfDirectory(atPath: "\(root)/\(folder)")) ?? []
        // monitoring/ is for Prometheus and Grafana; RepositoryTests look at it.
        return names.filter { $0.hasSuffix(".yaml") && !$0.hasPrefix("monitoring/") }
            .map { "\(folder)/\($0)" }.sorted()
    }

    /// The documents of files by path, read by a YAML library.
    static func read(_ paths: [String]) throws -> [Document] {
        let folder = try TemporaryFolder()
        guard let python = Tool.find("python3") else { throw Unreadable(description: "no python3") }
        let output = "\(folder.path)/documents.json"
        let result = try python.run(
            ["\(root)/scripts/yaml-to-json", output] + paths.map { $0.hasPrefix("/") ? $0 : "\(root)/\($0)" },
            deadlineSeconds: 60)
        guard result.exitStatus == 0, let bytes = FileManager.default.contents(atPath: output) else {
            throw Unreadable(description: result.standardError)
        }
        let documents = try JSONDecoder().decode([String: [Value]].self, from: bytes)
        return documents.sorted { $0.key < $1.key }.flatMap { path, values in
            values.map {
                Document(
                    file: path.hasPrefix(root) ? String(path.dropFirst(root.count + 1)) : path, value: $0)
            }
        }
    }

    /// Everything below deploy/ and examples/.
    static let all = Result { try read(paths(below: "deploy") + paths(below: "examples")) }

    /// The documents of one file.
    static func documents(of file: String) throws -> [Document] {
        try all.get().filter { $0.file == file }
    }
}
