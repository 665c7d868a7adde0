import RegexBuilder

extension Rule {
    static let forcedTry = Rule(
        sentence: "Shipped code has no forced try",
        concerns: isShippedSwift,
        findings: { file in file.linesOfCode(with: "try!") { $0.contains(/\btry!/) } },
        broken: ["let a = try! f()", "let s = \"a \\(try! f()) b\""],
        kept: ["// try! is not used", "let s = \"try! harder\"", "try f()", "let r = #\"\\(try! f())\"#"])

    static let cErrno = Rule(
        sentence: "Shipped Swift never reads C's errno",
        concerns: isShippedSwift,
        findings: { file in
            // A file that binds the name itself, as a property or a parameter, means its own.
            let hasOwn = !file.linesOfCode(with: "errno") {
                $0.contains(/\b(let|var)\s+errno\b|\berrno\s*:\s*(Errno|Int32)\b/)
            }.isEmpty
            return file.linesOfCode(with: "errno") { line in
                line.contains(/\b(Swift)?Glibc\.errno\b|__errno_location/)
                    || !hasOwn && line.contains(/(^|[^.\w])errno\b(?!\s*:)/)
            }
        },
        broken: ["if close(fd) < 0 { return errno }", "throw Fault(\"\\(errno)\")", "let e = Glibc.errno"],
        kept: [
            "/// errno of the call", "throw SystemError(call: \"open\", errno: .noEntry)",
            "if fault.errno == .busy {}",
            "let errno: Errno; var text: String { errno.name }",
        ])

    static let synchronous = Rule(
        sentence: "Shipped code is synchronous",
        concerns: isShippedSwift,
        findings: { file in
            file.linesOfCode(with: "async", "await", "actor", "Task") {
                $0.contains(/\b(async|await)\b|\bactor\s+\w|\bTask\s*[.{]/)
            }
        },
        broken: [
            "func f() async throws {", "await f()", "package actor Pool {", "Task { f() }",
            "Task.detached { f() }",
        ],
        kept: ["// async is not used", "let asyncCount = 1", "log.info(\"await\")"])

    /// A function in a generic container has another calling convention, so each read wraps it in a thunk; what is read through
    /// an inout, as by `withLock`, is written back wrapped once more, until the stack is used up (Swift 6.3).
    static let boxedClosures = Rule(
        sentence: "No function lies bare in a Mutex; a class or a struct holds it",
        concerns: isShippedSwift,
        findings: { file in
            file.linesOfCode(with: "Mutex") { $0.contains(/\bMutex<(?:[^<>]|<[^<>]*>)*->/) }
        },
        broken: [
            "let sink = Mutex<(@Sendable (String) -> Void)?>(nil)",
            "let m: Mutex<() -> Int>", "let m = Mutex<(Int, () -> Int)>((0, { 1 }))",
            "let m = Mutex<[String: (Set<Int>) -> Int]>([:])",
        ],
        kept: [
            "let sink = Mutex<Sink?>(nil)", "func f(_ m: borrowing Mutex<Int>) -> Int { 0 }",
            "// Mutex<() -> Int>", "let f: (Mutex<Set<Int>>) -> Int",
        ])

    /// Who may import which C target; an import elsewhere, or a target without an owner, is a finding.
    static let owners: [Substring: [Substring]] = [
        "CCSIProto": ["CSIWire"], "CGRPCShim": ["RPCServer", "RPCChannel"], "CHTTP2Client": ["RPCClient"],
        "CHTTPServer": ["HTTPServer"], "CCertificates": ["Certificates"], "CLinux": ["LinuxHost"],
        "CBlkid": ["LinuxHost"], "CMount": ["LinuxHost"], "CCrypto": ["LinuxHost"],
    ]

    static let cModules = Rule(
        sentence: "A C target is imported by its owner, and by it only internally",
        concerns: isShippedSwift,
        findings: { file in
            file.linesOfCode(with: "import") { line in
                guard let found = Import(line), let owners = owners[found.module] else { return false }
                let isOwner = file.target.map { owners.contains($0) } ?? false
                return !isOwner || found.isVisibleOutside
            }
        },
        broken: [
            "import CLinux", "internal import struct CGRPCShim.grpcshim_call",
            Example("Sources/LinuxHost/A.swift", "package import CLinux"),
        ],
        kept: [
            Example("Sources/LinuxHost/A.swift", "internal import CLinux"),
            Example("Sources/CSIWire/A.swift", "import CCSIProto"),
            "// import CLinux", "import CSIWire",
        ])

    static let foundation = Rule(
        sentence: "Foundation is at most FoundationEssentials, in Pool and CSIWire",
        concerns: isShippedSwift,
        findings: { file in
            file.linesOfCode(with: "import") { line in
                guard let module = Import(line)?.module, module.hasPrefix("Foundation") else { return false }
                return module != "FoundationEssentials" || !["Pool", "CSIWire"].contains(file.target)
            }
        },
        broken: ["import FoundationEssentials", Example("Sources/Pool/A.swift", "import Foundation")],
        kept: [Example("Sources/Pool/A.swift", "import FoundationEssentials"), "import Volumes"])

    static let pureTargets = Rule(
        sentence:
            "Volumes, Metrics, Log and Text import nothing that ties them to a disk or to the targets above them",
        concerns: isShippedSwift,
        findings: { file in
            let allowed: [Substring: Set<Substring>] = [
                "Volumes": ["Log", "Synchronization", "Text"], "Metrics": ["Synchronization"],
                "Log": ["Glibc", "Synchronization", "Text"], "Text": [],
            ]
            guard let target = file.target, let modules = allowed[target] else { return [] }
            return file.linesOfCode(with: "import") {
                Import($0).map { !modules.contains($0.module) } ?? false
            }
        },
        broken: [
            Example("Sources/Volumes/A.swift", "import Glibc"),
            Example("Sources/Volumes/A.swift", "import LinuxHost"),
            Example("Sources/Volumes/A.swift", "internal import CLinux"),
            Example("Sources/Log/A.swift", "import Volumes"),
        ],
        kept: [Example("Sources/Volumes/A.swift", "import Log"), "import Glibc"])
}

/// An import statement.
private struct Import {
    let module: Substring
    let isVisibleOutside: Bool

    init?(_ line: Substring) {
        let kinds = /struct|class|enum|protocol|func|var|let|typealias/
        let statement = Regex {
            /^\s*(?:@\w+(?:\(\w+\))?\s+)*/
            Capture { Optionally { /(?:public|package|internal|fileprivate|private)\s+/ } }
            /import\s+/
            Optionally {
                kinds
                /\s+/
            }
            Capture { /\w+/ }
        }
        guard let match = line.firstMatch(of: statement) else { return nil }
        module = match.output.2
        isVisibleOutside = match.output.1.hasPrefix("p") && !match.output.1.hasPrefix("private")
    }
}
