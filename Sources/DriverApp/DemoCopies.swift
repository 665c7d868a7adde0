import CSIWire
import LinuxHost

/// A volume at three moments: itself, restored from a snapshot, and cloned; all of them mounted at once.
struct DemoCopies {
    private static let bytes: Int64 = 1 << 30

    private let client: VolumeClient
    private let steps: DemoSteps
    private let kernel: KernelView
    private let source: DemoVolume
    private let restored: DemoVolume
    private let clone: DemoVolume

    init(_ bench: Workbench, _ steps: DemoSteps) throws {
        client = bench.client
        self.steps = steps
        kernel = KernelView(pool: bench.pool)
        source = try DemoVolume("demo-source", bench)
        restored = try DemoVolume("demo-restored", bench)
        clone = try DemoVolume("demo-clone", bench)
    }

    func run() throws {
        let volume = try steps.step("create ext4, 1 GiB") {
            try source.create(bytes: Self.bytes)
        } shows: { _ in
            try source.sentence()
        }
        try use(source, volume)
        try count(from: 1, to: 100)
        let snapshot = try cut(volume)
        try count(from: 101, to: 200)
        let first = try copy("restore the snapshot", restored, from: .snapshot(id: snapshot))
        try use(restored, first)
        try read("the restored volume says 100", restored, 100)
        try read("while the source says 200", source, 200)
        let second = try copy("clone the source in use", clone, from: .volume(id: volume))
        try use(clone, second)
        try read("the clone says 200", clone, 200)
        try steps.step("delete the snapshot") {
            try client.deleteSnapshot(snapshot)
        } shows: {
            guard try kernel.snapshot("demo-snapshot") == nil else { throw Surprise("it is still there") }
            return "no image; the restored volume says \(try restored.counter(expecting: 100))"
        }
        try steps.step("end all three") {
            for (place, volume) in [(source, volume), (restored, first), (clone, second)] {
                try place.end(volume)
            }
        } shows: {
            for place in [source, restored, clone] { try place.expectNothing() }
            return "no mounts, no loop devices, no images"
        }
    }

    private func cut(_ volume: String) throws -> String {
        let free = try kernel.free()
        return try steps.step("snapshot, while it is mounted") {
            try client.snapshot(of: volume, named: "demo-snapshot")
        } shows: { _ in
            guard let image = try kernel.snapshot("demo-snapshot") else {
                throw Surprise("there is no image")
            }
            return "an image of \(Figure.bytes(image.sizeBytes)), for which the pool gave "
                + Figure.bytes(max(0, free - (try kernel.free())))
        }
    }

    private func copy(_ title: String, _ place: DemoVolume, from source: CSI.VolumeContentSource) throws
        -> String
    {
        let free = try kernel.free()
        return try steps.step(title) {
            try place.create(bytes: Self.bytes, from: source)
        } shows: { _ in
            "\(try place.sentence()), for which the pool gave "
                + Figure.bytes(max(0, free - (try kernel.free())))
        }
    }

    private func use(_ place: DemoVolume, _ volume: String) throws {
        try steps.step("stage and publish") {
            try place.use(volume)
        } shows: {
            "\(try kernel.sentence(mountAt: place.target)) at its target"
        }
    }

    private func count(from first: Int, to last: Int) throws {
        try steps.step(first == 1 ? "count to \(last) in a file" : "count on to \(last)") {
            try source.count(from: first, to: last)
        } shows: {
            "the last line is \(try source.counter(expecting: last))"
        }
    }

    private func read(_ title: String, _ place: DemoVolume, _ number: Int) throws {
        _ = try steps.step(title) {
            try place.counter(expecting: number)
        } shows: { number in
            "\(try kernel.sentence(mountAt: place.target)): \(number)"
        }
    }
}
