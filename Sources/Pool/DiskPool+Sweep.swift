import LinuxHost
import Log
import Synchronization
import Volumes

extension DiskPool {
    /// Removes what was being built or reclaimed when an earlier run ended.
    ///
    /// Each leftover by itself, as far as that works; the others stay for the next start, as the pool may be full or
    /// read-only, and its volumes are wanted all the same.
    func sweep() {
        for (what, step) in [
            ("remove leftovers", sweepStaging), ("complete growths", completeGrowths),
            ("empty the trash", sweepTrash),
        ] as [(String, () throws -> Void)] {
            do {
                try step()
            } catch {
                stays(what, (error as? VolumeFault)?.summary ?? "\(error)")
            }
        }
    }

    private func sweepStaging() throws {
        guard let staging = try openedIfThere(PoolLayout.staging) else { return }
        for entry in try staging.entries() { sweep(entry, in: staging) }
    }

    private func sweepTrash() throws {
        sweepTemporariesSoon()
        guard let trash = try openedIfThere(PoolLayout.trash), try !trash.entries().isEmpty else { return }
        self.trash.wake()
    }

    /// A builder holds a lock on its folder; a folder without one is a leftover.
    private func sweep(_ entry: String, in staging: borrowing Directory) {
        do throws(SystemError) {
            guard try BuildClaim.removeUnclaimed(entry, from: staging) else { return }
            swept.add(1, ordering: .relaxed)
            log.info("leftover of an interrupted creation removed", (.pool, pool.name.text), (.path, entry))
        } catch {
            stays("remove \(entry)", "\(error)")
        }
    }

    /// Lets records of volumes catch up with images that an interrupted growth left longer.
    ///
    /// Forward, because the image may have been staged at its new length since; the caller repeats the growth anyway.
    private func completeGrowths() throws {
        let names = try names()
        for start in stride(from: 0, to: names.count, by: 256) {
            let part = names[start..<min(start + 256, names.count)]
            for case (let record, .some(let image)) in try volumes(part).found where image.size > record.size
            {
                completeGrowth(of: record, to: image.size)
            }
        }
        // The one before may have been killed between a growth and its telling.
        if pool.isShared { try tellOfGrowth() }
    }

    private func completeGrowth(of record: VolumeRecord, to size: ByteCount) {
        do throws(VolumeFault) {
            let record = try grow(record, to: size)
            log.info(
                "record of an interrupted growth completed", (.volumeID, "\(record.id)"),
                (.sizeBytes, record.size.bytes))
        } catch .operationPending {
            // It is not interrupted: another node is at it.
        } catch {
            stays("complete the growth of \(record.id)", error.summary)
        }
    }

    private func stays(_ what: String, _ why: String) {
        log.warning(
            "what an interrupted run left stays until the next start", (.pool, pool.name.text),
            (.step, what), (.error, why))
    }
}
