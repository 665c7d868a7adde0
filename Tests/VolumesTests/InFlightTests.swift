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
}
