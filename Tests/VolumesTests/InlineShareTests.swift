import Testing
import Volumes
import VolumesTestSupport

@Suite("The share of inline volumes")
struct InlineShareTests {
    private let driver: FakeDriver

    /// A pool of 100 GiB, of which inline volumes may have a quarter.
    init() throws { driver = try Self.driver(percent: 25) }

    private static func driver(percent: Int64, stores: [FakeStore]? = nil) throws -> FakeDriver {
        let policy = CapacityPolicy(
            reserve: .percent(5), overcommitThousandths: 1000, inlinePercent: percent)
        return try stores.map { stores throws(VolumeFault) in try FakeDriver(stores: stores, policy: policy) }
            ?? FakeDriver(policy: policy)
    }

    private func handle(_ number: Int) -> String {
        let digits = String(number)
        return "csi-" + String(repeating: "0", count: 64 - digits.utf8.count) + digits
    }

    private func request(_ number: Int, size: String, _ provisioning: String = "thick") throws
        -> CreateRequest
    {
        try CreateRequest(
            inline: known(InlineHandle(handle(number))),
            attributes: ["size": size, "provisioning": provisioning], .mount(),
            at: try HostPath("/kubelet/pods/\(number)/volumes/kubernetes.io~csi/scratch/mount"),
            limit: .gibibytes(100))
    }

    private func make(
        _ number: Int, size: String = "1Gi", _ provisioning: String = "thick", in driver: FakeDriver? = nil
    ) throws -> FaultKind? {
        let request = try request(number, size: size, provisioning)
        return try fault { _ = try (driver ?? self.driver).catalog.create(request) }
    }

    @Test("However many pods ask at once, all inline volumes together have no more than their share")
    func together() async throws {
        let made = try await withThrowingTaskGroup(of: FaultKind?.self) { group in
            for number in 0..<40 { group.addTask { try make(number) } }
            return try await group.reduce(into: [FaultKind?]()) { $0.append($1) }
        }
        #expect(made.filter { $0 == nil }.count == 25)
        #expect(made.allSatisfy { $0 == nil || $0 == .noSpace })
        let room = try #require(try driver.catalog.room(inPool: driver.store.pool.id))
        #expect(room.inline == .gibibytes(25))
        // Claims have the rest.
        _ = try driver.create("claim", .block, size: .gibibytes(60))
    }

    @Test("The refusal has the numbers and the flag, and what is there already is found all the same")
    func refusal() throws {
        #expect(try make(1, size: "20Gi") == nil)
        let second = try request(2, size: "6Gi")
        do throws(VolumeFault) {
            _ = try driver.catalog.create(second)
            Issue.record("it was not refused")
        } catch {
            for word in ["\(20 << 30)", "\(6 << 30)", "\(25 << 30)", "--inline-share"] {
                #expect(error.summary.contains(word), "\(error.summary)")
            }
        }
        #expect(try make(1, size: "20Gi") == nil)
        #expect(try make(2, size: "5Gi") == nil)
    }

    @Test("A thin one counts with its size, as it may come to take that")
    func thin() throws {
        #expect(try make(1, size: "20Gi", "thin") == nil)
        #expect(try make(2, size: "6Gi", "thin") == .noSpace)
    }

    @Test("Those of an earlier run count, and those that are gone do not")
    func restart() throws {
        #expect(try make(1, size: "20Gi") == nil)
        let next = try Self.driver(percent: 25, stores: driver.stores)
        #expect(try make(2, size: "6Gi", in: next) == .noSpace)
        let id = try #require(try next.volumes.id(of: handle(1)))
        try next.catalog.delete(id)
        #expect(try make(2, size: "25Gi", in: next) == nil)
        // Above a share that was lowered they stay, and no more come.
        let lower = try Self.driver(percent: 10, stores: driver.stores)
        #expect(try lower.volumes.id(of: handle(2)) != nil)
        #expect(try make(3, in: lower) == .noSpace)
    }

    @Test("Whichever step of making one fails, nothing of it counts on")
    func failures() throws {
        for step in 1...40 {
            let fresh = try Self.driver(percent: 25)
            fresh.store.faults.fail(step: step)
            let failure = try make(1, size: "25Gi", in: fresh)
            fresh.store.faults.fail(step: nil)
            // After the step that publishes it is there, and counts.
            let isThere = try fresh.volumes.id(of: handle(1)) != nil
            #expect(try make(isThere ? 1 : 2, size: "25Gi", in: fresh) == nil, "step \(step)")
            #expect(try make(3, in: fresh) == .noSpace, "step \(step)")
            guard failure != nil else { return }
        }
        Issue.record("making one took more than 40 steps")
    }

    @Test("With 100 % the pool alone bounds them, and volumes of claims never count")
    func unbounded() throws {
        _ = try driver.create("claim", .block, size: .gibibytes(60))
        #expect(try make(1, size: "25Gi") == nil)
        let all = try Self.driver(percent: 100)
        #expect(try make(1, size: "90Gi", in: all) == nil)
        #expect(try make(2, size: "10Gi", in: all) == .noSpace)
    }
}
