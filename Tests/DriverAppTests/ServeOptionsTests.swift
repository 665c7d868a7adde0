import CSIServices
import HTTPServer
import Log
import Pool
import Testing
import Volumes

@testable import DriverApp

@Suite struct ServeOptionsTests {
    private func options(
        _ arguments: [String], _ environment: [String: String] = [:]
    ) throws -> ServeOptions {
        try ServeOptions(arguments, environment: { environment[$0] })
    }

    private func pool(_ spec: String) throws -> ServeOptions.PoolOptions {
        try #require(try options(["--pool", spec]).pools.first)
    }

    @Test("with nothing said, the default pool is served on the default socket")
    func defaults() throws {
        let options = try options([])
        #expect(options.socketPath == "/run/loopcsi/csi.sock")
        #expect(options.driverName == "loop.csi.local")
        #expect(!options.nodeID.isEmpty)
        #expect(options.pools.map(\.name.text) == ["default"])
        #expect(options.pools.map(\.path) == ["/var/lib/loopcsi"])
        #expect(options.pools.map(\.policy) == [.standard])
        #expect(options.logFormat == .logfmt)
        #expect(options.logLevel == .info)
    }

    @Test("operators look nowhere by default, else where the flag or its twin says")
    func metricsAddress() throws {
        #expect(try options([]).metricsAddress == nil)
        #expect(try options(["--metrics-address", ":9808"]).metricsAddress?.description == ":9808")
        let twin = ["LOOPCSI_METRICS_ADDRESS": "[::1]:9808"]
        #expect(try options([], twin).metricsAddress?.description == "[::1]:9808")
        let error = #expect(throws: UsageError.self) {
            try options(["--metrics-address", "localhost:9808"])
        }
        #expect(error?.description.contains("localhost:9808") == true)
    }

    @Test("the reserve is percent or bytes with a unit")
    func reserve() throws {
        #expect(try pool("a=/p,reserve=0%").policy.reserve == .percent(0))
        #expect(try pool("a=/p,reserve=90%").policy.reserve == .percent(90))
        #expect(try pool("a=/p,reserve=4096").policy.reserve == .bytes(try #require(ByteCount(4096))))
        #expect(try pool("a=/p,reserve=10GiB").policy.reserve == .bytes(try #require(ByteCount(10 << 30))))
    }

    @Test("overcommit is a ratio with up to three decimals")
    func overcommit() throws {
        #expect(try pool("a=/p,overcommit=1").policy.overcommitThousandths == 1000)
        #expect(try pool("a=/p,overcommit=1.5").policy.overcommitThousandths == 1500)
        #expect(try pool("a=/p,overcommit=100.125,reserve=1%").policy.overcommitThousandths == 100_125)
    }

    @Test("a pool is low and critical at percents of its own")
    func thresholds() throws {
        let usual = try pool("a=/p").policy
        #expect(usual.lowPercent == 15 && usual.criticalPercent == 5)
        let own = try pool("a=/p,low=30%,critical=0%").policy
        #expect(own.lowPercent == 30 && own.criticalPercent == 0)
    }

    @Test("a pool is shared or not by a word; else its file system decides, and one in a file never is")
    func sharing() throws {
        #expect(try pool("a=/p").isShared == nil)
        #expect(try pool("a=/p,shared=yes").isShared == true)
        #expect(try pool("a=/p,shared=no").isShared == false)
        #expect(try pool("a=/p,image=1GiB").isShared == false)
        #expect(try pool("a=/p,image=1GiB,shared=no").isShared == false)
        for spec in ["a=/p,shared=maybe", "a=/p,shared=", "a=/p,shared=yes,image=1GiB"] {
            let error = #expect(throws: UsageError.self) { try pool(spec) }
            #expect(error?.description.contains("shared") == true)
        }
    }

    @Test(
        "a pool in a file has a size, its blocks reserved unless said otherwise, and XFS unless said otherwise"
    )
    func image() throws {
        #expect(try pool("a=/p").image == nil)
        #expect(try pool("a=/p,image=1GiB").image == .init(size: .gibibytes(1)))
        #expect(try pool("a=/p,reserve=0%,image=1025MiB").image == .init(size: .mebibytes(1025)))
        #expect(
            try pool("a=/p,image=2TiB,image-fs=btrfs,image-allocation=sparse").image
                == .init(size: .gibibytes(2048), allocation: .sparse, filesystem: .btrfs))
        #expect(
            try pool("a=/p,image-allocation=full,image-fs=xfs,image=1GiB").image
                == .init(size: .gibibytes(1), allocation: .full, filesystem: .xfs))
    }

    @Test(
        "a pool that is not name=/folder with known settings is refused",
        arguments: [
            "", "a", "a=", "=/p", "a=p", "a=/", "a=/p/../q", "a=//p", "A=/p", "a_b=/p", "-a=/p", "a-=/p",
            "\(String(repeating: "a", count: 33))=/p", "a=/p,", "a=/p,reserve", "a=/p,reserve=",
            "a=/p,color=red",
            "a=/p,reserve=91%", "a=/p,reserve=-1%", "a=/p,reserve=-5", "a=/p,reserve=5GB", "a=/p,reserve=x",
            "a=/p,reserve=9223372036854775807GiB", "a=/p,reserve=8589934592GiB", "a=/p,overcommit=0.9",
            "a=/p,overcommit=101", "a=/p,overcommit=1.2345", "a=/p,overcommit=1.-5", "a=/p,overcommit=x",
            "a=/p,low=5", "a=/p,low=91%", "a=/p,critical=-1%", "a=/p,critical=",
            "a=/p,reserve=1%,reserve=2%", "a=/p,image", "a=/p,image=", "a=/p,image=1", "a=/p,image=1023MiB",
            "a=/p,image=5%", "a=/p,image=1073741825", "a=/p,image=-1GiB", "a=/p,image=2GB",
            "a=/p,image=9999999999TiB",
            "a=/p,image=1GiB,image=2GiB", "a=/p,image=1GiB,image-fs=ext4", "a=/p,image=1GiB,image-fs=",
            "a=/p,image=1GiB,image-allocation=thin", "a=/p,image-fs=xfs", "a=/p,image-allocation=sparse",
        ])
    func badPool(_ spec: String) {
        #expect(throws: UsageError.self) { try options(["--pool", spec]) }
    }

    @Test("pools keep the order they were given in, and none is given twice")
    func pools() throws {
        #expect(try options(["--pool", "b=/b", "--pool", "a=/a"]).pools.map(\.name.text) == ["b", "a"])
        #expect(try options([], ["LOOPCSI_POOL": "b=/b;a=/a"]).pools.map(\.path) == ["/b", "/a"])
        #expect(throws: UsageError.self) { try options(["--pool", "a=/a", "--pool", "a=/b"]) }
        #expect(throws: UsageError.self) { try options(["--pool", "a=/a", "--pool", "b=/a"]) }
        #expect(throws: UsageError.self) { try options(["--pool", "a=/a", "--pool", "b=/a/"]) }
    }

    @Test("an endpoint is a unix URL or an absolute path")
    func endpoint() throws {
        #expect(try options(["--endpoint", "unix:///run/x.sock"]).socketPath == "/run/x.sock")
        #expect(try options(["--endpoint", "/run/x.sock"]).socketPath == "/run/x.sock")
        for wrong in ["unix://run/x.sock", "tcp://127.0.0.1:1", "x.sock", "unix:", "http:///x"] {
            #expect(throws: UsageError.self) { try options(["--endpoint", wrong]) }
        }
    }

    @Test("the flag wins over its own variable, and that over the standard one")
    func endpointFromEnvironment() throws {
        let standard = ["CSI_ENDPOINT": "unix:///standard"]
        let both = standard.merging(["LOOPCSI_ENDPOINT": "unix:///own"]) { $1 }
        #expect(try options([], standard).socketPath == "/standard")
        #expect(try options([], both).socketPath == "/own")
        #expect(try options(["--endpoint", "/given"], both).socketPath == "/given")
    }

    @Test("a driver name is what Kubernetes takes for one", arguments: ["a", "loop.csi.local", "a-1.b"])
    func driverName(_ name: String) throws {
        #expect(try options(["--driver-name", name]).driverName == name)
    }

    @Test(
        "any other driver name is refused",
        arguments: [
            "A", "a..b", ".a", "a.", "a.-b", "a-.b", "1a", "a1", "a_b", "ä",
            String(repeating: "a", count: 55),
        ])
    func badDriverName(_ name: String) {
        #expect(throws: UsageError.self) { try options(["--driver-name", name]) }
    }

    @Test("a node id has 1 to 256 bytes")
    func nodeID() throws {
        let longest = String(repeating: "n", count: 256)
        #expect(try options(["--node-id", longest]).nodeID == longest)
        #expect(throws: UsageError.self) { try options(["--node-id", longest + "n"]) }
        #expect(throws: UsageError.self) { try options(["--node-id", ""]) }
        #expect(try options([], ["LOOPCSI_NODE_ID": "twin"]).nodeID == "twin")
    }

    @Test("A freeze lasts 10 seconds at most, unless told otherwise in whole seconds from 1 to 60")
    func freezeLimit() throws {
        #expect(try options([]).freezeLimitSeconds == 10)
        #expect(try options(["--freeze-limit", "3"]).freezeLimitSeconds == 3)
        for text in ["0", "61", "-1", "1.5", "ten", ""] {
            #expect(throws: UsageError.self) { try self.options(["--freeze-limit", text]) }
        }
    }

    @Test("Bounds of the node are read, and nonsense is refused by the flag's name")
    func limits() throws {
        #expect(try options([]).limits == NodeLimits())
        let limits = try options(["--inline-limit", "512Mi", "--max-volumes", "64"]).limits
        #expect(limits == NodeLimits(volumes: 64, inlineSize: .mebibytes(512)))
        #expect(try options(["--inline-limit", "0"]).limits.inlineSize == .zero)
        for bad in [["--inline-limit", "much"], ["--max-volumes", "-1"], ["--max-volumes", "9999999999"]] {
            let error = #expect(throws: UsageError.self) { try self.options(bad) }
            #expect(error?.description.contains(bad[0]) == true)
        }
    }

    @Test("Inline volumes have a share of each pool, in percent with or without the sign, and 0 is none")
    func inlineShare() throws {
        func percents(_ arguments: [String]) throws -> [Int64] {
            try options(arguments + ["--pool", "a=/a", "--pool", "b=/b,reserve=0%"]).pools.map(
                \.policy.inlinePercent)
        }
        #expect(try percents([]) == [25, 25])
        #expect(try percents(["--inline-share", "40%"]) == [40, 40])
        #expect(try percents(["--inline-share=100"]) == [100, 100])
        #expect(try options(["--inline-share", "0%"]).limits.inlineSize == .zero)
        for bad in ["", "%", "101%", "-1%", "1.5%", "10GiB", "٣%"] where !bad.isEmpty {
            let error = #expect(throws: UsageError.self) { try percents(["--inline-share", bad]) }
            #expect(error?.description.contains("--inline-share") == true)
        }
    }

    @Test("A second socket is none unless it is named, is another one, and is nothing to a relay")
    func controllerSocket() throws {
        #expect(try options([]).controllerSocketPath == nil)
        let two = try options(["--controller-endpoint", "unix:///run/c/csi.sock"])
        #expect(two.controllerSocketPath == "/run/c/csi.sock" && two.socketPath == "/run/loopcsi/csi.sock")
        for bad in ["tcp://1", "c.sock", "unix:///run/loopcsi/csi.sock"] {
            let error = #expect(throws: UsageError.self) { try self.options(["--controller-endpoint", bad]) }
            #expect(error?.description.contains("--controller-endpoint") == true)
        }
        let relay = ["--role", "controller", "--nodes", "n:1", "--tls-dir", "/t"]
        #expect(throws: UsageError.self) {
            try self.options(relay + ["--controller-endpoint", "/run/c/csi.sock"])
        }
    }

    @Test("logging is said by name")
    func logging() throws {
        let options = try options(["--log-format", "json", "--log-level", "warning"])
        #expect(options.logFormat == .json)
        #expect(options.logLevel == .warning)
        #expect(throws: UsageError.self) { try self.options(["--log-format", "xml"]) }
        #expect(throws: UsageError.self) { try self.options(["--log-level", "loud"]) }
    }

    @Test("a node has a port for the relay and a folder with its certificate")
    func nodeRole() throws {
        let node = ["--role", "node", "--relay-address", ":9810", "--tls-dir", "/run/tls"]
        #expect(
            try options(node).role
                == .node(ServeOptions.RelayPortOptions(address: "[::]:9810", tlsFolder: "/run/tls")))
        for missing in [[0, 1, 2, 3], [0, 1, 4, 5]] {
            #expect(throws: UsageError.self) { try options(missing.map { node[$0] }) }
        }
        for address in ["9810", "host:name:1", ":70000", "fd00::1:9810"] {
            #expect(throws: UsageError.self) { try options(node + ["--relay-address", address]) }
        }
        #expect(throws: UsageError.self) { try options(node + ["--tls-dir", "tls"]) }
        #expect(throws: UsageError.self) { try options(node + ["--nodes", "n:1"]) }
    }

    @Test("a relay has one name for all nodes, and nothing of a node's")
    func controllerRole() throws {
        let relay = ["--role", "controller", "--nodes", "nodes.loopcsi.svc:9810", "--tls-dir", "/run/tls"]
        #expect(
            try options(relay).role
                == .controller(
                    ServeOptions.RelayOptions(
                        name: "nodes.loopcsi.svc", port: 9810, tlsFolder: "/run/tls")))
        for nodes in ["", "nodes", "nodes:", ":9810", "nodes:0", "a:b:1"] {
            #expect(throws: UsageError.self) { try options(relay + ["--nodes", nodes]) }
        }
        for flag in [
            ["--pool", "default=/x"], ["--node-id", "n"], ["--kubelet-root", "/k"],
            ["--relay-address", ":1"], ["--state-dir", "/s"],
        ] {
            #expect(throws: UsageError.self) { try options(relay + flag) }
        }
    }

    @Test("the folder of notes is an absolute one")
    func stateFolder() throws {
        #expect(try options([]).stateFolder == "/run/loopcsi-node/pools")
        #expect(try options(["--state-dir", "/var/lib/notes/"]).stateFolder == "/var/lib/notes")
        for bad in ["notes", "", "/a/../b"] {
            #expect(throws: UsageError.self) { try options(["--state-dir", bad]) }
        }
    }

    @Test("what belongs to the other roles says nothing without them")
    func otherRoles() throws {
        for flag in [["--relay-address", ":1"], ["--nodes", "n:1"], ["--tls-dir", "/t"]] {
            #expect(throws: UsageError.self) { try options(flag) }
        }
    }

    @Test("roles have three names, and words that are no flags are refused")
    func roleAndWords() throws {
        _ = try options(["--role", "all"])
        #expect(throws: UsageError.self) { try options(["--role", "leader"]) }
        #expect(throws: UsageError.self) { try options(["extra"]) }
    }

    @Test("paths outside of the folder of kubelet are refused once it is named")
    func kubeletRoot() throws {
        #expect(try options([]).paths.admit("/elsewhere/x", field: "path").text == "/elsewhere/x")
        let named = try options(["--kubelet-root", "/no/kubelet"]).paths
        #expect(try named.admit("/no/kubelet/x", field: "path").text == "/no/kubelet/x")
        #expect(throws: VolumeFault.self) { try named.admit("/elsewhere/x", field: "path") }
        #expect(throws: UsageError.self) { try options(["--kubelet-root", "relative"]) }
    }
}
