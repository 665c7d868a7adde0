import CSIWire
import LinuxHost
import RPCClient
import TestSupport

/// Makes every call for the objects of one subject, and notes what each came to.
struct MatrixScript: Sendable {
    let rig: MatrixRig
    let volumes: MatrixVolumes
    let subject: MatrixSubject
    let moment: MatrixMoment
    let fault: MatrixFault
    let results: MatrixResults

    /// How long a caller waits: those of a hung disk give up soon, as only others have to be answered.
    private var patience: Double { mayHang ? 2 : 45 }
    private var mayHang: Bool { fault.harm == .hung && subject == .affected && moment != .healed }

    /// True where the disk can be looked at to see whether an OK is true.
    private var canLook: Bool {
        subject != .affected || moment == .healed || !(fault.harm.isOfPool || fault.harm == .text)
    }

    private func cell(_ call: MatrixCall) -> MatrixCell {
        MatrixCell(call: call, subject: call.aim == .node ? .node : subject, moment: moment)
    }

    /// Makes a call; returns the reply where it is OK.
    ///
    /// `untruth` says what contradicts the OK.
    @discardableResult
    func make<Request: CSIRequest>(
        _ call: MatrixCall, _ request: Request, untruth: () throws -> String? = { nil }
    ) -> Request.Reply? {
        guard !fault.skips.contains(call) || subject != .affected || moment == .healed else { return nil }
        let began = Clock.monotonicNanoseconds
        func note(_ word: MatrixWord, _ message: String) {
            let seconds = Double(Clock.monotonicNanoseconds - began) / 1e9
            results.add(MatrixAnswer(word: word, message: message, seconds: seconds), cell(call))
        }
        do {
            let reply = try rig.client.call(request, timeout: patience)
            if let untruth = try untruth() { note(.untrue, untruth) } else { note(.ok, "") }
            return reply
        } catch let status as CSIStatus {
            note(MatrixWord(status.code), status.message)
        } catch RPCClientError.timedOut {
            note(.deadline, "no answer in time")
        } catch let error as RPCClientError {
            note(rig.isUp ? .unavailable : .down, "\(error)")
        } catch {
            note(.other, "\(error)")
        }
        return nil
    }

    /// Undoes what a call made; what comes of it counts as an answer of that other call.
    private func undo(_ call: MatrixCall, _ request: some CSIRequest) { make(call, request) }

    /// The groups of calls that can be made beside each other, as they are about different objects.
    var lanes: [@Sendable () throws -> Void] {
        let aboutVolumes: [@Sendable () throws -> Void] =
            volumes.isAboutMounted
            ? [
                {
                    nodeCalls(); controllerCalls(); teardown(); restage(); deletion(volumes.mounted)
                }
            ]
            : [
                {
                    controllerCalls(); firstStage()
                },
                {
                    nodeCalls(); teardown(); restage()
                },
                { deletion(volumes.spare) },
            ]
        return aboutVolumes + [poolCalls, rawTeardown, inlineTeardown]
    }

    private func poolCalls() {
        let name = volumes.tag
        let parameters = ["pool": name.isHostile ? name : volumes.pool.name]
        capacity(parameters)
        make(.listVolumes, CSI.ListVolumesRequest())
        make(.listSnapshots, CSI.ListSnapshotsRequest())
        let new = CSI.CreateVolumeRequest(
            name: name.isHostile ? name : "\(name)-new-\(moment)",
            capacityRange: CSI.CapacityRange(requiredBytes: Kind.ext4.matrixBytes),
            volumeCapabilities: [Kind.ext4.capability()], parameters: parameters)
        if let made = make(.create, new)?.volume {
            undo(.deleteMade, CSI.DeleteVolumeRequest(volumeID: made.volumeID))
        }
        guard var inline = try? MatrixInline(volumes.pool, folder: rig.path, mark: rig.mark) else { return }
        if name.isHostile { inline.id = name }
        let target = inline.target
        if make(.publishInline, inline.publishRequest, untruth: { try notMounted(target) }) != nil {
            undo(.unpublishInline, inline.unpublishRequest)
            inline.forget()
        }
    }

    /// What cannot be used has no room for anybody.
    private func capacity(_ parameters: [String: String]) {
        let request = CSI.GetCapacityRequest(parameters: parameters)
        let isUseless = [.lost, .readOnly].contains(fault.harm) && subject == .affected && moment != .healed
        make(.capacity, request) {
            guard isUseless else { return nil }
            let room = try rig.client.call(request, timeout: patience).availableCapacity
            return room == 0 ? nil : "\(room) bytes are offered in a pool that takes none"
        }
    }

