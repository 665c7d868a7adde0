import TestSupport
import Testing
import Volumes
import VolumesTestSupport

@Suite("The fake and the kernel agree", .requiresRoot)
struct ContractTests {
    @Test("Nothing is shown of a volume that is not attached, or does not exist", arguments: Backend.allCases)
    func nothing(backend: Backend) throws {
        let contract = try Contract(backend)
        let id = try contract.create().id
        let gone = try known(VolumeID("\(id.pool).gone"))
        let foreign = try known(VolumeID("ffffffffffffffff.x"))
        #expect(
            try contract.node.observe([id, gone, foreign]) == [
                VolumeOnNode(), VolumeOnNode(), VolumeOnNode(),
            ])
        #expect(try contract.node.observe([]).isEmpty)
    }

    @Test(
        "A writer excludes everybody, readers do not exclude each other's lock", arguments: Backend.allCases)
    func locks(backend: Backend) throws {
        let contract = try Contract(backend)
        let record = try contract.create(.block)
        let writer = try contract.node.attach(record, readOnly: false)
        #expect(try contract.view(record.id).device == writer)
        for readOnly in [false, true] {
            #expect(try fault { _ = try contract.node.attach(record, readOnly: readOnly) } == .notNow)
        }
        #expect(try fault { try contract.store.remove(record.id.name) } == .notNow)
        try contract.node.detach(writer)
        let reader = try contract.node.attach(record, readOnly: true)
        #expect(reader.isReadOnly)
        #expect(try fault { _ = try contract.node.attach(record, readOnly: false) } == .notNow)
        #expect(try fault { try contract.store.remove(record.id.name) } == .notNow)
        try contract.node.detach(reader)
        #expect(try contract.view(record.id) == VolumeOnNode())
        try contract.store.remove(record.id.name)
    }

    @Test("A device keeps its size until it is told to look again", arguments: Backend.allCases)
    func capacity(backend: Backend) throws {
        let contract = try Contract(backend)
        let record = try contract.create(.block)
        let device = try contract.node.attach(record, readOnly: false)
        try contract.store.grow(record, to: .mebibytes(32))
        #expect(try contract.node.size(of: device) == .mebibytes(16))
        #expect(try contract.node.refreshCapacity(of: device) == .mebibytes(32))
        #expect(try contract.node.size(of: device) == .mebibytes(32))
        try contract.node.detach(device)
    }

    @Test(
        "The write protection of a disk does not make it look attached read-only", arguments: Backend.allCases
    )
    func writeProtection(backend: Backend) throws {
        let contract = try Contract(backend)
        let record = try contract.create(.block)
        let device = try contract.node.attach(record, readOnly: false)
        try contract.node.setReadOnly(device, true)
        #expect(try contract.view(record.id).device == device)
        try contract.node.setReadOnly(device, false)
        try contract.node.detach(device)
    }

    @Test("Mounts stack, show in order, and keep the device", arguments: Backend.allCases)
    func mounts(backend: Backend) throws {
        let contract = try Contract(backend)
        let record = try contract.create()
        let staging = try contract.folder("staging")
        let target = try contract.folder("target")
        let device = try contract.node.attach(record, readOnly: false)
        try contract.node.mountFilesystem(
            .ext4, of: device, at: staging, flags: MountFlags([]), readOnly: false)
        try contract.node.bindFilesystem(
            contract.view(record.id), from: staging, to: target, flags: MountFlags([]), readOnly: true)
        try contract.node.bindFilesystem(
            contract.view(record.id), from: staging, to: target, flags: MountFlags([]), readOnly: false)
        let writable = VolumeMount(path: target.text, isReadOnly: false)
        #expect(
            try contract.view(record.id).filesystemMounts == [
                VolumeMount(path: staging.text, isReadOnly: false),
                VolumeMount(path: target.text, isReadOnly: true),
                writable,
            ])
        #expect(try contract.view(record.id).mount(at: target) == writable)
        #expect(try fault { try contract.node.detach(device) } == .notNow)
        for path in [target, target, staging] { try contract.node.unmount(path) }
        #expect(try fault { try contract.node.unmount(staging) } == .host)
        #expect(try contract.view(record.id).mounts.isEmpty)
        try contract.node.detach(device)
    }

    @Test("A mount with another one below it is busy", arguments: Backend.allCases)
    func busy(backend: Backend) throws {
        let contract = try Contract(backend)
        let (outer, inner) = (try contract.create(), try contract.create(.filesystem(.ext4), "inner"))
        let staging = try contract.folder("staging")
        try contract.volumes.stage(outer.id, at: staging, .mount())
        let below = try contract.folder("staging/below")
        try contract.volumes.stage(inner.id, at: below, .mount())
        #expect(try fault { try contract.node.unmount(staging) } == .notNow)
        #expect(try fault { try contract.volumes.unstage(outer.id, at: staging) } == .notNow)
        try contract.volumes.unstage(inner.id, at: below)
        try contract.volumes.unstage(outer.id, at: staging)
    }

    @Test("What is at a path is told, besides the volume's own mounts", arguments: Backend.allCases)
    func occupants(backend: Backend) throws {
        let contract = try Contract(backend)
        let (mine, other) = (try contract.create(), try contract.create(.filesystem(.ext4), "other"))
        let folder = try contract.folder("folder")
        let file = try contract.path("file")
        #expect(try contract.node.ensureTarget(file, asFile: true))
        func occupant(_ path: HostPath) throws -> PathOccupant {
            try contract.node.occupant(of: path, besides: mine.id)
        }
        #expect(try occupant(folder) == .folder)
        #expect(try occupant(file) == .file)
        #expect(try occupant(contract.path("none")) == .nothing)
        #expect(try occupant(contract.path("none/below")) == .nothing)
        try contract.volumes.stage(mine.id, at: folder, .mount())
        #expect(try occupant(folder) == .folder)
        try contract.volumes.unstage(mine.id, at: folder)
        try contract.volumes.stage(other.id, at: folder, .mount())
        guard case .foreignMount = try occupant(folder) else {
            Issue.record("another volume is not foreign")
            return
        }
        try contract.volumes.unstage(other.id, at: folder)
    }

    @Test(
        "Targets are made once, of the right kind, and removed only when they are empty",
        arguments: Backend.allCases)
    func targets(backend: Backend) throws {
        let contract = try Contract(backend)
        let target = try contract.path("target")
        for asFile in [true, false, true] {
            #expect(try contract.node.ensureTarget(target, asFile: asFile))
            #expect(try !contract.node.ensureTarget(target, asFile: asFile))
        }
        try contract.node.removeTarget(target)
        try contract.node.removeTarget(target)
        #expect(
            try fault { _ = try contract.node.ensureTarget(contract.path("no/target"), asFile: false) }
                == .notNow)
        try contract.node.removeTarget(contract.path("no/target"))
        let full = try contract.folder("full")
        _ = try contract.folder("full/data")
        #expect(try fault { try contract.node.removeTarget(full) } == .notNow)
        #expect(try fault { _ = try contract.node.ensureTarget(full, asFile: true) } == .notNow)
    }

    @Test(
        "Mounting refuses what the caller got wrong, and stays out of the host's fault",
        arguments: Backend.allCases)
    func refusedMounts(backend: Backend) throws {
        let contract = try Contract(backend)
        let record = try contract.create()
        let device = try contract.node.attach(record, readOnly: true)
        func mount(_ path: HostPath, _ flags: [String], readOnly: Bool) throws -> FaultKind? {
            try fault {
                try contract.node.mountFilesystem(
                    .ext4, of: device, at: path, flags: MountFlags(flags), readOnly: readOnly)
            }
        }
        let folder = try contract.folder("folder")
        let file = try contract.path("file")
        _ = try contract.node.ensureTarget(file, asFile: true)
        #expect(try mount(contract.path("none"), [], readOnly: true) == .notNow)
        #expect(try mount(file, [], readOnly: true) == .malformed)
        #expect(try mount(folder, ["bogus"], readOnly: true) == .malformed)
        #expect(try mount(folder, [], readOnly: false) == .host)
        #expect(try contract.view(record.id).mounts.isEmpty)
        #expect(try mount(folder, [], readOnly: true) == nil)
        #expect(try contract.view(record.id).filesystemMounts.map(\.isReadOnly) == [true])
        try contract.node.unmount(folder)
        try contract.node.detach(device)
    }

    @Test("A disk shows at a file, and the path is known to lead to it", arguments: Backend.allCases)
    func nodes(backend: Backend) throws {
        let contract = try Contract(backend)
        let record = try contract.create(.block)
        let target = try contract.path("disk")
        _ = try contract.node.ensureTarget(target, asFile: true)
        let device = try contract.node.attach(record, readOnly: false)
        #expect(try !contract.node.isNode(target, of: device))
        #expect(try contract.node.isNode(HostPath(device.path), of: device))
        try contract.node.bindNode(of: device, to: target, readOnly: true)
        #expect(try contract.node.isNode(target, of: device))
        #expect(
            try contract.view(record.id).nodeMounts == [VolumeMount(path: target.text, isReadOnly: true)])
        try contract.node.unmount(target)
        #expect(try !contract.node.isNode(target, of: device))
        try contract.node.removeTarget(target)
        try contract.node.detach(device)
    }
}
