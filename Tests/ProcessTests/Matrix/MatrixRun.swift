import CSIWire
import LinuxHost
import TestSupport

/// One row on one file system: sets everything up, does the harm, makes all calls, restarts, heals, and looks for what is
/// left.
struct MatrixRun: Sendable {
    let fault: MatrixFault
    let filesystem: TestPool.Filesystem
    let results = MatrixResults()

    init(_ fault: MatrixFault, _ filesystem: TestPool.Filesystem) {
        self.fault = fault
        self.filesystem = filesystem
    }

    var title: String { "\(fault.name) (\(filesystem))" }

    /// Runs it; what goes wrong is in the results.
    func run() {
        do {
            let rig = try MatrixRig(
                filesystem, withBase: fault.needsBase, withForeign: fault.needsForeign)
            do {
                try rig.start()
                try moments(rig)
            } catch {
                results.note("\(error)\nlog: \(rig.log.suffix(1500))")
            }
            try rig.tearDown()
        } catch {
            results.note("\(error)")
        }
    }

    /// Objects of each subject, for one moment.
    private func cast(_ rig: MatrixRig) throws -> [(MatrixSubject, MatrixVolumes)] {
        let affected = try MatrixVolumes(rig, rig.a, isAboutMounted: fault.harm.isOfMount)
        let other = try MatrixVolumes(rig, rig.b)
        let both: [(MatrixSubject, MatrixVolumes)] = [(.affected, affected), (.other, other)]
        return fault.harm.isOfPool ? both : both + [(.neighbor, try MatrixVolumes(rig, rig.a))]
    }

    private func moments(_ rig: MatrixRig) throws {
        let first = fault.needsRestart ? [] : try cast(rig)
        let second = try cast(rig)
        let real = first + second
        let scene = MatrixScene(rig: rig, affected: real.filter { $0.0 == .affected }.map(\.1))
        try fault.apply(scene)
        try calls(rig, disguised(first), .live)
        try fault.suspend(scene)
        rig.kill9()
        try restart(rig, scene)
        try fault.resume(scene)
        try calls(rig, disguised(second), .restarted)
        try heal(rig, scene)
        try healed(rig, real)
    }

    /// Hostile callers use ids of their own making.
    private func disguised(_ subjects: [(MatrixSubject, MatrixVolumes)]) -> [(MatrixSubject, MatrixVolumes)] {
        guard fault.harm == .text else { return subjects }
        let id = "a" + String(repeating: "\u{301}\u{323}", count: 16000)
        return subjects.map { subject, volumes in
            (subject, subject == .affected ? MatrixVolumes(volumes, id: id) : volumes)
        }
    }

    private func script(
        _ rig: MatrixRig, _ volumes: MatrixVolumes, _ subject: MatrixSubject, _ moment: MatrixMoment
    ) -> MatrixScript {
        MatrixScript(
            rig: rig, volumes: volumes, subject: subject, moment: moment, fault: fault, results: results)
    }

    /// Makes the calls of all subjects beside each other.
    private func calls(
        _ rig: MatrixRig, _ subjects: [(MatrixSubject, MatrixVolumes)], _ moment: MatrixMoment
    ) throws {
        guard !subjects.isEmpty else { return }
        let scripts = subjects.map { script(rig, $1, $0, moment) }
        let lanes: [@Sendable () throws -> Void] =
            scripts.flatMap(\.lanes) + [{ scripts.last?.nodeWide() }]
        let running = try lanes.map { lane in try Background(lane) }
        let deadline = Clock.monotonicNanoseconds + 300_000_000_000
        while running.contains(where: { !$0.isDone }) {
            guard Clock.monotonicNanoseconds < deadline else { throw RigTrouble("calls never end") }
            Clock.sleep(nanoseconds: 2_000_000)
        }
        for lane in running { try lane.value() }
    }

    private func restart(_ rig: MatrixRig, _ scene: MatrixScene) throws {
        if fault.harm == .hung { try fault.apply(scene) }
        do {
            try rig.start(pools: fault.isWithoutPool ? [rig.b] : nil)
        } catch {
            results.note("the driver does not start again: \(error)".prefixed(300))
        }
    }

    private func heal(_ rig: MatrixRig, _ scene: MatrixScene) throws {
        do {
            try fault.heal(scene)
        } catch {
            // The driver may be what keeps the file system busy.
            results.note("cannot be healed while the driver runs: \(error)".prefixed(300))
            rig.kill9()
            try fault.heal(scene)
        }
        if !rig.isUp { try rig.start() }
        let pools = [rig.a, rig.b]
        var last = ""
        do {
            try waitUntil("both pools are served again") {
                try pools.allSatisfy { pool in
                    let request = CSI.GetCapacityRequest(parameters: ["pool": pool.name])
                    do {
                        let room = try rig.client.call(request, timeout: 5).availableCapacity
                        last = "\(pool.name): room for \(room) bytes"
                        return room > 0
                    } catch let status as CSIStatus {
                        last = "\(pool.name): \(status)"
                        return false
                    }
                }
            }
        } catch {
            results.note("not served again without a restart: \(last)".prefixed(300))
            rig.kill9()
            try rig.start()
        }
    }

    private func healed(_ rig: MatrixRig, _ before: [(MatrixSubject, MatrixVolumes)]) throws {
        try settle(rig)
        for (subject, volumes) in before { script(rig, volumes, subject, .healed).end() }
        let new = try cast(rig)
        try calls(rig, new, .healed)
        for (subject, volumes) in new { script(rig, volumes, subject, .healed).end() }
        try MatrixLeftovers(rig: rig, results: results).look()
        let ending = try rig.driver.stop()
        if ending != .exited(0) { results.note("the driver ends with \(ending)") }
    }

    /// Waits until what callers gave up has ended.
    private func settle(_ rig: MatrixRig) throws {
        try waitUntil("no call is in flight") {
            let page = try rig.page("/metrics").body
            return page.contains("\nloopcsi_calls_in_flight 0\n")
        }
    }
}

extension String {
    func prefixed(_ bytes: Int) -> String { utf8.count > bytes ? String(self.prefix(bytes)) + "..." : self }
}
