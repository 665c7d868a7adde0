import Testing

@testable import Metrics

private func text(_ write: (inout Exposition) -> Void) -> String {
    var page = Exposition()
    write(&page)
    return String(decoding: page.bytes, as: UTF8.self)
}

@Suite("The text for Prometheus")
struct ExpositionTests {
    @Test("A family has its help, its type and its samples, each on a line")
    func family() {
        let page = text { page in
            page.begin(.poolSize)
            page.sample(.poolSize, ["default"], Int64(1) << 40)
            page.sample(.poolSize, ["fast"], Int64(0))
        }
        #expect(
            page == """
                # HELP loopcsi_pool_size_bytes Size of the file system that holds the pool.
                # TYPE loopcsi_pool_size_bytes gauge
                loopcsi_pool_size_bytes{pool="default"} 1099511627776
                loopcsi_pool_size_bytes{pool="fast"} 0

                """)
    }

    @Test("A family without labels has no braces, one with several has them in its order")
    func labels() {
        #expect(text { $0.single(.queueLength, 3) }.hasSuffix("\nloopcsi_queue_length 3\n"))
        #expect(
            text { $0.sample(.poolCommitted, ["a", "thin"], Int64(5)) }
                == "loopcsi_pool_committed_bytes{pool=\"a\",kind=\"thin\"} 5\n")
    }

    @Test(
        "What would end a label or a line is escaped, everything else stays",
        arguments: [
            ("plain", "plain"), ("", ""), ("a\"b", "a\\\"b"), ("a\\b", "a\\\\b"), ("a\nb", "a\\nb"),
            ("\\\n\"", "\\\\\\n\\\""), ("é 漢 {}=,", "é 漢 {}=,"), ("a\r\tb", "a\r\tb"),
        ])
    func escaping(value: String, written: String) {
        let page = text { $0.sample(.poolUp, [value], Int64(1)) }
        #expect(page == "loopcsi_pool_up{pool=\"\(written)\"} 1\n")
    }

    @Test(
        "Numbers are such as Prometheus reads",
        arguments: [
            (0, "0"), (1, "1"), (0.5, "0.5"), (0.001, "0.001"), (1e-7, "1e-07"), (60, "60"),
            (1_795_249_817.25, "1795249817.25"), (.infinity, "+Inf"), (-.infinity, "-Inf"), (.nan, "NaN"),
            (1e18, "1e+18"),
        ] as [(Double, String)])
    func numbers(value: Double, written: String) {
        #expect(Exposition.text(value) == written)
    }

    @Test("Names and labels follow the customs of Prometheus", arguments: MetricFamily.allCases)
    func customs(family: MetricFamily) {
        #expect(family.name.wholeMatch(of: /(loopcsi|process)(_[a-z]+)+/) != nil)
        #expect((family.kind == .counter) == family.name.hasSuffix("_total"))
        #expect(!family.help.isEmpty && !family.help.contains("\n"))
        #expect(Set(family.labels).count == family.labels.count && !family.labels.contains(.bound))
    }
}

@Suite("Counting calls")
struct CallTallyTests {
    private let codes = ["OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT"]

    private func page(_ tally: CallTally) -> [Substring] {
        text { tally.write(to: &$0) }.split(separator: "\n").filter { !$0.hasPrefix("#") }
    }

    @Test("A method that was not called has a count of zero, and no histogram")
    func untouched() {
        let tally = CallTally(methods: ["/a.B/One"], codes: codes)
        #expect(page(tally) == ["loopcsi_calls_total{method=\"One\",code=\"OK\"} 0"])
    }

    @Test("Buckets add up, bounds belong to their bucket, and sum and count are there")
    func histogram() {
        let tally = CallTally(methods: ["/a.B/One"], codes: codes)
        for seconds in [0.0005, 0.001, 0.25, 0.5, 3, 100] {
            tally.note(path: "/a.B/One", code: 0, seconds: seconds)
        }
        tally.note(path: "/a.B/One", code: 3, seconds: 0.25)
        let name = "loopcsi_call_duration_seconds"
        #expect(
            page(tally) == [
                "loopcsi_calls_total{method=\"One\",code=\"OK\"} 6",
                "loopcsi_calls_total{method=\"One\",code=\"INVALID_ARGUMENT\"} 1",
                "\(name)_bucket{method=\"One\",le=\"0.001\"} 2",
                "\(name)_bucket{method=\"One\",le=\"0.01\"} 2",
                "\(name)_bucket{method=\"One\",le=\"0.1\"} 2",
                "\(name)_bucket{method=\"One\",le=\"0.5\"} 5",
                "\(name)_bucket{method=\"One\",le=\"2.5\"} 5",
                "\(name)_bucket{method=\"One\",le=\"10\"} 6",
                "\(name)_bucket{method=\"One\",le=\"60\"} 6",
                "\(name)_bucket{method=\"One\",le=\"+Inf\"} 7",
                "\(name)_sum{method=\"One\"} 104.0015",
                "\(name)_count{method=\"One\"} 7",
            ])
    }

    @Test("Whatever callers ask for, there is one more label value and no more")
    func strangers() {
        let tally = CallTally(methods: ["/a.B/One"], codes: codes)
        for number in 0..<1000 { tally.note(path: "/evil.\(number)/\"\n{", code: 3, seconds: 0.01) }
        tally.note(path: "/a.B/One", code: 99, seconds: 0.01)
        tally.note(path: "/a.B/One", code: -1, seconds: -5)
        let lines = page(tally).filter { $0.hasPrefix("loopcsi_calls_total") }
        #expect(
            lines == [
                "loopcsi_calls_total{method=\"One\",code=\"OK\"} 0",
                "loopcsi_calls_total{method=\"One\",code=\"UNKNOWN\"} 2",
                "loopcsi_calls_total{method=\"unknown\",code=\"INVALID_ARGUMENT\"} 1000",
            ])
    }
}
