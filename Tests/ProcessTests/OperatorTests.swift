import CSIWire
import Glibc
import LinuxHost
import Metrics
import TestSupport
import Testing

@Suite("What an operator sees", .requiresRoot)
struct OperatorTests {
    private static let told = Rig.Options(flags: Operator.flags)

    @Test("Every metric is there with the labels that it declares, and calls, pools and volumes are counted")
    func metrics() throws {
        try Rig.run(Self.told) { rig in
            let page = try Operator(rig)
            #expect(try page.scrape().value("loopcsi_pool_volumes", ["pool": "default"]) == 0)
            let claim = [
                "csi.storage.k8s.io/pvc/name": "data-\"1\"\\",
                "csi.storage.k8s.io/pvc/namespace": "line\nend",
                "csi.storage.k8s.io/pv/name": "pv",
            ]
            let thick = try Life(rig, parameters: claim)
            let thin = try Life(rig, .block, name: "thin", parameters: ["provisioning": "thin"])
            try thick.stage()
            try thick.publish()
            let snapshot = try thin.cut()
            try rig.client.refuses(thick.deleteRequest, .failedPrecondition)
            #expect(throws: (any Error).self) { try rig.client.raw("/csi.v1.Node/Invented", []) }
            let unknown = ["method": "unknown", "code": "UNIMPLEMENTED"]
            let now = try page.scrape { try $0.value("loopcsi_calls_total", unknown) == 1 }
            let otherRoles: Set<MetricFamily> = [.relayNodes, .relayPools, .relayContested, .certificateEnd]
            for family in MetricFamily.allCases {
                let found = now.samples.filter {
                    $0.name == family.name || family.kind == .histogram && $0.name == family.name + "_sum"
                }
                #expect(found.isEmpty == otherRoles.contains(family), "\(family.name)")
                for sample in found { #expect(Set(sample.labels.keys) == Set(family.labels.map(\.rawValue))) }
            }
            func pool(_ name: String, _ kind: String? = nil) throws -> Double? {
                try now.value("loopcsi_pool_\(name)", kind.map { ["kind": $0] } ?? [:])
            }
            #expect(try pool("up") == 1 && pool("volumes") == 2 && pool("snapshots") == 1)
            #expect(try pool("committed_bytes", "thick") == Double(thick.kind.bytes))
            #expect(try pool("committed_bytes", "thin") == Double(thin.kind.bytes))
            #expect(try pool("thin_promised_bytes") == Double(thin.kind.bytes))
            #expect(try pool("available_bytes") ?? 0 > 0)
            #expect(try pool("inline_bytes") == 0 && pool("inline_limit_bytes") ?? 0 > 0)
            #expect(try now.value("loopcsi_loop_devices") == 1)
            let volume = [
                "volume_id": thick.id, "pvc": "data-\"1\"\\", "pvc_namespace": "line\nend", "pool": "default",
            ]
            #expect(try now.value("loopcsi_volume_capacity_bytes", volume) == Double(thick.kind.bytes))
            #expect(try now.value("loopcsi_volume_allocated_bytes", volume) ?? 0 >= Double(thick.kind.bytes))
            #expect(try now.value("loopcsi_volume_allocated_bytes", ["volume_id": thin.id]) == 0)
            func calls(_ method: String, _ code: String) throws -> Double? {
                try now.value("loopcsi_calls_total", ["method": method, "code": code])
            }
            #expect(try calls("CreateVolume", "OK") == 2 && calls("DeleteVolume", "FAILED_PRECONDITION") == 1)
            #expect(try calls("NodeExpandVolume", "OK") == 0)
            #expect(try now.value("loopcsi_call_duration_seconds_count", ["method": "CreateVolume"]) == 2)
            #expect(try now.value("loopcsi_ready") == 1)
            #expect(try now.value("process_resident_memory_bytes") ?? 0 > 1e6)
            try rig.deleteSnapshot(snapshot)
            try thick.end()
            try thin.delete()
            // The figures follow, also for a volume of the same name that is another one.
            let after = try page.scrape { try $0.value("loopcsi_pool_volumes") == 0 }
            #expect(try after.value("loopcsi_loop_devices") == 0)
            #expect(!after.samples.contains { $0.name == "loopcsi_volume_capacity_bytes" })
            let again = try Life(rig, parameters: ["csi.storage.k8s.io/pvc/name": "other"])
            _ = try page.scrape { try $0.value("loopcsi_volume_capacity_bytes", ["pvc": "other"]) != nil }
            try again.delete()
        }
    }

    @Test("Freezes and what was swept at the start are counted")
    func counters() throws {
        try Rig.run(.init(filesystem: .xfs, flags: Operator.flags)) { rig in
            let life = try Life.published(rig)
            let snapshot = try life.cut()
            let now = try Operator(rig).scrape { try $0.value("loopcsi_freezes_total") == 1 }
            #expect(try now.value("loopcsi_freeze_longest_seconds") ?? 0 > 0)
            try rig.deleteSnapshot(snapshot)
            try life.end()
            try rig.driver.stop()
            try Host.makeFolder("\(rig.pool)/staging/half.0123456789abcdef")
            try rig.start()
            #expect(try Operator(rig).scrape().value("loopcsi_leftovers_swept_total") == 1)
        }
    }

    @Test("Health is ok while Probe is, and names the pool that is gone")
    func health() throws {
        try Rig.run(.init(filesystem: .ext4, flags: Operator.flags)) { rig in
            let page = try Operator(rig)
            for path in ["/healthz", "/readyz"] {
                let answer = try page.get(path)
                #expect(answer.status == 200 && answer.body == "ok\n", "\(answer)")
            }
            let disk = try #require(rig.poolFilesystem)
            try Host.run("umount", disk.path)
            for path in ["/healthz", "/readyz"] {
                let answer = try page.get(path)
                #expect(answer.status == 503 && answer.body.contains(rig.pool), "\(answer)")
            }
            let gone = try page.scrape { try $0.value("loopcsi_pool_up") == 0 }
            #expect(try gone.value("loopcsi_ready") == 0)
            #expect(try gone.value("loopcsi_pool_size_bytes") == nil)
            try Host.run("mount", disk.device.path, disk.path)
            #expect(try page.get("/readyz").status == 200)
            _ = try page.scrape { try $0.value("loopcsi_pool_up") == 1 }
            #expect(try page.get("/").status == 404)
        }
    }

    @Test("A driver that waits for its disk is not ready, and says that it is starting")
    func starting() throws {
        try Rig.run(.init(flags: Operator.flags, starts: false)) { rig in
            try Host.makeFolder(rig.pool)
            let driver = try rig.launch(pools: ["default=\(rig.pool),mount=required"])
            let page = try Operator(rig)
            for path in ["/metrics", "/healthz", "/readyz"] {
                let answer = try page.get(path)
                #expect(answer.status == 503 && answer.body.contains("starting"), "\(answer)")
            }
            #expect(try driver.stop() == .exited(0))
        }
    }

    @Test("The pages answer while calls hang in the pool's file system, and count them")
    func hangingCalls() throws {
        try Rig.run(.init(filesystem: .ext4, poolBytes: 4 << 30, flags: Operator.flags)) { rig in
            let page = try Operator(rig)
            let place = try #require(rig.poolFilesystem).path
            try Host.run("fsfreeze", "--freeze", place)
            let client = rig.client
            for number in 1...20 {
                // More than there are threads, so that some wait.
                _ = try OwnThread.start(name: "hanging") {
                    _ = try? client.call(Kind.ext4.create("vol-\(number)"))
                }
            }
            do {
                try waitUntil("the calls hang") {
                    let now = try page.scrape()
                    return try now.value("loopcsi_calls_in_flight") == 20
                        && now.value("loopcsi_queue_length") == 4
                }
                #expect(try page.get("/healthz").status != 0)
                _ = try rig.client.call(CSI.GetPluginInfoRequest())
            } catch {
                Issue.record(error)
            }
            try Host.run("fsfreeze", "--unfreeze", place)
            try waitUntil("all are over") { try page.scrape().value("loopcsi_calls_in_flight") == 0 }
            for number in 1...20 { try Life(rig, name: "vol-\(number)").delete() }
        }
    }

    @Test("Nobody listens at TCP, and no library for that is loaded, unless asked for")
    func offByDefault() throws {
        func listensAtTCP(_ rig: Rig) throws -> Bool {
            let root = "/proc/\(try rig.driver.processID)"
            let sockets = try Host.run("sh", "-c", "ls -l \(root)/fd | grep -o 'socket:\\[[0-9]*' || true")
                .split(separator: "\n").map { $0.dropFirst("socket:[".count) }
            let tables = ["tcp", "tcp6"].flatMap { name in
                (TextFile.read("\(root)/net/\(name)", limitBytes: 1 << 24) ?? "").split(separator: "\n")
            }
            // proc(5): the inode is the tenth word, and 0A is the state of a socket that listens.
            return tables.contains { line in
                let words = line.split(separator: " ")
                return words.count > 9 && words[3] == "0A" && sockets.contains(words[9])
            }
        }
        func hasLibrary(_ rig: Rig) throws -> Bool {
            let maps = try #require(
                TextFile.read("/proc/\(rig.driver.processID)/maps", limitBytes: 1 << 24))
            return maps.contains("libmicrohttpd")
        }
        try Rig.run { rig in
            let isThere = try listensAtTCP(rig) || hasLibrary(rig)
            #expect(!isThere)
        }
        try Rig.run(Self.told) { rig in
            let isThere = try listensAtTCP(rig) && hasLibrary(rig)
            #expect(isThere)
        }
    }

