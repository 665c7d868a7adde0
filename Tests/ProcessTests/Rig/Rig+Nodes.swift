import CSIWire
import LinuxHost
import TestSupport
import Testing

/// A driver as it runs on one of several nodes that have the same pool.
///
/// Each has its own mounts. The devices of the others are hidden from it: it sees the machine's list as it was when it
/// started, and finds its own by their numbers. So locks are all that one node knows of another, as on machines apart.
struct TestNode: Sendable {
    let name: String
    let process: DriverProcess
    let client: DriverClient

    /// A path as the node sees it.
    func path(_ path: String) -> String { "/proc/\(process.processID)/root\(path)" }

    /// Makes the staging folder, which has the same path on all nodes, and stages.
    func stage(_ life: Life, _ mode: CSI.AccessMode = .singleNodeWriter) throws {
        try Host.makeFolder(life.staging)
        _ = try client.call(life.stageRequest(mode))
    }

    func unstage(_ life: Life) throws { _ = try client.call(life.unstageRequest()) }
}

extension Rig {
    /// Runs a test with a shared pool and two nodes that have it.
    static func runNodes(
        _ filesystem: TestPool.Filesystem = .xfs, sourceLocation: SourceLocation = #_sourceLocation,
        _ body: @Sendable (Rig, TestNode, TestNode) throws -> Void
    ) throws {
        var options = Options(filesystem: filesystem, poolBytes: 2 << 30, poolWords: ",shared=yes")
        options.starts = false
        options.hostChanges = """
            list=$(mktemp /tmp/loopcsi-list-XXXXXX); grep -v loop /proc/partitions > $list;
            mount --bind $list /proc/partitions; rm $list
            """
        try run(options, sourceLocation: sourceLocation) { rig in
            let one = try rig.startNode("one")
            let two = try rig.startNode("two")
            try body(rig, one, two)
            for node in [one, two] where node.process.ended() == nil {
                #expect(try node.process.stop() == .exited(0))
            }
        }
    }

    /// Starts a driver as on a node of that name.
    func startNode(_ name: String) throws -> TestNode {
        let socket = "\(path)/\(name).sock"
        let process = try DriverProcess(
            command: try command(socket: socket) + ["--node-id", name], socket: socket,
            log: "\(path)/log")
        try process.waitUntilReady()
        return TestNode(name: name, process: process, client: DriverClient(socket: socket))
    }
}
