import Synchronization
package import Volumes

/// A node in memory, whose loop devices hold the locks of images in `FakeStore`s.
package final class FakeNode: NodeHost {
    let stores: [PoolID: FakeStore]
    /// Lets steps of this node fail.
    package let faults: FaultPlan
    private let guarded = Mutex(FakeKernel())

    /// A node that has just booted.
    package init(stores: [FakeStore], faults: FaultPlan = FaultPlan()) {
        self.stores = Dictionary(uniqueKeysWithValues: stores.map { ($0.pool.id, $0) })
        self.faults = faults
    }

    /// What the kernel holds now.
    package var kernel: FakeKernel { guarded.withLock { $0 } }

    /// Changes what the kernel holds, as another program would.
    package func change(_ body: (inout FakeKernel) -> Void) { guarded.withLock { body(&$0) } }

    /// Loop devices, mounts, locks and notes are gone; files stay.
    package func reboot() {
        change { kernel in
            kernel.loops = [:]
            kernel.mounts = []
            kernel.busy = []
            kernel.shutDown = []
            kernel.frozen = []
            kernel.notes = [:]
        }
        for store in stores.values { store.dropLocks() }
    }

    func step<Result: Sendable>(
        _ name: String, _ body: (inout FakeKernel) throws(VolumeFault) -> Result
    ) throws(VolumeFault) -> Result {
        try faults.step(name)
        return try guarded.withLock { (kernel) throws(VolumeFault) in try body(&kernel) }
    }

    package func check() throws(VolumeFault) { try step("check") { _ in } }

    package func observe(_ ids: [VolumeID]) throws(VolumeFault) -> [VolumeOnNode] {
        try step("observe") { (kernel) throws(VolumeFault) in
            try ids.map { id throws(VolumeFault) in try self.view(of: id, kernel) }
        }
    }

    private func view(of id: VolumeID, _ kernel: FakeKernel) throws(VolumeFault) -> VolumeOnNode {
        guard let number = kernel.device(of: id) else { return VolumeOnNode() }
        return try view(of: id, number, stores[id.pool]?.with { $0.images[id.name]?.identity }, kernel)
    }

    private func view(
        of id: VolumeID, _ number: Int32, _ image: Int??, _ kernel: FakeKernel
    ) throws(VolumeFault) -> VolumeOnNode {
        guard let loop = kernel.loops[number] else { return VolumeOnNode() }
        let image = image ?? nil
        func mounts(_ source: FakeKernel.Source) -> [VolumeMount] {
            kernel.mounts.enumerated().filter { $1.source == source }.map {
                VolumeMount(id: UInt64($0 + 1), path: $1.path, isReadOnly: $1.isReadOnly)
            }
        }
        return VolumeOnNode(
            device: Device(number: number, isReadOnly: loop.isAttachedReadOnly),
            isOnOtherImage: image.map { $0 != loop.imageIdentity } ?? false,
            isFilesystemReadOnly: kernel.shutDown.contains(number),
            filesystemMounts: mounts(.filesystem(number)), nodeMounts: mounts(.node(number)))
    }

    package func remains(of id: VolumeID, at path: HostPath) throws(VolumeFault) -> Remains {
        try step("remains") { (kernel) throws(VolumeFault) in
            let note = kernel.notes[id] ?? StagingNote()
            var view = VolumeOnNode()
            if let number = kernel.device(of: id) { view = try self.view(of: id, number, nil, kernel) }
            for (index, mount) in kernel.mounts.enumerated() {
                guard case .node(let number) = mount.source, number != view.device?.number,
                    mount.path == path.text || note.published[mount.path] != nil,
                    kernel.loops[number] == nil || note.device?.number == number
                else { continue }
                view.nodeMounts.append(
                    VolumeMount(id: UInt64(index + 1), path: mount.path, isReadOnly: mount.isReadOnly))
            }
            return Remains(view: view, note: note)
        }
    }

    package func note(of id: VolumeID) throws(VolumeFault) -> StagingNote {
        try step("note") { $0.notes[id] ?? StagingNote() }
    }

    package func keep(_ note: StagingNote, of id: VolumeID) throws(VolumeFault) {
        try step("keep") { $0.notes[id] = note.isEmpty ? nil : note }
    }

    package func keepIfPossible(_ note: StagingNote, of id: VolumeID) {
        do {
            try keep(note, of: id)
        } catch {
            // As the real node does, which logs it.
        }
    }

    package func attempt(_ step: String, _ body: @escaping @Sendable () throws(VolumeFault) -> Void) {
        do {
            try body()
        } catch {
            // As the real node does, which logs it.
        }
    }

    package func inlineVolume(
        _ handle: InlineHandle, at target: HostPath?
    ) throws(VolumeFault) -> VolumeID? {
        try step("inlineVolume") { kernel in
            kernel.notes.first { $0.key.name == handle.name && $0.value.isInline }?.key
        }
    }

    package func filesystemDigest(_ flags: MountFlags) throws(VolumeFault) -> String {
        let single: Set = ["ro", "rw", "noatime", "nodiratime", "noexec", "nosuid", "nodev", "relatime"]
        let others = flags.words.filter { !single.contains($0) }
        return others.isEmpty ? "" : fakeDigest(others.joined(separator: "\n"))
    }

    package func usage(at path: HostPath) throws(VolumeFault) -> VolumeUsage {
        try step("usage") { (kernel) throws(VolumeFault) in
            guard case .filesystem(let number)? = kernel.top(of: path.text)?.source,
                let total = kernel.loops[number]?.size.bytes
            else { throw .host(step: "examine \(path)", cause: "nothing is mounted there") }
            return VolumeUsage(
                bytes: .init(total: total, used: 4096, available: total - 4096),
                inodes: .init(total: 1000, used: 10, available: 990))
        }
    }

    package func isNode(_ path: HostPath, of device: Device) throws(VolumeFault) -> Bool {
        try step("isNode") {
            $0.top(of: path.text)?.source == .node(device.number) || path.text == device.path
        }
    }

    package func troubles(of record: VolumeRecord, _ view: VolumeOnNode) throws(VolumeFault) -> [String] {
        try step("troubles") { kernel in
            let note = kernel.notes[record.id] ?? StagingNote()
            guard let device = view.device else {
                return note.staged.isEmpty ? [] : ["its loop device is gone; it has to be staged again"]
            }
            var troubles: [String] = []
            if view.isOnOtherImage {
                troubles.append("\(device) carries another file than the volume's image")
            }
            if let why = kernel.failedGrowths[device.number] {
                troubles.append("its file system is too small: \(why)")
            }
            if view.isFilesystemReadOnly { troubles.append("the kernel made the file system read-only") }
            return troubles
        }
    }

    package func digest(_ flags: MountFlags) -> String { fakeDigest(flags.words.joined(separator: "\n")) }
}
