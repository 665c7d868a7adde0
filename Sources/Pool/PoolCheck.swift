import LinuxHost
package import Volumes

/// Compares what lies in a pool with what the kernel shows and with what was promised; changes nothing.
///
/// A driver may be at work meanwhile, and no lock keeps it still. So what looks wrong is looked at again: it counts if
/// every look shows it, which a step of a driver that is just being done does not outlast.
package struct PoolCheck: Sendable {
    /// What came of a check.
    package struct Outcome: Sendable {
        /// What was found, in the order of the pool.
        package let findings: [PoolFinding]
        /// How many volumes and snapshots there are.
        package let volumes, snapshots: Int

        /// True where nothing is wrong; harmless things may have been found all the same.
        package var isWell: Bool { findings.allSatisfy(\.kind.isHarmless) }
    }

    /// Milliseconds before each look after the first one.
    package static let pauses: [Int64] = [100, 300]
    /// The same, while all that is wrong is a deleted volume that may just be giving its blocks back.
    package static let pausesForTrash: [Int64] = [500, 1000, 2000]

    let pool: PoolView
    let node: NodeView
    let volumes: [PoolObject<VolumeRecord>]
    let snapshots: [PoolObject<SnapshotRecord>]
    let strangers: [String]
    let groupFaults: [(name: VolumeName, fault: String)]
    /// Half-written files of writers that may be gone.
    let temporaries: [String]
    /// The pool folder itself.
    let root: FileStatus

    /// Checks a pool, again and again until what is found is sure.
    package static func run(
        _ pool: PoolView, pauses: [Int64] = pauses, pausesForTrash: [Int64] = pausesForTrash
    ) throws(VolumeFault) -> Outcome {
        var outcome = try look(at: pool)
        for pause in pauses {
            guard !outcome.findings.isEmpty else { return outcome }
            outcome = try again(outcome, pool, after: pause)
        }
        for pause in pausesForTrash {
            guard !outcome.isWell,
                outcome.findings.allSatisfy({ $0.kind.isHarmless || $0.kind == .trashLeftover })
            else { break }
            outcome = try again(outcome, pool, after: pause)
        }
        return outcome
    }

    private static func again(
        _ before: Outcome, _ pool: PoolView, after milliseconds: Int64
    ) throws(VolumeFault) -> Outcome {
        Clock.sleep(nanoseconds: milliseconds * 1_000_000)
        let now = try look(at: pool)
        let known = Set(before.findings.map(\.subject))
        let confirmed = now.findings.filter { known.contains($0.subject) }
        return Outcome(findings: confirmed, volumes: now.volumes, snapshots: now.snapshots)
    }

    private static func look(at pool: PoolView) throws(VolumeFault) -> Outcome {
        let missing = try pool.missingFolders()
        guard missing.isEmpty else { return Outcome(findings: missing, volumes: 0, snapshots: 0) }
        // Devices after the pool: what was attached in between has its volume in the list by then.
        let staging = try pool.stagingFolders()
        let volumes = try pool.objects(.volumes)
        let snapshots = try pool.objects(.snapshots)
        let groups = try pool.groups()
        let check = PoolCheck(
            pool: pool, node: try NodeView.look(), volumes: volumes.objects,
            snapshots: snapshots.objects + groups.members,
            strangers: volumes.strangers + snapshots.strangers + groups.strangers,
            groupFaults: groups.faults,
            temporaries: try pool.temporaries()
                + volumes.objects.flatMap { $0.temporaries(in: PoolLayout.volumes) }
                + snapshots.objects.flatMap { $0.temporaries(in: PoolLayout.snapshots) } + groups.temporaries
                + groups.members.flatMap { $0.temporaries(in: PoolLayout.groups) },
            root: try pool.status())
        return Outcome(
            findings: try check.findings(staging), volumes: check.volumes.count,
            snapshots: check.snapshots.count)
    }

    private func findings(_ staging: [(String, FileStatus)]) throws(VolumeFault) -> [PoolFinding] {
        var findings = try ofPool()
        for volume in volumes { findings += of(volume) }
        for snapshot in snapshots { findings += of(snapshot) }
        findings += groupFaults.map { (name, fault) in
            PoolFinding(
                .recordUnreadable, "group \(name)", fault,
                remedy:
                    "put \(PoolLayout.groupRecord) and what it names back from a backup, or move the folder out of the "
                    + "pool; a driver lets nobody delete the group meanwhile, and serves its whole members")
        }
        findings += temporaries.map { path in
            PoolFinding(
                .temporaryLeftover, path, "it was being written when a driver ended",
                remedy: "start the driver anew, which removes it")
        }
        findings += strangers.map { path in
            PoolFinding(
                .notOurs, path, "it is no folder of a volume or snapshot", remedy: "move it out of the pool")
        }
        return findings + leftovers(staging) + (try trash()) + devices() + (try freezes()) + (try promises())
    }

    private func of(_ volume: PoolObject<VolumeRecord>) -> [PoolFinding] {
        let name = "volume \(volume.name)"
        var findings = volume.access(name)
        guard let record = volume.record, let image = volume.image else {
            return findings + volume.incomplete(name, PoolLayout.record)
        }
        if image.size < record.size {
            findings.append(
                PoolFinding(
                    .imageShort, name,
                    "its image has \(image.size.bytes) bytes instead of \(record.size.bytes)",
                    remedy:
                        "if the image was cut, what lay behind is lost: put it back from a backup; if the record is wrong, "
                        + "correct sizeBytes; \(Self.asideUntilThen)"))
        } else if let why = pool.disk.doubt(record, image) {
            findings.append(
                PoolFinding(
                    .imageTooLong, name, why,
                    remedy:
                        "cut the image to the size of the record, or make the pool larger; \(Self.asideUntilThen)"
                ))
        } else if image.size > record.size {
            findings.append(
                PoolFinding(
                    .imageLong, name,
                    "its image has \(image.size.bytes) bytes, its record says \(record.size.bytes): a growth was cut off",
                    remedy: "nothing; a repeat of the growth, or the next start of the driver, completes it"))
        }
        if record.provisioning == .thick, image.allocated < min(image.size, record.size) {
            findings.append(
                PoolFinding(
                    .imageNotAllocated, name,
                    "\(min(image.size, record.size).minus(image.allocated).bytes) bytes of this thick volume are not "
                        + "allocated",
                    remedy: "stage it again, which allocates them"))
        }
        return findings + onNode(volume, record, name)
    }

    /// What a driver does about an object that is torn.
    static let asideUntilThen =
        "until then a driver leaves it alone, keeps its name taken, and serves the rest"

    private func onNode(
        _ volume: PoolObject<VolumeRecord>, _ record: VolumeRecord, _ name: String
    ) -> [PoolFinding] {
        KernelNode.troubles(of: node.view(of: volume), volume.note).map { trouble in
            PoolFinding(
                .volumeTrouble, name, trouble,
                remedy: "end what uses it, unstage it and stage it again, which checks it")
        } + devices(of: volume, name)
    }

    private func of(_ snapshot: PoolObject<SnapshotRecord>) -> [PoolFinding] {
        let name = "snapshot \(snapshot.name)"
        var findings = snapshot.access(name)
        guard let record = snapshot.record, let image = snapshot.image else {
            return findings + snapshot.incomplete(name, PoolLayout.snapshotRecord)
        }
        if image.size != record.size {
            findings.append(
                PoolFinding(
                    image.size < record.size ? .imageShort : .imageLong, name,
                    "its image has \(image.size.bytes) bytes instead of \(record.size.bytes)",
                    remedy:
                        "put the image back from a backup, or move the folder out of the pool: it is not what was cut; "
                        + Self.asideUntilThen))
        }
        return findings
    }
}