    @Test("An address that cannot be read, or that is taken, ends the start with a sentence")
    func badAddress() throws {
        try Rig.run(Self.told) { rig in
            func start(_ address: String, _ log: String) throws -> (DriverProcess.Ending, String) {
                let child = try DriverProcess(
                    command: [
                        try DriverProcess.program(), "serve", "--node-id", "n", "--endpoint",
                        "unix://\(rig.path)/other.sock", "--pool", "default=\(rig.path)/other",
                        "--state-dir", "\(rig.path)/other-state", "--metrics-address", address,
                    ], socket: "\(rig.path)/other.sock", log: "\(rig.path)/\(log)")
                return (try child.waitForEnd(), child.log)
            }
            let unreadable = try start("localhost:9808", "log-1")
            #expect(unreadable.0 == .exited(2) && unreadable.1.contains("localhost:9808"), "\(unreadable)")
            let address = "127.0.0.1:\(try Operator(rig).port)"
            let taken = try start(address, "log-2")
            #expect(taken.0 == .exited(1), "\(taken)")
            #expect(taken.1.contains("--metrics-address") && taken.1.contains(address), "\(taken)")
            #expect(try !Host.exists("\(rig.path)/other"))
            #expect(try Operator(rig).get("/readyz").status == 200)
        }
    }

