import Testing
import Volumes
import VolumesTestSupport

@Suite("Many callers at once")
struct ManyCallersTests {
    @Test("Each name becomes one volume, callers in between are told to come back, and the books are right")
    func create() async throws {
        let driver = try FakeDriver()
        let names = (0..<20).map { "v\($0)" }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<10 {
                for name in names {
                    group.addTask {
                        let kind = try fault { _ = try driver.create(name, .block) }
                        #expect(kind == nil || kind == .operationPending)
                    }
                }
            }
            try await group.waitForAll()
        }
        for name in names { _ = try driver.create(name, .block) }
        #expect(try driver.store.names().count == names.count)
        #expect(driver.inFlight.count == 0)
        #expect(
            try driver.catalog.capacity(VolumeParameters([:]), kind: .block, at: nil).available
                == .gibibytes(75))
    }

    @Test("However many ask at once, no more is promised than there is")
    func promises() async throws {
        let driver = try FakeDriver(total: .gibibytes(20))
        let made = try await withThrowingTaskGroup(of: Bool.self) { group in
            for index in 0..<50 {
                group.addTask { try fault { _ = try driver.create("v\(index)", .block) } == nil }
            }
            return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(made == 19)
        for id in try driver.catalog.list(after: nil, limit: nil).volumes.map(\.id) {
            try driver.catalog.delete(id)
        }
        #expect(
            try driver.catalog.capacity(VolumeParameters([:]), kind: .block, at: nil).available
                < .gibibytes(1))
        _ = try driver.create("big", .block, size: .gibibytes(19))
    }
}
