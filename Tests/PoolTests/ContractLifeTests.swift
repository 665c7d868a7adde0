import LinuxHost
import TestSupport
import Testing
import Volumes
import VolumesTestSupport

@Suite("The fake and the kernel agree on images, links and whole lives", .requiresRoot)
struct ContractLifeTests {
    @Test(
        "An image that was replaced or removed under its device is told from one that is whole",
        arguments: Backend.allCases)
    func otherImage(backend: Backend) throws {
        let contract = try Contract(backend)
        let record = try contract.create(.block)
        let device = try contract.node.attach(record, readOnly: false)
        #expect(try !contract.view(record.id).isOnOtherImage)
        switch contract.store {
        case let fake as FakeStore: fake.loseImage(record.id.name)
        default: try contract.imageFolder(record).removeFile("image")
        }
        #expect(try contract.view(record.id).device == device)
        #expect(try contract.store.image(of: record.id.name) == nil)
        try contract.node.detach(device)
        try contract.store.remove(record.id.name)
    }

    @Test(
        "A volume whose image was exchanged is unstaged first, then staged with the new one",
        arguments: Backend.allCases)
    func exchangedImage(backend: Backend) throws {
        let contract = try Contract(backend)
        let record = try contract.create(.block)
        let staging = try contract.folder("staging")
        try contract.volumes.stage(record.id, at: staging, .block())
        switch contract.store {
        case let fake as FakeStore: fake.replaceImage(record.id.name)
        default:
            let folder = try contract.imageFolder(record)
            try folder.removeFile("image")
            try folder.createFile("image", mode: 0o600).truncate(to: record.size.bytes)
        }
        #expect(try contract.view(record.id).isOnOtherImage)
        #expect(try contract.volumes.health(of: [record]).first?.isAbnormal == true)
        #expect(try fault { try contract.volumes.stage(record.id, at: staging, .block()) } == .notNow)
        try contract.volumes.unstage(record.id, at: staging)
        try contract.volumes.stage(record.id, at: staging, .block())
        #expect(try !contract.view(record.id).isOnOtherImage)
        try contract.volumes.unstage(record.id, at: staging)
    }

    @Test("Links are not followed, neither at the end of a path nor on the way", arguments: Backend.allCases)
    func links(backend: Backend) throws {
        let contract = try Contract(backend)
        let record = try contract.create()
        let (link, folder) = (try contract.path("link"), try contract.folder("folder"))
        if let fake = contract.node as? FakeNode {
            fake.change { $0.files[link.text] = .link }
        } else {
            try TestTool.run("ln", ["-s", folder.text, link.text])
        }
        let below = try contract.path("link/below")
        #expect(try fault { try contract.volumes.stage(record.id, at: link, .mount()) } == .malformed)
        #expect(try fault { _ = try contract.node.ensureTarget(link, asFile: false) } == .malformed)
        #expect(try fault { _ = try contract.node.ensureTarget(below, asFile: false) } == .malformed)
        #expect(try contract.view(record.id) == VolumeOnNode())
        try contract.volumes.stage(record.id, at: folder, .mount())
        #expect(
            try fault {
                try contract.volumes.publish(record.id, from: folder, to: link, .mount(), readOnly: false)
            } == .malformed)
        try contract.volumes.unstage(record.id, at: folder)
    }

    @Test(
        "A whole life ends with nothing left", arguments: Backend.allCases,
        [VolumeKind.block, .filesystem(.ext4), .filesystem(.xfs), .filesystem(.btrfs)])
    func life(backend: Backend, kind: VolumeKind) throws {
        let contract = try Contract(backend)
        let id = try contract.create(kind, size: kind.minimumSize).id
        let capability = kind == .block ? VolumeCapability.block() : .mount()
        let (staging, target) = (try contract.folder("staging"), try contract.path("target"))
        let grown = ByteCount(known: kind.minimumSize.bytes + (64 << 20))
        for _ in 0..<2 { try contract.volumes.stage(id, at: staging, capability) }
        for _ in 0..<2 {
            try contract.volumes.publish(id, from: staging, to: target, capability, readOnly: false)
        }
        _ = try contract.catalog.expand(
            id, to: CapacityRange(requiredBytes: grown.bytes, limitBytes: 0), usedAs: capability)
        if kind != .filesystem(.ext4) || contract.node.growsMounted(.ext4) {
            #expect(try contract.volumes.expand(id, at: target, to: .any, usedAs: capability) == grown)
        } else {
            #expect(
                try complaint {
                    _ = try contract.volumes.expand(id, at: target, to: .any, usedAs: capability)
                }?
                .contains("CAP_SYS_RESOURCE") == true)
        }
        let (usage, health) = try contract.volumes.usage(of: id, at: target)
        #expect(usage.bytes.total > 0)
        #expect(health.troubles.isEmpty)
        #expect(try fault { try contract.catalog.delete(id) } == .notNow)
        for _ in 0..<2 { try contract.volumes.unpublish(id, from: target) }
        for _ in 0..<2 { try contract.volumes.unstage(id, at: staging) }
        #expect(try contract.view(id) == VolumeOnNode())
        try contract.volumes.stage(id, at: staging, capability)
        if kind != .block {
            #expect(try contract.volumes.usage(of: id, at: staging).usage.bytes.total > (40 << 20))
        }
        try contract.volumes.unstage(id, at: staging)
        try contract.catalog.delete(id)
        #expect(try contract.store.names().isEmpty)
        if backend == .kernel { #expect(try KernelLeaks.below(contract.base).isEmpty) }
    }
}