    @Test("A hundred scrapes at once keep no call waiting, and leave nothing behind")
    func manyAtOnce() throws {
        try Rig.run(Self.told) { rig in
            let page = try Operator(rig)
            let client = rig.client
            func storm() throws {
                let statuses = try together(100) { number -> Int in
                    if number % 10 == 0 { _ = try client.call(CSI.ProbeRequest()) }
                    return try page.get(number % 3 == 0 ? "/healthz" : "/metrics").status
                }
                #expect(statuses.allSatisfy { $0 == 200 }, "\(statuses)")
            }
            try storm()
            let driver = try rig.driver
            let (descriptors, memory) = (try driver.descriptors, try driver.residentKiB)
            for _ in 1...10 { try storm() }
            // gRPC closes a connection a little after its client; of a leak there would be hundreds.
            try waitUntil("the descriptors are as before") { try driver.descriptors < descriptors + 10 }
            #expect(try Sanitizer.isOn || driver.residentKiB < memory + 2048)
        }
    }

    @Test("Garbage at the port changes nothing for callers of the socket")
    func garbage() throws {
        try Rig.run(Self.told) { rig in
            let page = try Operator(rig)
            for bytes in [
                Array("\0\0\0".utf8), Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8), [0x16, 0x03, 0x01],
            ] {
                let client = try HTTPClient(port: page.port, seconds: 1)
                client.send(bytes)
                _ = client.readToEnd()
            }
            _ = try rig.client.call(CSI.ProbeRequest())
            #expect(try page.get("/readyz").status == 200)
        }
    }
}
