import CSIWire
import Glibc
import Testing

@Suite("Hostile bytes")
struct HostileBytesTests {
    /// A request that uses each kind of field.
    static let sample = CSI.CreateVolumeRequest(
        name: "pvc-ä", capacityRange: CSI.CapacityRange(requiredBytes: 1 << 33, limitBytes: -1),
        volumeCapabilities: [
            CSI.VolumeCapability(
                access: .mount(fsType: "ext4", flags: ["ro", "x"], group: "5"), mode: .singleNodeWriter),
            CSI.VolumeCapability(access: .block, mode: .multiNodeMultiWriter),
        ],
        parameters: ["a": "1", "b": "2"], secrets: CSI.Secrets(["user": "me"]),
        contentSource: .volume(id: "v"),
        accessibilityRequirements: CSI.TopologyRequirement(
            requisite: [CSI.Topology(segments: ["zone": "1"])],
            preferred: [CSI.Topology(segments: ["zone": "2"])]),
        mutableParameters: ["m": "n"])

    /// The message of the refusal, or nil if the bytes were accepted.
    private func refusal<M: CSIRequest>(of bytes: [UInt8], as: M.Type) -> String? {
        do throws(CSIStatus) {
            _ = try M(decoding: bytes)
            return nil
        } catch {
            #expect(error.code == .invalidArgument)
            return error.message
        }
    }

