import LinuxHost
import Log
import Pool
import Synchronization
import Volumes

/// One of the operator's pools, from the first try to open it on.
///
/// It is opened on a thread of its own, as often as it takes, so that one that hangs or fails hinders no other.
final class KeptPool: Sendable {
    private enum State {
        case opening(step: String, since: Int64)
        /// Its disk is waited for.
        case waiting(String)
        case setAside(String)
        case served(DiskPool)
    }

    /// Why it cannot be served now.
    private struct Refusal: Error {
        let why: String
        var isWaiting = false
    }

    /// What is done with a pool that was opened.
    struct Work: Sendable {
        /// Serves it from now on.
        let serve: @Sendable (DiskPool) throws(VolumeFault) -> Void
        /// Hears why it is not served; the identity is what an earlier run saw.
        let setAside: @Sendable (AbsentPool) -> Void
    }

    private static let pauses = (shortest: 1.0, longest: 30.0)
    /// Who asks for it wakes it at once, but not more often.
    private static let rest: Int64 = 1_000_000_000

    let options: ServeOptions.PoolOptions
    /// What an earlier run saw.
    let known: PoolMemory.Known?
    private let node: String
    private let memory: PoolMemory
    private let log: Logger
    private let work: Work
    private let state: Mutex<State>
    private let wakeUp: Mutex<Bell>
    private let firstTry: Bell
    private let lastTry = Mutex<Int64>(0)
    private let isStopped = Atomic(false)
    /// Why it was set aside last.
    private let told = Mutex<String?>(nil)
    private let isMending = Atomic(false)
    private let sight = PoolSight()

    init(
        _ options: ServeOptions.PoolOptions, node: String, memory: PoolMemory, log: Logger, work: Work
    ) throws(SystemError) {
        self.options = options
        self.node = node
        self.memory = memory
        self.log = log
        self.work = work
        known = memory.recall(options.name, at: options.path)
        state = Mutex(.opening(step: "begin", since: Clock.monotonicNanoseconds))
        wakeUp = Mutex(try Bell())
        firstTry = try Bell()
    }

    /// The pool, once it is served.
    var pool: DiskPool? {
        guard case .served(let pool) = state.withLock({ $0 }) else { return nil }
        return pool
    }

    /// Whether it may still come by itself without anybody's help: its disk is waited for, or opening it goes on.
    var isPending: Bool {
        switch state.withLock({ $0 }) {
        case .opening, .waiting: true
        case .setAside, .served: false
        }
    }

    /// Its identity, if this run or an earlier one saw it.
    var id: PoolID? { pool?.pool.id ?? known?.id }

    /// Begins to open it.
    func begin() throws(SystemError) {
        _ = try OwnThread.start(name: "pool-\(options.name)") { self.keep() }
    }

    /// Waits until it was tried once; true if it was.
    func wasTried(within seconds: Double) -> Bool {
        do {
            return try firstTry.wait(seconds: seconds)
        } catch {
            return true
        }
    }

    /// Tries no more.
    func stop() {
        isStopped.store(true, ordering: .relaxed)
        ring()
    }

    /// Has it tried soon, because somebody asks for it.
    func wake() {
        guard Clock.monotonicNanoseconds - lastTry.withLock({ $0 }) > Self.rest else { return }
        ring()
    }

    private func ring() {
        do throws(SystemError) {
            try wakeUp.withLock { $0 }.ring()
        } catch {
            // The pause ends by itself.
        }
    }
}

extension KeptPool {
    /// How it stands with it now; a look that takes longer than a second is told of as hanging, and not waited for.
    func beginLook() -> PoolSight.Pending? {
        guard let pool else {
            wake()
            return nil
        }
        return sight.begin(pool)
    }

    /// What the look found, or what is known without one.
    func condition(_ pending: PoolSight.Pending?, by deadline: Int64) -> PoolCondition {
        switch state.withLock({ $0 }) {
        case .served: return sight.end(pending, by: deadline)
        case .waiting(let why), .setAside(let why): return .setAside(why)
        case .opening(let step, let since):
            let seconds = (Clock.monotonicNanoseconds - since) / 1_000_000_000
            // While it is tried again what the last try met is told, unless this one hangs.
            if seconds < 1, let why = told.withLock({ $0 }) { return .setAside(why) }
            return .hung(
                "opening pool \(options.name) at \(options.path) is at this step for \(seconds) s: \(step)")
        }
    }

