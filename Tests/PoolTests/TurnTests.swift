import LinuxHost
import Pool
import Synchronization
import TestSupport
import Testing
import Volumes
import VolumesTestSupport

/// A call on a thread of its own.
private final class Caller: Sendable {
    private let ended = Mutex<Result<Void, VolumeFault>?>(nil)

    init(_ body: @escaping @Sendable () throws(VolumeFault) -> Void) throws {
        _ = try OwnThread.start(name: "caller") { [self] in
            do throws(VolumeFault) {
                try body()
                ended.withLock { $0 = .success(()) }
            } catch {
                let fault = error
                ended.withLock { $0 = .failure(fault) }
            }
        }
    }

    var isDone: Bool { ended.withLock { $0 != nil } }

    func value() throws {
        #expect(eventually { isDone })
        try known(ended.withLock { $0 }).get()
    }
}

private func eventually(_ condition: () throws -> Bool) rethrows -> Bool {
    for _ in 0..<20_000 {
        if try condition() { return true }
        Clock.sleep(nanoseconds: 2_000_000)
    }
    return try condition()
}

@Suite("Callers take turns", .timeLimit(.minutes(2)))
struct TurnTests {
    /// Nobody is ever told to come back.
    private static let patient = KernelTurnBells(patienceSeconds: 3600)
    private static let impatient = KernelTurnBells(patienceSeconds: 0.02)

    private static func key(_ name: String) throws -> ObjectKey {
        .volume(try known(VolumeName(folder: name)))
    }

    @Test("Each has the volume to itself, in the order of arrival")
    func order() throws {
        let inFlight = InFlight(bells: Self.patient)
        let a = try Self.key("a")
        let served = Mutex<[Int]>([])
        var callers: [Caller] = []
        try inFlight.withExclusive(a) { () throws(VolumeFault) in
            do {
                for number in 0..<20 {
                    callers.append(
                        try Caller { () throws(VolumeFault) in
                            try inFlight.withExclusive(a) { () throws(VolumeFault) in
                                served.withLock { $0.append(number) }
                            }
                        })
                    #expect(eventually { inFlight.waiting == number + 1 })
                }
            } catch {
                Issue.record(error)
            }
            #expect(served.withLock { $0 } == [])
        }
        for caller in callers { try caller.value() }
        #expect(served.withLock { $0 } == Array(0..<20))
        #expect(inFlight.count == 0 && inFlight.waiting == 0)
    }

    @Test("Whose turn does not come in time is told, and stands in nobody's way afterwards")
    func patience() throws {
        let inFlight = InFlight(bells: Self.impatient)
        let a = try Self.key("a")
        try inFlight.withExclusive(a) { () throws(VolumeFault) in
            #expect(throws: VolumeFault.operationPending("volume a")) { try inFlight.withExclusive(a) {} }
            #expect(inFlight.waiting == 0 && inFlight.count == 1)
        }
        try inFlight.withExclusive(a, mayWait: false) {}
        #expect(inFlight.count == 0)
    }

    @Test("So many wait for one volume and no more; one more is told at once, as is who may not wait")
    func bound() throws {
        let inFlight = InFlight(bells: Self.patient)
        let a = try Self.key("a")
        var callers: [Caller] = []
        try inFlight.withExclusive(a) { () throws(VolumeFault) in
            #expect(throws: VolumeFault.operationPending("volume a")) {
                try inFlight.withExclusive(a, mayWait: false) {}
            }
            do {
                for _ in 0..<InFlight.mostWaiting {
                    callers.append(
                        try Caller { () throws(VolumeFault) in try inFlight.withExclusive(a) {} })
                }
                #expect(eventually { inFlight.waiting == InFlight.mostWaiting })
            } catch {
                Issue.record(error)
            }
            #expect(throws: VolumeFault.operationPending("volume a")) { try inFlight.withExclusive(a) {} }
        }
        for caller in callers { try caller.value() }
    }

    @Test("Who waits for several keeps none of them from others, and has all of them in the end")
    func several() throws {
        let inFlight = InFlight(bells: Self.patient)
        let (a, b) = (try Self.key("a"), try Self.key("b"))
        var both: Caller?
        try inFlight.withExclusive(a) { () throws(VolumeFault) in
            do {
                both = try Caller { () throws(VolumeFault) in
                    try inFlight.with([b, a]) { #expect(inFlight.count == 2) }
                }
            } catch {
                Issue.record(error)
            }
            #expect(eventually { inFlight.waiting == 1 })
            try inFlight.withExclusive(b, mayWait: false) { #expect(both?.isDone == false) }
        }
        try known(both).value()
        #expect(inFlight.count == 0)
    }

    @Test("Opposite orders of the same volumes end, without anybody being told to come back")
    func opposite() throws {
        let inFlight = InFlight(bells: Self.patient)
        let (a, b) = (try Self.key("a"), try Self.key("b"))
        let callers = try (0..<8).map { number in
            try Caller { () throws(VolumeFault) in
                for _ in 0..<200 { try inFlight.with(number % 2 == 0 ? [a, b] : [b, a]) {} }
            }
        }
        for caller in callers { try caller.value() }
        #expect(inFlight.count == 0 && inFlight.waiting == 0)
    }

    @Test("Shared users go beside each other, but not past one who waits to be alone")
    func shared() throws {
        let inFlight = InFlight(bells: Self.patient)
        let a = try Self.key("a")
        let order = Mutex<[String]>([])
        var callers: [Caller] = []
        try inFlight.withShared(a) { () throws(VolumeFault) in
            try inFlight.withShared(a) {}
            do {
                callers.append(
                    try Caller { () throws(VolumeFault) in
                        try inFlight.withExclusive(a) { order.withLock { $0.append("alone") } }
                    })
                #expect(eventually { inFlight.waiting == 1 })
                callers.append(
                    try Caller { () throws(VolumeFault) in
                        try inFlight.withShared(a) { order.withLock { $0.append("beside") } }
                    })
                #expect(eventually { inFlight.waiting == 2 })
            } catch {
                Issue.record(error)
            }
        }
        for caller in callers { try caller.value() }
        #expect(order.withLock { $0 } == ["alone", "beside"])
    }

    @Test("Ten copies of one volume at once, and each way round, are all made")
    func copies() throws {
        let store = FakeStore(
            id: try known(PoolID("0000000000000001")), name: try known(PoolName("default")))
        let driver = try FakeDriver(stores: [store], bells: Self.patient)
        let source = try driver.create("source", .block)
        let callers = try (0..<10).map { number in
            try Caller { () throws(VolumeFault) in
                _ = try driver.catalog.create(
                    CreateRequest(
                        name: "copy-\(number)", range: .any, kind: .block,
                        parameters: try VolumeParameters([:]), source: .volume(source)))
            }
        }
        let snapshots = try (0..<10).map { number in
            try Caller { () throws(VolumeFault) in
                _ = try driver.catalog.cut(
                    SnapshotRequest(name: "snap-\(number)", source: source, consistency: .frozen))
            }
        }
        for caller in callers + snapshots { try caller.value() }
        #expect(try driver.store.names().count == 11)
        #expect(driver.inFlight.count == 0)
    }
}
