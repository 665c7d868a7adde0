internal import Synchronization

/// What a lane does with its jobs.
protocol LaneJob: Sendable {
    /// Whose part of the lane the job takes; empty for nobody's. Asked on a thread of the lane, once.
    func share() -> RPCShare

    /// Does the work.
    func run()

    /// Ends a job that is not run, because too many of its share wait: with `reason`, or because the share is at its limit and
    /// `refusal` spoke.
    func refuse(_ reason: RPCStatus)
}

/// A bounded queue of jobs and the threads that run them; nobody has all threads.
///
/// Threads are started when a job finds none idle, up to the limit, and live until the lane is closed. No share runs more
/// jobs at once than it may: what is beyond waits in a queue of the share, so that jobs of others pass. There is a thread
/// more than all shares together may take, so one is always left to look whose the next job is.
final class Lane<Job: LaneJob>: Sendable {
    enum Submission { case accepted, full, closed }

    /// A job with what is known of it since its share was asked.
    struct Running: Sendable {
        let job: Job
        let share: RPCShare
        let since: Instant
    }

    private struct State {
        var jobs = LaneQueue<Job>()
        var running: [String: [Int: Running]] = [:]
        var parked: [String: LaneQueue<(Job, RPCShare)>] = [:]
        var number = 0
        var idle = 0
        var threads = 0
        var started = 0
        var closed = false

        var waiting: Int { parked.values.reduce(jobs.count) { $0 + $1.count } }

        mutating func begin(_ job: Job, _ share: RPCShare) -> Int {
            number += 1
            running[share.name, default: [:]][number] = Running(job: job, share: share, since: Clock.now)
            return number
        }

        /// The next job of the share of one that has ended.
        mutating func end(_ number: Int, of share: String) -> (Job, RPCShare)? {
            running[share]?[number] = nil
            if running[share]?.isEmpty == true { running[share] = nil }
            let next = parked[share]?.next()
            if parked[share]?.count == 0 { parked[share] = nil }
            return next
        }
    }

    private enum Admission {
        case run(Int)
        case parked
        case full
    }

    private let name: String
    private let limit: Int
    private let shareLimit: Int
    private let capacity: Int
    private let refusal: (@Sendable (String) -> RPCStatus?)?
    private let state = Mutex(State())
    private let work = Semaphore()

    /// `threads` serve each of the `shares`, and as many the jobs of nobody; `refusal` says why a job of a share that is at its
    /// limit need not wait.
    init(
        name: String, threads: Int, shares: Int = 0, capacity: Int,
        refusal: (@Sendable (String) -> RPCStatus?)? = nil
    ) {
        self.name = name
        shareLimit = max(threads, 1)
        limit = shares == 0 ? shareLimit : shareLimit * (shares + 1) + 1
        self.capacity = max(capacity, 0)
        self.refusal = refusal
    }

    /// Queues a job without waiting.
    func submit(_ job: Job) -> Submission {
        let (submission, thread) = state.withLock { state -> (Submission, Int?) in
            if state.closed { return (.closed, nil) }
            let free = state.idle + (limit - state.threads)
            guard state.jobs.count < capacity + free else { return (.full, nil) }
            state.jobs.append(job)
            guard state.jobs.count > state.idle, state.threads < limit else { return (.accepted, nil) }
            state.threads += 1
            state.idle += 1
            state.started += 1
            return (.accepted, state.started)
        }
        guard submission == .accepted else { return submission }
        if let thread, !Thread.start("\(name)-\(thread)", { self.serve() }), !survivesMissingThread() {
            return .full
        }
        work.post()
        return .accepted
    }

    /// Jobs that have not begun.
    var waiting: Int { state.withLock { $0.waiting } }

    /// The jobs that are being run, in no order.
    var running: [Running] { state.withLock { $0.running.values.flatMap(\.values) } }

    /// Takes a waiting job out; false if it has begun, or was never here.
    func remove(where isIt: (Job) -> Bool) -> Bool {
        state.withLock { state in
            if state.jobs.remove(where: isIt) { return true }
            for share in state.parked.keys
            where state.parked[share]?.remove(where: { isIt($0.0) }) == true {
                if state.parked[share]?.count == 0 { state.parked[share] = nil }
                return true
            }
            return false
        }
    }

    /// Takes the lane out of service: the jobs that have not begun.
    func close() -> [Job] {
        let (left, threads) = state.withLock { state -> ([Job], Int) in
            state.closed = true
            let left = Array(state.jobs.all) + state.parked.values.flatMap { $0.all.map(\.0) }
            state.jobs = LaneQueue()
            state.parked = [:]
            return (left, state.threads)
        }
        for _ in 0..<threads { work.post() }
        return left
    }

    /// A thread could not be started: true if others will run the job, else it is taken back.
    private func survivesMissingThread() -> Bool {
        state.withLock { state in
            state.threads -= 1
            state.idle -= 1
            guard state.threads == 0, !state.closed else { return true }
            state.jobs = LaneQueue()
            return false
        }
    }

    private func serve() {
        while true {
            work.wait()
            let (job, closed) = state.withLock { state -> (Job?, Bool) in
                let job = state.jobs.next()
                if job != nil { state.idle -= 1 }
                return (job, state.closed)
            }
            if let job {
                admit(job)
                state.withLock { $0.idle += 1 }
            } else if closed {
                return
            }
        }
    }

    /// Runs the job and those of its share that wait for its end, or has it wait itself.
    private func admit(_ job: Job) {
        let share = job.share()
        switch admission(of: job, share) {
        case .parked: return
        case .full: job.refuse(.unavailable("too many calls are waiting; try again later"))
        case .run(let number):
            var (job, share, number) = (job, share, number)
            while true {
                job.run()
                let next = state.withLock { state -> (Job, RPCShare, Int)? in
                    guard let (job, next) = state.end(number, of: share.name) else { return nil }
                    return (job, next, state.begin(job, next))
                }
                guard let next else { return }
                (job, share, number) = next
            }
        }
    }

    private func admission(of job: Job, _ share: RPCShare) -> Admission {
        let first = state.withLock { state -> Admission? in
            guard state.running[share.name]?.count ?? 0 < shareLimit else { return nil }
            return .run(state.begin(job, share))
        }
        if let first { return first }
        if let status = refusal?(share.name) {
            job.refuse(status)
            return .parked
        }
        return state.withLock { state in
            if state.running[share.name]?.count ?? 0 < shareLimit { return .run(state.begin(job, share)) }
            guard !state.closed, state.parked[share.name]?.count ?? 0 < capacity else { return .full }
            state.parked[share.name, default: LaneQueue()].append((job, share))
            return .parked
        }
    }
}