    private func controllerCalls() {
        let (victim, tag) = (volumes.victim, volumes.tag)
        func name(_ word: String) -> String { tag.isHostile ? tag : "\(tag)-\(word)-\(moment)" }
        make(.getVolume, CSI.ControllerGetVolumeRequest(volumeID: victim.id))
        make(
            .validate,
            CSI.ValidateVolumeCapabilitiesRequest(
                volumeID: victim.id, volumeCapabilities: [victim.kind.capability()]))
        make(.recreate, victim.createRequest)
        if let cut = make(.cut, victim.cutRequest(name("cut")))?.snapshot {
            undo(.uncut, CSI.DeleteSnapshotRequest(snapshotID: cut.snapshotID))
        }
        let copies: [(MatrixCall, CSI.VolumeContentSource)] = [
            (.clone, .volume(id: victim.id)), (.restore, .snapshot(id: volumes.snapshots[0])),
        ]
        for (call, source) in copies {
            if let copy = make(call, victim.copyRequest(name("copy-\(call)"), from: source))?.volume {
                undo(.deleteMade, CSI.DeleteVolumeRequest(volumeID: copy.volumeID))
            }
        }
        make(.uncut, CSI.DeleteSnapshotRequest(snapshotID: volumes.snapshots[1]))
        let group = CSI.CreateVolumeGroupSnapshotRequest(name: name("group"), sourceVolumeIDs: [victim.id])
        if let made = make(.group, group)?.groupSnapshot {
            undo(
                .group,
                CSI.DeleteVolumeGroupSnapshotRequest(
                    groupSnapshotID: made.groupSnapshotID, snapshotIDs: made.snapshots.map(\.snapshotID)))
        }
        make(
            .expand,
            CSI.ControllerExpandVolumeRequest(
                volumeID: victim.id,
                capacityRange: CSI.CapacityRange(requiredBytes: victim.kind.matrixBytes + (4 << 20))))
    }

    /// Stages the volume that was not staged, and takes it down again.
    private func firstStage() {
        let idle = volumes.idle
        if make(.stage, idle.stageRequest, untruth: { try notMounted(idle.staging) }) != nil {
            make(.unstage, idle.unstageRequest, untruth: { try stillUp(idle, idle.staging) })
        }
    }

    private func nodeCalls() {
        let mounted = volumes.mounted
        if volumes.isAboutMounted { make(.stage, mounted.stageRequest) }
        make(.stats, CSI.NodeGetVolumeStatsRequest(volumeID: mounted.id, volumePath: mounted.target))
        make(
            .nodeExpand,
            CSI.NodeExpandVolumeRequest(
                volumeID: mounted.id, volumePath: mounted.target, stagingTargetPath: mounted.staging,
                volumeCapability: mounted.kind.capability()))
        let second = mounted.secondTarget
        if make(.publish, mounted.publishRequest(at: second), untruth: { try notWritable(second) }) != nil {
            make(.unpublishMade, mounted.unpublishRequest(at: second), untruth: { try stillThere(second) })
        }
    }

    private func teardown() {
        let mounted = volumes.mounted
        make(
            .unpublish, mounted.unpublishRequest(at: mounted.target),
            untruth: { try stillThere(mounted.target) })
        make(.unstage, mounted.unstageRequest, untruth: { try stillUp(mounted, mounted.staging) })
    }

    /// What was taken down can be staged again.
    private func restage() {
        let mounted = volumes.mounted
        if make(.restage, mounted.stageRequest, untruth: { try notMounted(mounted.staging) }) != nil {
            make(.unstage, mounted.unstageRequest, untruth: { try stillUp(mounted, mounted.staging) })
        }
    }

    private func rawTeardown() {
        let raw = volumes.raw
        make(.unpublishRaw, raw.unpublishRequest(at: raw.target), untruth: { try stillThere(raw.target) })
        make(.unstageRaw, raw.unstageRequest, untruth: { try stillUp(raw, raw.staging) })
    }

    private func inlineTeardown() {
        let inline = volumes.inline
        if make(.unpublishInline, inline.unpublishRequest, untruth: { try stillThere(inline.target) }) != nil
        {
            inline.forget()
        }
    }

    private func deletion(_ volume: MatrixVolume) {
        make(.delete, volume.deleteRequest) {
            guard canLook, try Host.exists(volume.objectFolder) else { return nil }
            return "\(volume.objectFolder) is still there"
        }
    }

    /// Takes down and deletes all objects, each step of which is OK in any state.
    func end() {
        // A call that its caller gave up may have gone on.
        make(.unpublishMade, volumes.mounted.unpublishRequest(at: volumes.mounted.secondTarget))
        make(.unstage, volumes.idle.unstageRequest)
        teardown()
        rawTeardown()
        inlineTeardown()
        for volume in volumes.all { deletion(volume) }
        for snapshot in volumes.snapshots { make(.uncut, CSI.DeleteSnapshotRequest(snapshotID: snapshot)) }
    }

    /// The calls about the driver as a whole.
    func nodeWide() {
        make(.probe, CSI.ProbeRequest())
        make(.nodeInfo, CSI.NodeGetInfoRequest())
        page("/healthz", .health)
        page("/metrics", .metrics)
    }

    private func page(_ path: String, _ call: MatrixCall) {
        let began = Clock.monotonicNanoseconds
        func note(_ word: MatrixWord, _ message: String) {
            let seconds = Double(Clock.monotonicNanoseconds - began) / 1e9
            results.add(MatrixAnswer(word: word, message: message, seconds: seconds), cell(call))
        }
        do {
            var page = try rig.page(path)
            // What hangs is told once it has hung for a while.
            let mustTell = call == .health && moment != .healed && fault.isTold
            func isTold() -> Bool { !mustTell || page.body.contains(rig.a.name) }
            while !isTold(), Clock.monotonicNanoseconds - began < 35_000_000_000 {
                Clock.sleep(nanoseconds: 200_000_000)
                page = try rig.page(path)
            }
            switch call {
            case .metrics where page.status != 200: note(.other, "status \(page.status)")
            case .health where !isTold(): note(.silent, "status \(page.status): \(page.body)")
            default: note(.ok, "")
            }
        } catch {
            note(rig.isUp ? .deadline : .down, "\(error)")
        }
    }
}

extension String {
    /// True for text that no caller means well with.
    var isHostile: Bool { utf8.count > 200 }
}
