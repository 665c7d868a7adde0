import LinuxHost
import Log
import Pool
import Synchronization
import TestSupport
import Testing
import Volumes

/// A folder for a pool in a file, on the host's own file system or on a small one.
final class PoolImageRig {
    let path: String
    private let owner: AnyObject
    private let lines = Lines()

    private final class Lines: Sendable {
        let text = Mutex("")
    }

    init() throws {
        let folder = try TemporaryFolder()
        path = "\(folder.path)/host"
        owner = folder
    }

    init(on filesystem: TestPool.Filesystem = .ext4, hostBytes: Int64) throws {
        let disk = try TestPool(filesystem, bytes: hostBytes)
        path = "\(disk.path)/host"
        owner = disk
    }

    deinit {
        do {
            if try FileStatus.at(path) != nil { try KernelLeaks.clear(below: path) }
        } catch {
            Issue.record(error)
        }
    }

    /// What was logged so far.
    var log: String { lines.text.withLock { $0 } }

    @discardableResult
    func open(
        gibibytes: Int64 = 1, _ allocation: PoolImage.Allocation = .sparse,
        _ filesystem: PoolImage.Filesystem? = nil
    ) throws -> DiskPool {
        let lines = lines
        let log = Logger(
            format: .logfmt, minimum: .info,
            sink: { line in lines.text.withLock { $0 += String(decoding: line, as: UTF8.self) } })
        let name = try #require(PoolName("test"))
        let options = PoolImage.Options(
            size: .gibibytes(gibibytes), allocation: allocation, filesystem: filesystem)
        let image = try PoolImage.open(path, options, name: name, log: log)
        return try DiskPool.open(image.mountPoint, in: image, name: name, log: log)
    }

    /// Expects that the pool is not opened, with an error that holds the words.
    func refuses(
        gibibytes: Int64 = 1, _ allocation: PoolImage.Allocation = .sparse,
        _ filesystem: PoolImage.Filesystem? = nil, naming words: String...,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        do {
            try open(gibibytes: gibibytes, allocation, filesystem)
            Issue.record("it was not refused", sourceLocation: sourceLocation)
        } catch {
            for word in words {
                #expect("\(error)".contains(word), "\(error)", sourceLocation: sourceLocation)
            }
            #expect(error is PoolError, sourceLocation: sourceLocation)
        }
    }

    func folder() throws -> Directory { try Directory.open(path) }

    func entries() throws -> [String] { try folder().entries().sorted() }

    var mountPoint: String { "\(path)/pool" }

    func file() throws -> FileStatus { try #require(try folder().status("pool.image")) }

    func openFile() throws -> OwnedDescriptor { try folder().openFile("pool.image", .readWrite) }

    func devices() throws -> [LoopDevice] { try LoopDevices.backed(by: file().identity) }

    func device() throws -> LoopDevice {
        let all = try devices()
        try #require(all.count == 1, "the file has the devices \(all)")
        return all[0]
    }

    func mounts() throws -> [Mount] { try MountTable.read().mounts(at: mountPoint) }

    /// What a reboot leaves: neither mount nor device.
    func reboot() throws { try PoolImage.takeDown(path) }
}
