import LinuxHost
import Log
import Synchronization
import Volumes

extension DiskPool {
    /// A pool with no more objects is swept in a few milliseconds.
    private static let fewObjects = 512

    /// Sweeps, on the thread of the trash where it takes long or has to be tried again.
    func sweepTemporariesSoon() {
        do throws(VolumeFault) {
            var count = 0
            for part in PoolLayout.published { count += try names(in: part).count }
            if count <= Self.fewObjects { return try sweepTemporaries() }
        } catch {
            // Tried again on the thread, which tells if it goes on.
        }
        trash.run { [weak self] () throws(VolumeFault) in try self?.sweepTemporaries() }
    }

    /// Removes half-written files that killed drivers left beside records and notes, wherever in the pool.
    ///
    /// What cannot be looked at for its own sake is passed over; it is torn, and told as that.
    ///
    /// - Throws: `host` where the machine is short of something, so that the rest was not looked at.
    func sweepTemporaries() throws(VolumeFault) {
        let root = try opened()
        cutListOfGrowths()
        try sweep(root, "pool \(pool.name)")
        for part in PoolLayout.published {
            guard let folder = try openIfThere(part, in: root) else { continue }
            let names: [VolumeName]
            do throws(SystemError) {
                names = try folder.entries().compactMap { VolumeName(folder: $0) }
            } catch {
                throw .host(step: "list \(part) of pool \(pool.name)", cause: "\(error)")
            }
            for name in names {
                guard let object = try openIfThere(name.text, in: folder) else { continue }
                try sweep(object, "\(part)/\(name)")
                guard part == PoolLayout.groups else { continue }
                for index in 0..<GroupRecord.mostMembers {
                    guard let member = try openIfThere("\(index)", in: object) else { break }
                    try sweep(member, "\(part)/\(name)/\(index)")
                }
            }
        }
    }

    private func sweep(_ folder: borrowing Directory, _ what: String) throws(VolumeFault) {
        do throws(SystemError) {
            for entry in try folder.sweepTemporaries() {
                swept.add(1, ordering: .relaxed)
                log.info(
                    "leftover of an interrupted write removed", (.pool, pool.name.text),
                    (.path, "\(what)/\(entry)"))
            }
        } catch {
            guard error.errno.isShortage else { return }
            throw .host(step: "sweep \(what)", cause: "\(error)")
        }
    }

    private func openIfThere(
        _ name: String, in folder: borrowing Directory
    ) throws(VolumeFault) -> Directory? {
        do throws(SystemError) {
            return try folder.open(name)
        } catch {
            guard error.errno.isShortage else { return nil }
            throw .host(step: "open \(name) of pool \(pool.name)", cause: "\(error)")
        }
    }
}
