import LinuxHost
import TestSupport
import Testing

/// What an operator sees of a driver over HTTP.
struct Operator: Sendable {
    let port: UInt16

    /// The flags that make a driver tell, at a port of the kernel's choice.
    static let flags = ["--metrics-address", "127.0.0.1:0"]

    /// Finds the port in the log.
    init(_ rig: Rig) throws {
        let mark = "endpoint=127.0.0.1:"
        var port: UInt16?
        try waitUntil("the port is in the log") {
            let line = rig.log.split(separator: "\n").last { $0.contains(mark) }
            port = line?.firstRange(of: mark).flatMap { range in
                UInt16(line?[range.upperBound...].prefix { $0.isNumber } ?? "")
            }
            return port != nil
        }
        self.port = try #require(port)
    }

    func get(_ path: String) throws -> HTTPClient.Answer { try HTTPClient.get(path, port: port) }

    /// Reads the page again and again until it shows what is expected: a page that took long to make is kept for a while.
    func scrape(until condition: (Scrape) throws -> Bool) throws -> Scrape {
        var last: Scrape?
        try waitUntil("the page shows it") {
            let page = try scrape()
            last = page
            return try condition(page)
        }
        return try #require(last)
    }

    /// Reads the page, which must be as Prometheus wants it.
    func scrape(sourceLocation: SourceLocation = #_sourceLocation) throws -> Scrape {
        let page = try get("/metrics")
        #expect(page.status == 200, sourceLocation: sourceLocation)
        #expect(
            page.headers.contains("Content-Type: text/plain; version=0.0.4; charset=utf-8"),
            sourceLocation: sourceLocation)
        return try Scrape(page.body)
    }
}

/// The samples of a page in the text format of Prometheus, read strictly.
struct Scrape {
    struct Sample: Equatable {
        let name: String
        let labels: [String: String]
        let value: Double
    }

    let samples: [Sample]
    /// The families in their order.
    let families: [String]

    init(_ text: String) throws {
        guard text.hasSuffix("\n") else { throw RigTrouble("the page does not end with a line end") }
        var samples: [Sample] = []
        var families: [String] = []
        var seen: Set<String> = []
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()[...]
        while let line = lines.popFirst() {
            if let head = line.wholeMatch(of: /# HELP (\S+) .+/) {
                let name = String(head.output.1)
                guard let type = lines.popFirst(),
                    type.wholeMatch(of: /# TYPE (\S+) (counter|gauge|histogram)/)?.output.1 == head.output.1,
                    !families.contains(name)
                else { throw RigTrouble("wrong head of \(name)") }
                families.append(name)
                continue
            }
            let sample = try Sample(line)
            guard let family = families.last,
                [family, family + "_bucket", family + "_sum", family + "_count"].contains(sample.name)
            else { throw RigTrouble("'\(line)' stands in the wrong family") }
            guard seen.insert("\(sample.name) \(sample.labels.sorted { $0.key < $1.key })").inserted else {
                throw RigTrouble("'\(line)' is there twice")
            }
            samples.append(sample)
        }
        self.samples = samples
        self.families = families
    }

    /// The one sample of that name whose labels hold these; nothing if there is none.
    func value(_ name: String, _ labels: [String: String] = [:]) throws -> Double? {
        let found = samples.filter { sample in
            sample.name == name && labels.allSatisfy { sample.labels[$0.key] == $0.value }
        }
        guard found.count < 2 else { throw RigTrouble("\(found.count) samples of \(name)") }
        return found.first?.value
    }
}

extension Scrape.Sample {
    /// Reads one line.
    init(_ line: Substring) throws {
        let form = /([a-z_]+)(?:\{(.*)\})? (\+Inf|[0-9.e+-]+)/
        guard let match = line.wholeMatch(of: form), let value = Double(match.output.3) else {
            throw RigTrouble("'\(line)' is no sample")
        }
        var labels: [String: String] = [:]
        var rest = match.output.2 ?? ""
        while !rest.isEmpty {
            guard let pair = rest.prefixMatch(of: /([a-z_]+)="((?:[^"\\]|\\[\\"n])*)"(?:,|$)/) else {
                throw RigTrouble("'\(line)' has broken labels")
            }
            labels[String(pair.output.1)] = String(pair.output.2).replacing("\\n", with: "\n")
                .replacing("\\\"", with: "\"").replacing("\\\\", with: "\\")
            rest = rest[pair.range.upperBound...]
        }
        self.init(name: String(match.output.1), labels: labels, value: value)
    }
}