extension PoolObject {
    fileprivate func temporaries(in folder: String) -> [String] {
        let path = name.membership.map { "\(folder)/\($0.group)/\($0.index)" } ?? "\(folder)/\(name)"
        return temporaries.map { "\(path)/\($0)" }
    }

    /// What is wrong with an object that lacks a readable record or an image.
    fileprivate func incomplete(_ name: String, _ recordName: String) -> [PoolFinding] {
        var findings: [PoolFinding] = []
        if let fault {
            let away = "or move the folder out of the pool; \(PoolCheck.asideUntilThen)"
            if recordFile != nil {
                findings.append(
                    PoolFinding(
                        .recordUnreadable, name, fault,
                        remedy: "put \(recordName) back from a backup, \(away)"))
            } else if imageFile != nil {
                findings.append(
                    PoolFinding(
                        .imageWithoutRecord, name, "there is an image but no \(recordName)",
                        remedy: "put it back from a backup, \(away)"))
            } else {
                findings.append(
                    PoolFinding(
                        .recordMissing, name, "its folder has neither record nor image",
                        remedy: "remove the folder; \(PoolCheck.asideUntilThen)"))
            }
        }
        if let imageFile, imageFile.kind != .regular {
            findings.append(
                PoolFinding(
                    .imageNoFile, name, "its image is \(imageFile.kind.words)",
                    remedy:
                        "put the image back, or move the folder out of the pool; \(PoolCheck.asideUntilThen)")
            )
        }
        if imageFile == nil, record != nil {
            findings.append(
                PoolFinding(
                    .imageMissing, name, "there is a record but no image",
                    remedy: "put the image back, or delete the volume"))
        }
        return findings
    }

    /// Who else than root could get at it.
    fileprivate func access(_ name: String) -> [PoolFinding] {
        [("its folder", folder), ("its record", recordFile), ("its image", imageFile)].compactMap {
            (what, status) in
            status.flatMap { PoolFinding.access(name, what, $0) }
        }
    }
}

extension PoolFinding {
    /// A finding for a file or folder that is not root's alone.
    static func access(_ object: String, _ what: String, _ status: FileStatus) -> PoolFinding? {
        var wrong: [String] = []
        if status.owner != 0 { wrong.append("belongs to user \(status.owner)") }
        if status.mode & 0o077 != 0 { wrong.append("has mode 0\(String(status.mode, radix: 8))") }
        guard !wrong.isEmpty else { return nil }
        let mode = status.kind == .directory ? "0700" : "0600"
        return PoolFinding(
            .access, object, "\(what) \(wrong.joined(separator: " and ")), so others than root may get at it",
            remedy: "chown root, chmod \(mode)")
    }
}