    @Test("that name a field say which")
    func names() {
        func refusal(_ bytes: [UInt8]) -> String? {
            self.refusal(of: bytes, as: CSI.CreateVolumeRequest.self)
        }
        #expect(refusal([0x0a, 0x02, 0xc3, 0x28]) == "CreateVolumeRequest.name is not valid UTF-8")
        #expect(refusal([0x0a, 0x03, 0x61, 0x00, 0x62]) == "CreateVolumeRequest.name contains a NUL")
        #expect(refusal([0x0a, 0x01, 0x00]) == "CreateVolumeRequest.name contains a NUL")
        #expect(
            refusal([0x22, 0x05, 0x0a, 0x03, 0x61, 0x00, 0x62])
                == "CreateVolumeRequest.parameters.key contains a NUL")
        #expect(
            refusal([0x2a, 0x03, 0x12, 0x01, 0xff]) == "CreateVolumeRequest.secrets.value is not valid UTF-8")
        #expect(
            refusal([0x1a, 0x05, 0x12, 0x03, 0x12, 0x01, 0x00])
                == "CreateVolumeRequest.volume_capabilities.mount.mount_flags contains a NUL")
        #expect(refusal([0x08, 0x01]) == "CreateVolumeRequest.name has wire type 0 instead of 2")
        #expect(
            refusal([0x12, 0x03, 0x0a, 0x01, 0x61])
                == "CreateVolumeRequest.capacity_range.required_bytes has wire type 2 instead of 0")
    }

    @Test(
        "that are not even a message are refused",
        arguments: [
            [0x0a],  // a field without its value
            [0x0a, 0x05, 0x61],  // a length beyond the end
            [0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f],  // a length of 4 GiB
            [0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],  // a length of 64 bits
            [0x0a, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00],  // a length of zero in six bytes
            [0x12, 0x03, 0x08, 0x80, 0x80],  // a number that runs on
            // A number of 11 bytes.
            [0x12, 0x0c, 0x08, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01],
            [0x02, 0x00],  // field number zero
            [0x8a, 0x80, 0x80, 0x80, 0x10, 0x01, 0x61],  // field number 1 with a bit beyond the 32
            [0x0b, 0x0c],  // a group
            [0x0e], [0x0f],  // no such wire type
            [0xfd, 0x7f, 1, 2],  // four bytes cut short
        ] as [[UInt8]])
    func malformed(bytes: [UInt8]) {
        #expect(
            refusal(of: bytes, as: CSI.CreateVolumeRequest.self)?.hasPrefix("CreateVolumeRequest") == true)
    }

    @Test("cut off anywhere either fail or hold what came before")
    func truncation() throws {
        let bytes = Self.sample.encoded()
        for end in bytes.indices {
            guard refusal(of: Array(bytes[..<end]), as: CSI.CreateVolumeRequest.self) == nil else { continue }
            let decoded = try CSI.CreateVolumeRequest(decoding: Array(bytes[..<end]))
            #expect(decoded.name == Self.sample.name || end == 0)
            #expect(decoded != Self.sample)
        }
    }

    @Test("by the million of empty elements are refused before they cost memory")
    func manyElements() throws {
        let elements = Array(repeating: [0x1a, 0x00] as [UInt8], count: 262_144)
        let allowed = try CSI.CreateVolumeRequest(decoding: Array(elements.joined()))
        #expect(allowed.volumeCapabilities.count == 262_144)
        #expect(
            refusal(of: Array(elements.joined()) + [0x1a, 0x00], as: CSI.CreateVolumeRequest.self)
                == "CreateVolumeRequest holds more than 262144 fields")
    }

    @Test("nested without end in a field that is not known are skipped")
    func deepNesting() throws {
        var bytes: [UInt8] = []
        for _ in 0..<1000 {
            let length = bytes.count
            bytes = [0xfa, 0x7f, UInt8(length & 0x7f | 0x80), UInt8(length >> 7)] + bytes
        }
        #expect(try CSI.DeleteVolumeRequest(decoding: bytes) == CSI.DeleteVolumeRequest())
    }

    @Test("made by chance are refused, or mean the same when written and read again", arguments: 0..<8)
    func mutations(seed: UInt64) throws {
        var chance = SplitMix(state: seed)
        let original = Self.sample.encoded()
        for _ in 0..<2000 {
            let bytes = chance.mutation(of: original)
            guard refusal(of: bytes, as: CSI.CreateVolumeRequest.self) == nil else { continue }
            let decoded = try CSI.CreateVolumeRequest(decoding: bytes)
            #expect(try CSI.CreateVolumeRequest(decoding: decoded.encoded()) == decoded)
        }
    }

    // AddressSanitizer keeps freed memory, and looks for leaks by itself.
    @Test("leave no memory behind, whether refused or not", .enabled(if: !runsUnderAddressSanitizer))
    func leaks() async {
        await #expect(processExitsWith: .success) {
            func residentPages() -> Int {
                guard let file = unsafe fopen("/proc/self/statm", "r") else {
                    fatalError("no /proc/self/statm")
                }
                defer { unsafe fclose(file) }
                var line = [CChar](repeating: 0, count: 128)
                guard unsafe fgets(&line, 128, file) != nil else { fatalError("/proc/self/statm is empty") }
                let text = String(decoding: line.map { UInt8(bitPattern: $0) }, as: UTF8.self)
                return Int(text.split(separator: " ")[1]) ?? 0
            }
            func growth(_ work: () -> Void) -> Int {
                for _ in 0..<2000 { work() }
                let before = residentPages()
                for _ in 0..<20000 { work() }
                return residentPages() - before
            }
            // 64 bytes a round are 312 pages.
            let leak = growth { _ = unsafe malloc(64) }
            guard leak > 250 else { fatalError("the count does not see a leak: \(leak) pages") }

            let original = HostileBytesTests.sample.encoded()
            var chance = SplitMix(state: 7)
            let lost = growth {
                _ = try? CSI.CreateVolumeRequest(decoding: chance.mutation(of: original)).encoded()
            }
            guard lost < 125 else { fatalError("\(lost) pages were lost") }
        }
    }
}

/// Whether the process has the functions of AddressSanitizer.
private var runsUnderAddressSanitizer: Bool {
    guard let program = unsafe dlopen(nil, RTLD_NOW) else { return false }
    return unsafe dlsym(program, "__asan_init") != nil
}

/// Random numbers that are the same in each run.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    /// The bytes with a few of them changed, doubled, moved or taken out.
    mutating func mutation(of original: [UInt8]) -> [UInt8] {
        var bytes = original
        for _ in 0...Int.random(in: 0..<4, using: &self) {
            let place = Int.random(in: 0..<max(1, bytes.count), using: &self)
            let end = min(bytes.count, place + Int.random(in: 1..<24, using: &self))
            guard place < end else { continue }
            switch Int.random(in: 0..<5, using: &self) {
            case 0: bytes[place] = UInt8.random(in: .min ... .max, using: &self)
            case 1: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &self)
            case 2: bytes.insert(contentsOf: bytes[place..<end], at: place)
            case 3: bytes.removeSubrange(place..<end)
            default: bytes.append(contentsOf: bytes[place..<end])
            }
        }
        return bytes
    }
}
