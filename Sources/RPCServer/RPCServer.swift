// A gRPC server on a Unix socket, or on a TCP port with mutual TLS: a table of methods, two lanes of threads, one order of shutdown.
//
// Bytes in, bytes or a status out. It must not know what the bytes mean, nor anything of CSI or volumes.

internal import Synchronization

/// A running server; it runs until `stop()`, whether or not a reference to it is kept.
package final class RPCServer: Sendable {
    struct Entry {
        let call: RPCCall
        let method: RPCMethod?
        var submitted = false
    }

    struct State {
        var stopping = false
        var calls: [UInt: Entry] = [:]
    }

    let core: ServerCore
    let methods: [String: RPCMethod]
    let options: RPCServerOptions
    let state = Mutex(State())
    /// Nil if gRPC core itself listens, at a TCP port.
    let listener: Listener?
    /// The name that each client's certificate must have; nil on a socket, where the file's mode says who may call.
    let callerName: String?
    let quick: Lane<RPCJob>
    let work: Lane<RPCJob>
    /// Posted when the last call ends while stopping.
    let idle = Semaphore()
    let shutdown = Semaphore()
    let drained = Semaphore()
    let stopped = Semaphore()
    let stopBegun = Mutex(false)
    let heap = HeapTrim()

    /// Binds the socket (mode 0660) and serves; a socket file that nobody answers is replaced.
    package static func start(
        socket path: String, methods: [RPCMethod], options: RPCServerOptions = RPCServerOptions()
    ) throws(RPCServerError) -> RPCServer {
        try RPCCore.load(tls: false)
        let table = try table(of: methods)
        let listener = try Listener(path: path)
        let server = RPCServer(
            core: ServerCore(maxMessageBytes: options.maxMessageBytes), listener: listener, methods: table,
            options: options)
        do throws(RPCServerError) {
            try server.startQueue(at: path)
        } catch {
            listener.discard()
            throw error
        }
        guard listener.start({ server.core.adopt($0) }) else {
            listener.discard()
            server.endCore()
            throw .system(step: "start the accepting thread", path: path, cause: "no more threads")
        }
        return server
    }

    init(
        core: ServerCore, listener: Listener?, callerName: String? = nil, methods: [String: RPCMethod],
        options: RPCServerOptions
    ) {
        self.core = core
        self.listener = listener
        self.callerName = callerName
        self.methods = methods
        self.options = options
        quick = Lane(name: "rpc-quick", threads: options.quickWorkers, capacity: options.workQueue)
        work = Lane(
            name: "rpc-work", threads: options.workers, shares: options.shares, capacity: options.workQueue,
            refusal: options.refusal)
    }

    static func table(of methods: [RPCMethod]) throws(RPCServerError) -> [String: RPCMethod] {
        var table: [String: RPCMethod] = [:]
        for method in methods {
            guard table.updateValue(method, forKey: method.path) == nil else {
                throw .duplicateMethod(method.path)
            }
        }
        return table
    }

    func startQueue(at place: String) throws(RPCServerError) {
        guard Thread.start("rpc-queue", { self.serveQueue() }) else {
            throw .system(step: "start the queue thread", path: place, cause: "no more threads")
        }
    }
}
