import FoundationEssentials
import Metrics
import Testing

/// What stands in files for Prometheus and Grafana: names of metrics and of labels.
private enum Expressions {
    /// Labels that Prometheus itself gives every sample.
    static let targets: Set<String> = ["job", "instance"]
    static let labels = targets.union((MetricLabel.allCases).map(\.rawValue))

    /// Every name under which samples exist.
    static let names = Set(
        MetricFamily.allCases.flatMap { family in
            family.kind == .histogram
                ? ["_bucket", "_sum", "_count"].map { family.name + $0 } : [family.name]
        })

    /// Names in a text that are no metric of the driver, though they look like it.
    static func strangers(in text: String) -> [String] {
        text.matches(of: /\b(?:loopcsi|process)_[a-z0-9_]+/).map { String($0.output) }
            .filter { !names.contains($0) && !MetricFamily.allCases.map(\.name).contains($0) }
    }

    /// Labels in a text that no sample has.
    static func strangeLabels(in text: String) -> [String] {
        var found: [String] = []
        for match in text.matches(of: /\b(?:by|without|on|ignoring) \(([^)]*)\)/) {
            found += match.output.1.split(separator: ",").map { $0.trimmed }
        }
        for match in text.matches(of: /([a-z_]+)(?:=~|!~|!=|=)\\?"/) { found.append(String(match.output.1)) }
        for match in text.matches(of: /\$labels\.([a-z_]+)/) { found.append(String(match.output.1)) }
        return found.filter { !labels.contains($0) }
    }
}

extension Substring {
    fileprivate var trimmed: String { String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()) }
}

/// The parts of a dashboard that a query can be wrong in.
private struct Dashboard: Decodable {
    struct Target: Decodable {
        let expr: String
        let legendFormat: String?
    }

    struct Panel: Decodable {
        let title: String
        let targets: [Target]?
    }

    struct Variable: Decodable {
        let name: String
        let definition: String?
    }

    struct Templating: Decodable { let list: [Variable] }

    let panels: [Panel]
    let templating: Templating
}

@Suite("Files for Prometheus and Grafana")
struct MonitoringTests {
    private let rules = Repository.text("deploy/monitoring/alerts.yaml")
    private let dashboard = Repository.text("deploy/monitoring/dashboard.json")

    @Test("The check finds a metric and a label that do not exist")
    func canFail() {
        #expect(Expressions.strangers(in: "rate(loopcsi_calls[5m])") == ["loopcsi_calls"])
        #expect(Expressions.strangers(in: "loopcsi_calls_total + process_threads") == ["process_threads"])
        #expect(Expressions.strangers(in: "loopcsi_call_duration_seconds_bucket, loopcsi_ready") == [])
        #expect(Expressions.strangeLabels(in: "sum by (method, node) (x)") == ["node"])
        #expect(
            Expressions.strangeLabels(in: "x{method=\"a\",volume!~\"b\"} {{ $labels.poll }}") == [
                "volume", "poll",
            ])
        #expect(Expressions.strangeLabels(in: "x{job=~\\\"a\\\",le=\"1\"} and on (job, instance) y") == [])
    }

    @Test(
        "The alert rules use only metrics and labels that exist, and each says what is wrong and what to do")
    func alerts() {
        #expect(Expressions.strangers(in: rules) == [])
        #expect(Expressions.strangeLabels(in: rules) == [])
        let alerts = rules.split(separator: "      - alert: ").dropFirst()
        #expect(alerts.count > 5)
        #expect(Set(alerts.map { $0.prefix { $0 != "\n" } }).count == alerts.count)
        for alert in alerts {
            for part in ["expr:", "severity:", "summary:", "description:"] {
                #expect(alert.contains(part), "\(alert)")
            }
            #expect(alert.contains(/severity: (info|warning|critical)\n/), "\(alert)")
        }
    }

    @Test("The dashboard is JSON and its queries use only metrics and labels that exist")
    func queries() throws {
        let read = try JSONDecoder().decode(Dashboard.self, from: Data(dashboard.utf8))
        let targets = read.panels.flatMap { $0.targets ?? [] }
        #expect(targets.count > 10)
        for target in targets {
            #expect(Expressions.strangers(in: target.expr) == [], "\(target.expr)")
            #expect(Expressions.strangeLabels(in: target.expr) == [], "\(target.expr)")
            let shown = (target.legendFormat ?? "").matches(of: /\{\{(.*?)\}\}/).map { String($0.output.1) }
            #expect(shown.allSatisfy(Expressions.labels.contains), "\(target)")
        }
        for variable in read.templating.list {
            #expect(Expressions.strangers(in: variable.definition ?? "") == [], "\(variable)")
        }
        // Whatever else names a metric is in a query.
        #expect(Expressions.strangers(in: dashboard) == [])
    }

    @Test("docs/metrics.md has every metric with its kind and labels, and every alert, and no others")
    func documented() {
        let text = Repository.text("docs/metrics.md")
        #expect(Expressions.strangers(in: text) == [])
        for family in MetricFamily.allCases {
            let labels = family.labels.map { "`\($0.rawValue)`" }.joined(separator: ", ")
            let beginning =
                "\n| `\(family.name)` | \(family.kind.rawValue) | \(labels.isEmpty ? "" : labels + " ")|"
            #expect(text.contains(beginning), "no line begins with \(beginning.dropFirst())")
        }
        let known = Set(rules.matches(of: /alert: (\w+)/).map { String($0.output.1) })
        let told = Set(text.matches(of: /\bLoopcsi[A-Z]\w+/).map { String($0.output) })
        #expect(known == told)
    }
}
