import LinuxHost
import Synchronization
import Testing
import Volumes

@testable import DriverApp

/// Something that hangs until it is let go.
private final class Hanging: Sendable {
    let bell: Bell
    let looks = Mutex(0)

    init() throws { bell = try Bell() }

    func look() -> Int {
        do {
            _ = try bell.wait(seconds: 60)
        } catch {
            Issue.record(error)
        }
        return looks.withLock { looks in
            looks += 1
            return looks
        }
    }
}

private func soon(seconds: Double) -> Int64 { Clock.monotonicNanoseconds + Int64(seconds * 1e9) }

@Suite("A glance at what may hang")
struct GlanceTests {
    @Test("What is found in time is told, each time anew")
    func finds() {
        let count = Mutex(0)
        let glance = Glance(name: "test") {
            count.withLock { count in
                count += 1
                return count
            }
        }
        for number in 1...20 { #expect(glance.end(glance.begin(), by: soon(seconds: 10)) == number) }
    }

    @Test("What hangs is waited for once, begun once, and found again when it goes on")
    func hangs() throws {
        let hanging = try Hanging()
        let glance = Glance(name: "test", hanging.look)
        let began = Clock.monotonicNanoseconds
        #expect(glance.end(glance.begin(), by: soon(seconds: 0.1)) == nil)
        #expect(Clock.monotonicNanoseconds - began >= 90_000_000)
        for _ in 1...100 { #expect(glance.begin() == nil) }
        #expect(glance.end(glance.begin(), by: soon(seconds: 30)) == nil)
        #expect(Clock.monotonicNanoseconds - began < 20_000_000_000)
        try hanging.bell.ring()
        while hanging.looks.withLock({ $0 }) == 0 { Clock.sleep(nanoseconds: 1_000_000) }
        var found: Int?
        while found == nil { found = glance.end(glance.begin(), by: soon(seconds: 10)) }
        #expect(found == 2)
    }

    @Test("Several are waited for together")
    func several() throws {
        let hanging = try (0..<5).map { _ in try Hanging() }
        let glances = hanging.map { Glance(name: "test", $0.look) }
        let began = Clock.monotonicNanoseconds
        let looks = glances.map { ($0, $0.begin()) }
        for (glance, look) in looks { #expect(glance.end(look, by: began + 200_000_000) == nil) }
        #expect(Clock.monotonicNanoseconds - began < 900_000_000)
        for one in hanging { try one.bell.ring() }
    }
}

@Suite("Health")
struct HealthTests {
    @Test("Health is what Probe says, in a sentence")
    func sentence() {
        let trouble = Mutex<VolumeFault?>(nil)
        let health = Health(
            Readiness { () throws(VolumeFault) in
                if let fault = trouble.withLock({ $0 }) { throw fault }
            })
        #expect(health.trouble() == nil)
        trouble.withLock { $0 = .notNow("pool a is gone") }
        #expect(health.trouble() == "pool a is gone")
        trouble.withLock { $0 = nil }
        #expect(health.trouble() == nil)
    }

    @Test("A check that hangs is told of within moments, and again at once, and is over when it goes on")
    func hanging() throws {
        let hanging = try Hanging()
        let health = Health(Readiness { () throws(VolumeFault) in _ = hanging.look() })
        let began = Clock.monotonicNanoseconds
        for _ in 1...50 { #expect(health.trouble()?.contains("hangs") == true) }
        #expect(Clock.monotonicNanoseconds - began < 5_000_000_000)
        try hanging.bell.ring()
        while health.trouble() != nil { Clock.sleep(nanoseconds: 1_000_000) }
    }
}
