import CSIServices
import Certificates
import LinuxHost
import Log
import RPCServer
import Synchronization

/// The TCP port of a node for the relay, open only while there is a certificate to show.
///
/// A missing or wrong certificate keeps the port shut and nothing else: kubelet is served all the same, and the port
/// opens as soon as the certificate is good. gRPC core reads renewed files by itself.
final class RelayPort: Sendable {
    /// How often the folder is looked at while the port is shut, and while it is open, in seconds.
    private static let pauses = (shut: 10.0, open: 300.0)

    private struct State {
        var server: RPCServer?
        var isStopped = false
    }

    private let options: ServeOptions.RelayPortOptions
    private let methods: [RPCMethod]
    private let serverOptions: RPCServerOptions
    private let hung: HungCalls
    private let watch: CertificateWatch
    private let driver: String
    private let log: Logger
    private let state = Mutex(State())
    private let stopping: Bell

    /// Opens the port now or, if the certificate is not good yet, later.
    ///
    /// - Throws: `StartError` if the address cannot be listened on.
    static func open(
        _ options: ServeOptions.RelayPortOptions, driver: String, methods: [RPCMethod],
        _ serverOptions: RPCServerOptions, _ hung: HungCalls, log: Logger
    ) throws -> RelayPort {
        let port = try RelayPort(options, driver, methods, serverOptions, hung, log)
        do throws(RPCServerError) {
            try port.tryOpen()
        } catch {
            throw StartError("--relay-address: \(error)")
        }
        _ = try OwnThread.start(name: "relay-port") { port.keepWatch() }
        return port
    }

    private init(
        _ options: ServeOptions.RelayPortOptions, _ driver: String, _ methods: [RPCMethod],
        _ serverOptions: RPCServerOptions, _ hung: HungCalls, _ log: Logger
    ) throws(SystemError) {
        self.options = options
        self.driver = driver
        self.methods = methods
        self.serverOptions = serverOptions
        self.hung = hung
        self.log = log
        watch = CertificateWatch(options.tlsFolder, .node, driver: driver, log: log)
        stopping = try Bell()
    }

    /// The port's number; nothing while it is shut.
    var number: UInt16? { state.withLock { $0.server?.port } }

    /// When the certificate ends, in seconds since 1970; nothing while it is not good.
    var certificateEnd: Int64? { watch.end }

    /// Closes the port as `RPCServer.stop` does.
    func stop() {
        let server = state.withLock { state in
            state.isStopped = true
            return state.server
        }
        do throws(SystemError) {
            try stopping.ring()
        } catch {
            // The thread sees it at its next turn, and does nothing any more.
        }
        server?.stop()
    }

    private func keepWatch() {
        while true {
            let isOpen = state.withLock { $0.server != nil }
            do throws(SystemError) {
                if try stopping.wait(seconds: isOpen ? Self.pauses.open : Self.pauses.shut) { return }
            } catch {
                return log.error("the relay's port is not watched any more", (.error, "\(error)"))
            }
            do throws(RPCServerError) {
                try tryOpen()
            } catch {
                log.error("the port for the relay cannot be opened", (.error, "\(error)"))
            }
        }
    }

    /// Looks at the certificate, and opens the port if it is good and the port is not open.
    private func tryOpen() throws(RPCServerError) {
        guard watch.look(), state.withLock({ $0.server == nil && !$0.isStopped }) else { return }
        let server = try RPCServer.start(
            address: options.address, tls: TLSIdentity(folder: options.tlsFolder),
            callerName: CertificateHolder.controller.dnsName(driver: driver), methods: methods,
            options: serverOptions)
        let isLate = state.withLock { state in
            if !state.isStopped { state.server = server }
            return state.isStopped
        }
        if isLate { return server.stop() }
        hung.watch(server)
        log.info("port for the relay is open", (.endpoint, options.address), (.value, Int(server.port)))
    }
}
