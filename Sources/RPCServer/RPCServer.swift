// A gRPC server on a Unix socket: a table of methods, two lanes of threads, one order of shutdown.
//
// Bytes in, bytes or a status out. It must not know what the bytes mean, nor anything of CSI or volumes.

internal import CGRPCShim
internal import Synchronization

/// A running server; it runs until `stop()`, whether or not a reference to it is kept.
package final class RPCServer: Sendable {
    struct Job: Sendable {
        let call: RPCCall
        let method: RPCMethod
    }

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
    let listener: Listener
    let quick: Lane<Job>
    let work: Lane<Job>
    /// Posted when the last call ends while stopping.
    let idle = Semaphore()
    let shutdown = Semaphore()
    let drained = Semaphore()
    let stopped = Semaphore()
    let stopBegun = Mutex(false)

    /// Binds the socket (mode 0660) and serves; a socket file that nobody answers is replaced.
    package static func start(
        socket path: String, methods: [RPCMethod], options: RPCServerOptions = RPCServerOptions()
    ) throws(RPCServerError) -> RPCServer {
        var table: [String: RPCMethod] = [:]
        for method in methods {
            guard table.updateValue(method, forKey: method.path) == nil else {
                throw .duplicateMethod(method.path)
            }
        }
        let server = RPCServer(listener: try Listener(path: path), methods: table, options: options)
        guard Thread.start("rpc-queue", { server.serveQueue() }) else {
            server.listener.discard()
            throw .system(step: "start the queue thread", path: path, cause: "no more threads")
        }
        guard server.listener.start({ server.core.adopt($0) }) else {
            server.listener.discard()
            server.endCore()
            throw .system(step: "start the accepting thread", path: path, cause: "no more threads")
        }
        return server
    }

    private init(listener: Listener, methods: [String: RPCMethod], options: RPCServerOptions) {
        self.listener = listener
        self.methods = methods
        self.options = options
        core = ServerCore(maxMessageBytes: options.maxMessageBytes)
        let onFinish = options.onFinish
        let run: @Sendable (Job) -> Void = { job in Self.run(job, onFinish) }
        quick = Lane(name: "rpc-quick", threads: options.quickWorkers, capacity: options.workQueue, run: run)
        work = Lane(name: "rpc-work", threads: options.workers, capacity: options.workQueue, run: run)
    }
}

/// The gRPC server and its queue.
// SAFETY: the handle is a constant; each function says which thread may call it, and the queue's functions are
// called by the queue's thread alone. It is freed once, in deinit, after `drained`.
@safe final class ServerCore: @unchecked Sendable {
    private let handle: grpcshim_server

    init(maxMessageBytes: Int) {
        var handle = unsafe grpcshim_server()
        let result = unsafe grpcshim_server_create(Int32(clamping: maxMessageBytes), &handle)
        precondition(result == 0, "A gRPC server needs a few bytes of memory.")
        unsafe self.handle = handle
    }

    deinit { unsafe grpcshim_server_destroy(handle) }

    func adopt(_ descriptor: Int32) { unsafe grpcshim_server_adopt(handle, descriptor) }

    func next() -> grpcshim_event {
        var event = unsafe grpcshim_event()
        unsafe grpcshim_server_next(handle, &event)
        return unsafe event
    }

    func shutdown() { unsafe grpcshim_server_shutdown(handle) }

    func disconnect() { unsafe grpcshim_server_disconnect(handle) }
}
