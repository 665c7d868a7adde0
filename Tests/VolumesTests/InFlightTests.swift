import Testing
import Volumes
import VolumesTestSupport

@Suite("One operation per volume")
struct InFlightTests {
    private let inFlight = InFlight()

    @Test("The second caller is told at once, other volumes go on, and the key comes free at the end")
    func exclusive() throws {
        let a = try known(VolumeName(folder: "a"))
        let b = try known(VolumeName(folder: "b"))
        var ran = false
        try inFlight.withExclusive(a) { () throws(VolumeFault) in
            #expect(inFlight.count == 1)
            do throws(VolumeFault) {
                try inFlight.withExclusive(a) { () throws(VolumeFault) in ran = true }
            } catch {
                #expect(error == .operationPending("volume a"))
            }
            #expect(!ran)
            try inFlight.withExclusive(b) { () throws(VolumeFault) in ran = true }
        }
        #expect(ran)
        #expect(inFlight.count == 0)
    }

    @Test("The key comes free when the operation fails")
    func failure() throws {
        let a = try known(VolumeName(folder: "a"))
        for _ in 0..<2 {
            #expect(
                try fault { try inFlight.withExclusive(a) { () throws(VolumeFault) in throw .notNow("x") } }
                    == .notNow)
        }
        #expect(inFlight.count == 0)
    }

    @Test(
        "Shared users run beside each other and keep an exclusive one out until the last has ended, and the reverse"
    )
    func shared() throws {
        let a = ObjectKey.snapshot(try known(VolumeName(folder: "a")))
        func ends(_ body: () throws -> Void) -> FaultKind? {
            do { return try fault(body) } catch { return nil }
        }
        try inFlight.withShared(a) { () throws(VolumeFault) in
            try inFlight.withShared(a) { () throws(VolumeFault) in #expect(inFlight.count == 1) }
            #expect(ends { try inFlight.withExclusive(a) {} } == .operationPending)
        }
        try inFlight.withExclusive(a) { () throws(VolumeFault) in
            #expect(ends { try inFlight.withShared(a) {} } == .operationPending)
        }
        let volume = ObjectKey.volume(try known(VolumeName(folder: "a")))
        try inFlight.withExclusive(a) { () throws(VolumeFault) in try inFlight.withExclusive(volume) {} }
        #expect(inFlight.count == 0)
    }

    @Test("Several keys are taken all at once or not at all")
    func several() throws {
        let keys = try ["a", "b", "c"].map { ObjectKey.volume(try known(VolumeName(folder: $0))) }
        func ends(_ body: () throws -> Void) -> FaultKind? {
            do { return try fault(body) } catch { return nil }
        }
        try inFlight.withExclusive(keys[1]) { () throws(VolumeFault) in
            #expect(ends { try inFlight.with(keys) {} } == .operationPending)
            #expect(inFlight.count == 1)
        }
        try inFlight.withShared(keys[2]) { () throws(VolumeFault) in
            #expect(ends { try inFlight.with(keys) {} } == .operationPending)
        }
        try inFlight.with(keys + keys) { () throws(VolumeFault) in #expect(inFlight.count == 3) }
        #expect(inFlight.count == 0)
    }
}
