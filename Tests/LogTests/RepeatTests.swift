import Log
import Synchronization
import Testing

/// A sink that keeps what was written, and a clock that the test moves.
private final class Recorder: Sendable {
    private let lines = Mutex<[String]>([])
    private let now = Mutex<Int64>(1_700_000_000_000)

    var logger: Logger {
        Logger(
            format: .logfmt, minimum: .info,
            clock: { [self] in Timestamp(millisecondsSinceEpoch: now.withLock { $0 }) },
            sink: { [self] line in
                lines.withLock { $0.append(String(decoding: line.dropLast(), as: UTF8.self)) }
            })
    }

    func wait(seconds: Int64) { now.withLock { $0 += seconds * 1000 } }

    /// The lines since the last look, without their times.
    func next() -> [String] {
        lines.withLock { lines in
            defer { lines = [] }
            return lines.map { String($0[$0.index($0.startIndex, offsetBy: 30)...]) }
        }
    }
}

@Suite("Equal lines are counted")
struct RepeatTests {
    private let recorder = Recorder()
    private let log: Logger

    init() { log = recorder.logger }

    private func fail(_ volume: String, ms: Double = 1, _ why: String = "busy") {
        log.warning("call", (.method, "M"), (.ms, ms), (.volumeID, volume), (.error, why))
    }

    @Test("Of a call that is refused 70 times a minute, one line a minute is written, with the count")
    func refused() {
        for second in 0..<780 {
            fail("a", ms: Double(second))
            if second % 6 == 0 { fail("a", ms: 0.5) }
            recorder.wait(seconds: 1)
        }
        let lines = recorder.next()
        #expect(lines.count == 13, "\(lines)")
        #expect(lines.first == "level=warning msg=call method=M ms=0.0 volume_id=a error=busy")
        #expect(
            lines.dropFirst().allSatisfy {
                $0 == "level=warning msg=call method=M volume_id=a error=busy repeated=70"
            }, "\(lines)")
        log.flush()
        #expect(recorder.next() == ["level=warning msg=call method=M volume_id=a error=busy repeated=69"])
        #expect(log.linesSuppressed == 910 - 13)
    }

    @Test("The first line of each kind is shown at once: another volume, reason, level or method")
    func kinds() {
        for _ in 0..<3 {
            fail("a")
            fail("b")
            fail("a", "gone")
            log.error("call", (.method, "M"), (.volumeID, "a"), (.error, "busy"))
            log.warning("call", (.method, "N"), (.volumeID, "a"), (.error, "busy"))
            log.warning("other", (.error, "volume 1 is torn"))
            log.warning("other", (.error, "volume 2 is torn"))
        }
        #expect(recorder.next().count == 7)
    }

    @Test("Numbers in the error of one volume make no other kind")
    func numbers() {
        for left in 0..<100 { fail("a", "only \(left) bytes are left") }
        fail("b", "only 1 bytes are left")
        #expect(recorder.next().count == 2)
        log.flush()
        #expect(
            recorder.next() == [
                "level=warning msg=call method=M volume_id=a error=\"only 99 bytes are left\" repeated=99"
            ])
    }

    @Test("What succeeds is never counted, and the next line of any kind tells of what was")
    func successes() {
        fail("a")
        fail("a")
        for _ in 0..<5 { log.info("call", (.method, "M"), (.code, "OK")) }
        #expect(recorder.next().count == 6)
        recorder.wait(seconds: 61)
        log.info("call", (.method, "M"), (.code, "OK"))
        let lines = recorder.next()
        #expect(lines.count == 2)
        #expect(lines.first == "level=warning msg=call method=M volume_id=a error=busy repeated=1")
        recorder.wait(seconds: 61)
        log.info("call", (.method, "M"), (.code, "OK"))
        #expect(recorder.next().count == 1)
    }

    @Test("However many kinds there are, each is shown, and the count of one that had to go is told")
    func bounded() {
        fail("a")
        fail("a")
        for number in 0..<1000 { fail("v\(number)") }
        let lines = recorder.next()
        #expect(lines.count == 1002)
        #expect(lines.count { $0.hasSuffix("repeated=1") } == 1)
        fail("v999")
        #expect(recorder.next() == [])
    }

    @Test("Of lines that strangers have a part in, a few are shown in a minute, whatever they say")
    func strangers() {
        for number in 0..<500 {
            log.foreign("gRPC", (.reason, "handshake with 10.0.0.1:\(number) failed"))
            log.foreign("gRPC", (.reason, "odd \(String(repeating: "x", count: number * 10))"))
        }
        #expect(recorder.next().count == 11)
        recorder.wait(seconds: 61)
        fail("a")
        let lines = recorder.next()
        #expect(lines.last == "level=warning msg=call method=M ms=1.0 volume_id=a error=busy")
        #expect(lines.count <= 4 && lines.contains { $0.contains("repeated=499") }, "\(lines)")
        #expect(lines.allSatisfy { $0.utf8.count < 1200 })
        log.foreign("gRPC", (.reason, "handshake with 10.0.0.1:7 failed"))
        #expect(recorder.next().count == 1)
    }

    @Test("A clock that is put back ends what was counted")
    func clock() {
        fail("a")
        fail("a")
        recorder.wait(seconds: -3600)
        fail("a")
        #expect(recorder.next().last == "level=warning msg=call method=M volume_id=a error=busy repeated=2")
        fail("a")
        #expect(recorder.next() == [])
    }
}
