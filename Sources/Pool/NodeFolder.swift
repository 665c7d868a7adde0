import LinuxHost
import Volumes

/// The folder of this node for what ends with its kernel: freezes, stagings and the locks of node calls.
///
/// It is on tmpfs and in no pool, so that no trouble of a pool reaches it.
enum NodeFolder: String, CaseIterable {
    /// Notes of what is frozen.
    case frozen
    /// Notes of how volumes are staged and published.
    case staged
    /// Locks of volumes between drivers of this node.
    case locks

    /// Where all of them are; the manifests show the node's own to the driver.
    static let path = "/run/loopcsi-node"
    private static let parent = "/run"
    private static let name = "loopcsi-node"

    /// Where this one is.
    var path: String { "\(Self.path)/\(rawValue)" }

    /// Opens the folder, which is made unless it is there.
    func ensure() throws(SystemError) -> Directory {
        if let folder = try open() { return folder }
        let run = try Directory.open(Self.parent)
        _ = try run.ensure(Self.name, mode: 0o700)
        let node = try run.open(Self.name)
        _ = try node.ensure(rawValue, mode: 0o700)
        return try node.open(rawValue)
    }

    /// Opens the folder, or nothing where none was made yet.
    func open() throws(SystemError) -> Directory? {
        do throws(SystemError) {
            return try Directory.open(path)
        } catch  where error.errno == .noEntry {
            return nil
        }
    }

    /// Removes what killed drivers left half-written here, and locks that nobody holds; returns their names.
    ///
    /// What cannot be removed is left, and hinders nothing.
    static func sweepAll() -> [String] {
        var swept: [String] = []
        for place in allCases {
            do throws(SystemError) {
                guard let folder = try place.open() else { continue }
                swept += try folder.sweepTemporaries().map { "\(place.rawValue)/\($0)" }
                guard place == .locks else { continue }
                // Taking one and giving it back removes it.
                for name in try folder.entries() {
                    if let lock = try VolumeLock.take(name) { try lock.release() }
                }
            } catch {
                // The next start does it, or the next call on that volume.
                continue
            }
        }
        return swept
    }
}
