import CSIWire
import LinuxHost
import TestSupport
import Testing

@Suite("Nothing leaks", .requiresRoot)
struct LeakTests {
    @Test("Two hundred whole lives leave descriptors, threads and memory as they were")
    func lives() throws {
        try Rig.run { rig in
            func live(_ count: Int) throws {
                for number in 1...count {
                    let life = try Life.published(rig, number % 4 == 0 ? .block : .ext4, bytes: 16 << 20)
                    _ = try life.stats()
                    try rig.client.refuses(life.deleteRequest, .failedPrecondition)
                    try life.end()
                }
            }
            func settled(_ what: () throws -> Int) throws -> Int {
                // The thread that empties the trash and closing connections take a moment.
                var last = try what()
                try waitUntil("a figure rests") {
                    Clock.sleep(nanoseconds: 100_000_000)
                    defer { last = (try? what()) ?? last }
                    return try what() == last
                }
                return last
            }
            let driver = try rig.driver
            let atRest = try driver.threads
            try live(40)
            let descriptors = try settled { try driver.descriptors }
            let memory = try driver.residentKiB
            try live(200)
            // gRPC closes a connection a little after its client; a leak would never come down.
            try waitUntil("the descriptors are as before") { try driver.descriptors <= descriptors }
            // The two lanes start up to 18 threads in time, and one empties the trash.
            try waitUntil("the threads are as before") { try driver.threads <= atRest + 20 }
            // Sanitizers keep what was freed.
            #expect(try Sanitizer.isOn || driver.residentKiB < memory + 3072)

            // The counter sees what it is to see: a connection that stays open is a descriptor of the driver.
            let before = try driver.descriptors
            try Host.holdingConnection(rig.socket) {
                try waitUntil("the counter sees an open connection") { try driver.descriptors > before }
            }
            try waitUntil("the descriptor is gone") { try driver.descriptors <= before }
        }
    }
}
