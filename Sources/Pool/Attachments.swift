import LinuxHost
import Volumes

/// The loop devices that may carry certain volumes, at one moment.
///
/// They are found by the paths that the kernel remembers, so that no file system of a stranger is asked anything.
struct Attachments {
    /// A device on the image of a volume of some pool.
    struct Found {
        let device: LoopDevice
        /// Nothing where the file system of the image does not answer.
        let status: LoopStatus?
        let path: String
        let image: ImagePath

        /// In the terms of the domain; a device that tells nothing of itself is taken for a writable one.
        var asDevice: Device {
            Device(
                number: device.number, isReadOnly: status?.readOnly ?? false,
                file: status.map { BackingFile($0.backing) }, imagePath: path.withoutDeletedMark)
        }
    }

    /// A volume that is looked for, and what is known of it.
    struct Wanted {
        let id: VolumeID
        /// Its image, if somebody looked.
        var image: FileIdentity?
        /// The device that the driver noted for it.
        var noted: Device?
        /// Devices that are shown at the path from which it is to be taken.
        var shown: Set<Int32> = []
    }

    private var byName: [Substring: [Found]] = [:]
    private let places: [PoolID: Place]
    private let claimed: [Int32: Set<VolumeID>]

    /// Where a pool lies, as far as that is known without a look.
    struct Place {
        let path: String
        /// The number of its file system.
        let filesystem: UInt64
    }

    /// Nothing was found yet; `claimed` are the volumes that devices are noted for.
    init(places: [PoolID: Place], claimed: [Int32: Set<VolumeID>] = [:]) {
        self.places = places
        self.claimed = claimed
    }

    /// Looks at all devices whose files are images of volumes with such names.
    mutating func read(_ names: Set<Substring>) throws(SystemError) {
        for sight in try LoopDevices.sights() {
            guard let image = ImagePath(sight.path), names.contains(image.name) else { continue }
            try add(sight.device, sight.path, image)
        }
    }

    /// Looks at one device that is noted or shown for a volume; false if it does not carry that.
    ///
    /// Where somebody renamed the image, or a folder above it, the path tells nothing. Then it is the volume's if it carries
    /// the noted file, or has the volume's name, which the driver gave it.
    mutating func read(
        _ device: LoopDevice, named name: VolumeName, noted: BackingFile?
    ) throws(SystemError) -> Bool {
        guard let path = try device.backingPath() else { return false }
        if let image = ImagePath(path), image.name == name.text[...] {
            try add(device, path, image)
            return true
        }
        let status: LoopStatus
        do throws(SystemError) {
            guard let found = try device.status() else { return false }
            status = found
        } catch  where !error.errno.isShortage {
            return false
        }
        // The kernel keeps 63 bytes of a name.
        let isItsName = status.name.utf8.elementsEqual(name.text.utf8.prefix(63))
        guard isItsName, noted == nil || noted == BackingFile(status.backing) else { return false }
        byName[name.text[...], default: []].append(
            Found(device: device, status: status, path: path, image: ImagePath(renamedOf: name)))
        return true
    }

    /// Looks at the devices that are noted or shown for a volume and were not found by their paths.
    mutating func read(_ wanted: Wanted) throws(SystemError) {
        guard find(wanted) == nil else { return }
        for number in wanted.shown.union([wanted.noted?.number].compactMap(\.self)) {
            guard let device = try LoopDevice(number: number) else { continue }
            let noted = wanted.noted?.number == number ? wanted.noted?.file : nil
            _ = try read(device, named: wanted.id.name, noted: noted)
        }
    }

    private mutating func add(
        _ device: LoopDevice, _ path: String, _ image: ImagePath
    ) throws(SystemError) {
        let status: LoopStatus?
        do throws(SystemError) {
            status = try device.status()
            guard status != nil else { return }
        } catch  where !error.errno.isShortage {
            // LOOP_GET_STATUS64 asks the image's file system, which may have been shut down.
            status = nil
        }
        byName[image.name, default: []].append(
            Found(device: device, status: status, path: path, image: image))
    }

    /// The device of a volume, the surest first; nothing if none is.
    func find(_ wanted: Wanted) -> Found? {
        let candidates = byName[wanted.id.name.text[...]] ?? []
        if let image = wanted.image, let exact = candidates.first(where: { $0.status?.backing == image }) {
            return exact
        }
        let ranked = candidates.compactMap { found in rank(found, wanted).map { (found, $0) } }
        return ranked.min { $0.1 < $1.1 }?.0
    }

    /// How well a device with a file of the right name fits; nothing if it is another pool's.
    private func rank(_ found: Found, _ wanted: Wanted) -> Int? {
        if let noted = wanted.noted, noted.number == found.device.number,
            noted.file == nil || found.status.map({ noted.file == BackingFile($0.backing) }) ?? true
        {
            return 0
        }
        let place = places[wanted.id.pool]
        if let place, found.image.pool == place.path[...] { return 1 }
        guard !places.contains(where: { $0.key != wanted.id.pool && $0.value.path[...] == found.image.pool }),
            claimed[found.device.number]?.subtracting([wanted.id]).isEmpty ?? true
        else { return nil }
        if wanted.shown.contains(found.device.number) { return 2 }
        // What is left of a path whose mount is gone, or in another mount namespace, is its end.
        guard let place, place.path.hasSuffix(found.image.pool) else { return nil }
        guard let status = found.status else { return 3 }
        // Whoever knows the image, and sees another one, would take the volume of the same name in another pool.
        guard wanted.image == nil || found.path.withoutDeletedMark != found.path else { return nil }
        return status.backing.device == place.filesystem ? 3 : nil
    }
}