    /// Whether its disk is seen, told within moments also while that hangs: then what was seen last counts.
    var isThere: Bool {
        guard let pool else { return false }
        return sight.isThere(pool)
    }
}

extension KeptPool {
    private func keep() {
        var pause = Self.pauses.shortest
        while !isStopped.load(ordering: .relaxed) {
            var isWaiting = false
            do throws(Refusal) {
                try openAndServe()
            } catch {
                isWaiting = error.isWaiting
                setAside(error)
            }
            lastTry.withLock { $0 = Clock.monotonicNanoseconds }
            do throws(SystemError) {
                try firstTry.ring()
            } catch {
                // Who waits for it gives up in time.
            }
            if pool != nil { return }
            rest(seconds: isWaiting ? Self.pauses.shortest : pause)
            pause = min(pause * 2, Self.pauses.longest)
        }
    }

    private func rest(seconds: Double) {
        do throws(SystemError) {
            guard try wakeUp.withLock({ $0 }).wait(seconds: seconds) else { return }
            let fresh = try Bell()
            wakeUp.withLock { $0 = fresh }
        } catch {
            Clock.sleep(nanoseconds: Int64(seconds * 1e9))
        }
    }

    private func openAndServe() throws(Refusal) {
        step("look for its disk")
        do {
            if options.needsMount, try !PoolMounts.isMounted(options.path) {
                throw Refusal(
                    why:
                        "nothing is mounted at \(options.path), the folder of pool \(options.name), and mount=required "
                        + "says that its disk has to be", isWaiting: true)
            }
            let watcher = PoolWatcher(
                onStep: { [weak self] in self?.step($0) }, onLoss: { [weak self] in self?.mend() })
            let beginning = PoolBeginning(of: options.name, at: options.path, memory: memory)
            let image = try options.image.map { (wanted) throws(PoolError) in
                try PoolImage.open(
                    options.path, wanted, name: options.name, beginning: beginning, watcher: watcher, log: log
                )
            }
            let pool = try DiskPool.open(
                image?.mountPoint ?? options.path, in: image, name: options.name,
                sharing: PoolSharing(isShared: options.isShared, node: node),
                // One in a file was judged by the file.
                beginning: image == nil ? beginning : nil, watcher: watcher, log: log)
            step("read its records")
            try work.serve(pool)
            memory.remember(pool.pool, at: options.path)
            state.withLock { $0 = .served(pool) }
        } catch let refusal as Refusal {
            throw refusal
        } catch {
            throw Refusal(why: (error as? VolumeFault)?.summary ?? "\(error)")
        }
    }

    private func step(_ text: String) {
        state.withLock { state in
            if case .served = state { return }
            state = .opening(step: text, since: Clock.monotonicNanoseconds)
        }
    }

    private func setAside(_ refusal: Refusal) {
        let isNews = told.withLock { told in
            defer { told = refusal.why }
            return told != refusal.why
        }
        state.withLock { $0 = refusal.isWaiting ? .waiting(refusal.why) : .setAside(refusal.why) }
        work.setAside(
            AbsentPool(
                name: options.name, id: known?.id, isShared: known?.isShared ?? false, why: refusal.why))
        guard isNews else { return }
        log.error(
            refusal.isWaiting ? "waiting for the disk of a pool" : "a pool is set aside and tried again",
            (.pool, options.name.text), (.path, options.path), (.reason, refusal.why))
    }

    /// Mounts the image again where the pool was in one and got lost.
    private func mend() {
        guard let wanted = options.image, let pool,
            Clock.monotonicNanoseconds - lastTry.withLock({ $0 }) > Self.rest,
            isMending.compareExchange(expected: false, desired: true, ordering: .relaxed).exchanged
        else { return }
        lastTry.withLock { $0 = Clock.monotonicNanoseconds }
        do throws(SystemError) {
            _ = try OwnThread.start(name: "pool-mend") { [self] in
                do throws(PoolError) {
                    _ = try PoolImage.open(options.path, wanted, name: pool.pool.name, log: log)
                } catch {
                    log.error("a pool in a file got lost", (.pool, options.name.text), (.reason, "\(error)"))
                }
                isMending.store(false, ordering: .relaxed)
            }
        } catch {
            isMending.store(false, ordering: .relaxed)
        }
    }
}
