import LinuxHost
import Log
package import Volumes

extension DiskPool {
    /// A longer list of growths is begun anew at a start.
    private static let longestList: Int64 = 64 << 10

    /// What the list of growths of a pool of one node is like.
    ///
    /// Two drivers have such a pool for the time of an upgrade, and a growth changes none of the folders whose times they
    /// look at. So each growth adds a line, which need not outlive the machine.
    static func growthMark(in root: borrowing Directory) throws(SystemError) -> String? {
        try root.status(PoolLayout.grown).map { "\($0.identity.inode).\($0.sizeBytes)" }
    }

    package func grown(since mark: String?) throws(VolumeFault) -> [VolumeName]? {
        guard !pool.isShared else { return nil }
        let root = try opened()
        return try VolumeFault.onHost("read \(PoolLayout.grown) of pool \(pool.name)") {
            () throws(SystemError) in
            guard let status = try root.status(PoolLayout.grown), status.kind == .regular else { return nil }
            var begin = 0
            if let mark {
                let parts = mark.split(separator: ".").map(String.init)
                guard parts.count == 2, parts[0] == "\(status.identity.inode)", let known = Int(parts[1])
                else {
                    return nil
                }
                begin = known
            }
            let bytes = try root.read(PoolLayout.grown, limitBytes: 16 << 20)
            guard begin <= bytes.count else { return nil }
            return bytes[begin...].split(separator: 0x0A).compactMap {
                VolumeName(folder: String(decoding: $0, as: UTF8.self))
            }
        }
    }

    /// Adds a volume to the list.
    func noteGrowth(of name: VolumeName) {
        do {
            try opened().append(Array("\(name)\n".utf8), to: PoolLayout.grown, mode: 0o600)
        } catch {
            // LIMIT: in a pool that has no room for a line, another driver learns the size with its next start.
            log.warning("the growth of a volume is not told", (.volumeName, name.text), (.error, "\(error)"))
        }
    }

    /// Begins a long list anew; who has read it looks at all volumes once.
    func cutListOfGrowths() {
        do {
            let root = try opened()
            guard let list = try root.status(PoolLayout.grown), list.sizeBytes > Self.longestList else {
                return
            }
            try root.removeFile(PoolLayout.grown)
        } catch {
            // A long list is as good, and the next start tries again.
        }
    }
}
