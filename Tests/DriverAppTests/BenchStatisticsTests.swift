import Testing

@testable import DriverApp

@Suite struct BenchStatisticsTests {
    private func durations(_ values: some Sequence<Int64>) -> Durations {
        var durations = Durations()
        for value in values { durations.add(value) }
        return durations
    }

    @Test("nothing measured is zero")
    func nothing() {
        #expect(Durations().median == 0)
        #expect(Durations().p99 == 0)
    }

    @Test("one measurement is each of its quantiles")
    func one() {
        let one = durations([7])
        #expect([one.quantile(0), one.median, one.p90, one.p99, one.quantile(1)] == [7, 7, 7, 7, 7])
    }

    @Test("quantiles are by nearest rank, in whatever order the measurements came")
    func nearestRank() {
        let hundred = durations((1...100).reversed())
        #expect(hundred.count == 100)
        #expect([hundred.median, hundred.p90, hundred.p99, hundred.quantile(1)] == [50, 90, 99, 100])
        let four = durations([40, 10, 30, 20])
        #expect([four.quantile(0), four.quantile(0.25), four.median, four.p90] == [10, 10, 20, 40])
    }

    @Test("a life runs each step once in order, and its whole is the sum of them")
    func life() throws {
        var lived: [LifeStep] = []
        var durations = LifeDurations()
        try durations.live { lived.append($0) }
        #expect(lived == [.create, .stage, .publish, .unpublish, .unstage, .delete])
        let sum = LifeStep.allCases.reduce(Int64(0)) { $0 + durations.of($1).median }
        #expect(durations.whole.median == sum)
        #expect(durations.whole.count == 1)
    }

    @Test("a life that fails on its way does not count as a whole")
    func failedLife() {
        struct Failure: Error {}
        var durations = LifeDurations()
        #expect(throws: Failure.self) {
            try durations.live { if $0 == .publish { throw Failure() } }
        }
        #expect(durations.whole.count == 0)
        #expect(durations.of(.unpublish).count == 0)
    }

    @Test("lines of a process's status are read by their exact name")
    func statusField() {
        let status =
            "Name:\tloopcsi\nVmRSS:\t   17408 kB\nvoluntary_ctxt_switches:\t12\nnonvoluntary_ctxt_switches:\t3\n"
        #expect(BenchProcess.field("VmRSS", of: status) == 17408)
        #expect(BenchProcess.field("voluntary_ctxt_switches", of: status) == 12)
        #expect(BenchProcess.field("nonvoluntary_ctxt_switches", of: status) == 3)
        #expect(BenchProcess.field("RssAnon", of: status) == 0)
    }

    @Test("the number of lives is checked", arguments: ["0", "-1", "x", "", "10001", "1.5"])
    func lives(_ text: String) throws {
        #expect(throws: UsageError.self) { try BenchCommand.lives(text) }
        #expect(try BenchCommand.lives(nil) == 50)
        #expect(try BenchCommand.lives("10000") == 10000)
    }
}
