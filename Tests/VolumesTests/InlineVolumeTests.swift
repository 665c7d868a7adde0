import Testing
import Volumes
import VolumesTestSupport

@Suite("Inline volumes")
struct InlineVolumeTests {
    private let handle = "csi-" + String(repeating: "0a", count: 32)
    private let driver: FakeDriver
    private let target: HostPath

    init() throws {
        driver = try FakeDriver()
        var path = ""
        for part in ["kubelet", "pods", "1", "volumes", "kubernetes.io~csi", "scratch"] {
            path += "/\(part)"
            driver.makeFolders(path)
        }
        target = try HostPath("\(path)/mount")
    }

    private func request(_ attributes: [String: String] = [:]) throws -> CreateRequest {
        try CreateRequest(
            inline: known(InlineHandle(handle)), attributes: attributes, .mount(), at: target,
            limit: .gibibytes(10))
    }

    private func publish() throws {
        try driver.volumes.publishInline(request(), to: target, .mount(), readOnly: false)
    }

    @Test("Only kubelet's form is the handle of one", arguments: ["", "csi-", "csi-0a", "pvc-1", "CSI-"])
    func handles(prefix: String) {
        #expect(InlineHandle(handle) != nil)
        #expect(InlineHandle(prefix) == nil)
        #expect(InlineHandle(handle + "0") == nil && InlineHandle(handle.uppercased()) == nil)
    }

    @Test(
        "Amounts are read as Kubernetes writes them",
        arguments: [
            ("1", 1), ("4Ki", 4096), ("512Mi", 512 << 20), ("2Gi", 2 << 30), ("1Ti", 1 << 40), ("5k", 5000),
            ("10GiB", 10 << 30), ("3G", 3_000_000_000),
        ] as [(String, Int64)])
    func quantities(text: String, bytes: Int64) {
        #expect(ByteCount(quantity: text)?.bytes == bytes)
    }

    @Test(
        "What is no amount is none",
        arguments: ["", "Gi", "-1", "1.5Gi", "1gi", "9999999999Gi", "1 Gi", "٣Gi"])
    func noQuantities(text: String) { #expect(ByteCount(quantity: text) == nil) }

    @Test(
        "Whichever step of a publish fails, nothing is left, and the repeat succeeds",
        arguments: [true, false])
    func everyStep(onNode: Bool) throws {
        for step in 1...40 {
            let fresh = try InlineVolumeTests()
            let faults = onNode ? fresh.driver.node.faults : fresh.driver.store.faults
            let files = fresh.driver.node.kernel.files
            faults.fail(step: step)
            let failure = try fault { try fresh.publish() }
            let names = faults.names
            faults.fail(step: nil)
            guard step <= names.count else {
                #expect(step > 5, "too few steps were tried: \(names)")
                return
            }
            // A look for what other pods left hinders no publish.
            if failure != nil {
                #expect(try fresh.driver.store.names().isEmpty, "step \(step) of \(names)")
                #expect(fresh.driver.node.kernel.files == files, "step \(step) of \(names)")
                #expect(fresh.driver.node.kernel.loops.isEmpty, "step \(step) of \(names)")
            }
            try fresh.publish()
            let id = try #require(try fresh.driver.volumes.id(of: fresh.handle))
            try fresh.driver.volumes.unpublish(id, from: fresh.target)
        }
        Issue.record("publishing took more than 40 steps")
    }

    @Test("Whichever step of an unpublish fails, the repeat ends it", arguments: [true, false])
    func everyStepOfTheEnd(onNode: Bool) throws {
        for step in 1...40 {
            let fresh = try InlineVolumeTests()
            let faults = onNode ? fresh.driver.node.faults : fresh.driver.store.faults
            try fresh.publish()
            let id = try #require(try fresh.driver.volumes.id(of: fresh.handle))
            faults.fail(step: step)
            let failure = try fault { try fresh.driver.volumes.unpublish(id, from: fresh.target) }
            let names = faults.names
            faults.fail(step: nil)
            // What only the pool failed is deleted later, and the answer does not wait for that.
            let isLeft = try !fresh.driver.store.names().isEmpty
            if failure != nil || isLeft { try fresh.driver.volumes.unpublish(id, from: fresh.target) }
            #expect(try fresh.driver.store.names().isEmpty, "step \(step)")
            #expect(fresh.driver.node.kernel.loops.isEmpty, "step \(step)")
            #expect(fresh.driver.node.kernel.files[fresh.target.text] == nil, "step \(step)")
            guard step <= names.count else { return }
        }
        Issue.record("unpublishing took more than 40 steps")
    }

    @Test("A second target, or the same name by a controller, is another volume")
    func clashes() throws {
        try publish()
        let id = try #require(try driver.volumes.id(of: handle))
        #expect(try fault { _ = try driver.create(handle) } == .existsDifferently)
        #expect(try driver.catalog.list(after: nil, limit: nil).volumes.isEmpty)
        // Taken off elsewhere, it stays.
        try driver.volumes.unpublish(id, from: try HostPath("/kubelet/elsewhere"))
        #expect(try driver.volumes.id(of: handle) == id)
    }

    @Test(
        "Only volumes of pods whose folder is gone are collected, and none while kubelet's folder is not to be seen"
    )
    func collection() throws {
        try publish()
        #expect(try driver.volumes.collectInline().isEmpty)
        driver.node.reboot()
        #expect(try driver.volumes.collectInline().isEmpty)
        driver.node.change { kernel in
            kernel.files = kernel.files.filter { !$0.key.hasPrefix("/kubelet/pods/1") }
        }
        let files = driver.node.kernel.files
        driver.node.change { $0.files = [:] }
        #expect(try driver.volumes.collectInline().isEmpty)
        driver.node.change { $0.files = files }
        #expect(try driver.volumes.collectInline().map(\.name.text) == [handle])
        #expect(try driver.store.names().isEmpty)
    }
}
