internal import Synchronization

/// A bounded queue of jobs and the threads that run them.
///
/// Threads are started when a job finds none idle, up to the limit, and live until the lane is closed.
final class Lane<Job: Sendable>: Sendable {
    enum Submission { case accepted, full, closed }

    private struct State {
        var jobs: [Job] = []
        var head = 0
        var idle = 0
        var threads = 0
        var started = 0
        var closed = false

        var waiting: Int { jobs.count - head }

        mutating func next() -> Job? {
            guard head < jobs.count else { return nil }
            let job = jobs[head]
            head += 1
            if head == jobs.count {
                jobs.removeAll(keepingCapacity: jobs.capacity <= 64)
                head = 0
            } else if head >= 64, head * 2 >= jobs.count {
                jobs.removeFirst(head)
                head = 0
            }
            return job
        }
    }

    private let name: String
    private let limit: Int
    private let capacity: Int
    private let run: @Sendable (Job) -> Void
    private let state = Mutex(State())
    private let work = Semaphore()

    init(name: String, threads: Int, capacity: Int, run: @escaping @Sendable (Job) -> Void) {
        self.name = name
        self.limit = max(threads, 1)
        self.capacity = max(capacity, 0)
        self.run = run
    }

    /// Queues a job without waiting.
    func submit(_ job: Job) -> Submission {
        let (submission, thread) = state.withLock { state -> (Submission, Int?) in
            if state.closed { return (.closed, nil) }
            let free = state.idle + (limit - state.threads)
            guard state.waiting < capacity + free else { return (.full, nil) }
            state.jobs.append(job)
            guard state.waiting > state.idle, state.threads < limit else { return (.accepted, nil) }
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

    /// Takes the lane out of service: the jobs that have not begun.
    func close() -> [Job] {
        let (left, threads) = state.withLock { state -> ([Job], Int) in
            state.closed = true
            let left = Array(state.jobs[state.head...])
            state.jobs = []
            state.head = 0
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
            state.jobs = []
            state.head = 0
            return false
        }
    }

    private func serve() {
        while true {
            work.wait()
            let (job, closed) = state.withLock { state -> (Job?, Bool) in
                let job = state.next()
                if job != nil { state.idle -= 1 }
                return (job, state.closed)
            }
            if let job {
                run(job)
                state.withLock { $0.idle += 1 }
            } else if closed {
                return
            }
        }
    }
}
