import Testing
import Volumes
import VolumesTestSupport

@Suite("How large a volume must and may be")
struct CapacityRangeTests {
    private static let gib: Int64 = 1 << 30
    private static let mib: Int64 = 1 << 20

    private func size(_ required: Int64, _ limit: Int64, _ kind: VolumeKind = .filesystem(.ext4)) throws
        -> Int64
    {
        try CapacityRange(requiredBytes: required, limitBytes: limit).size(for: kind).bytes
    }

    @Test("Negative, inverted and empty ranges are malformed")
    func malformed() throws {
        for (required, limit) in [(-1, 0), (0, -1), (0, 0), (2, 1), (.min, .min), (1, .min)]
            as [(Int64, Int64)]
        {
            #expect(
                try fault { _ = try CapacityRange(requiredBytes: required, limitBytes: limit) } == .malformed,
                "\(required) \(limit)")
        }
    }

    @Test("A required size is served, rounded up to whole blocks")
    func required() throws {
        #expect(try size(Self.gib, 0) == Self.gib)
        #expect(try size(Self.gib + 1, 0) == Self.gib + 4096)
        #expect(try size(Self.gib, Self.gib) == Self.gib)
        #expect(try size(Self.gib + 1, 2 * Self.gib) == Self.gib + 4096)
    }

    @Test("A size that is no whole number of blocks cannot be served exactly")
    func exactOdd() throws {
        #expect(try fault { _ = try size(Self.gib + 1, Self.gib + 1) } == .sizeNotServable)
        #expect(try fault { _ = try size(Self.gib + 1, Self.gib + 4095) } == .sizeNotServable)
        #expect(try size(Self.gib + 1, Self.gib + 4096) == Self.gib + 4096)
    }

    @Test("Nothing asked means the default size")
    func anySize() throws {
        #expect(try CapacityRange.any.size(for: .block) == CapacityRange.defaultSize)
        #expect(try CapacityRange.any.size(for: .filesystem(.xfs)) == CapacityRange.defaultSize)
    }

    @Test("A limit alone is obeyed, down to the smallest volume of the kind")
    func limitOnly() throws {
        #expect(try size(0, 5 * Self.gib) == Self.gib)
        #expect(try size(0, Self.gib) == Self.gib)
        #expect(try size(0, Self.gib - 1) == Self.gib - 4096)
        #expect(try size(0, 20 * Self.mib + 5) == 20 * Self.mib)
        #expect(try size(0, 16 * Self.mib) == 16 * Self.mib)
        #expect(try fault { _ = try size(0, 16 * Self.mib - 1) } == .sizeNotServable)
        #expect(try fault { _ = try size(0, 1, .block) } == .sizeNotServable)
        #expect(try size(0, Self.mib, .block) == Self.mib)
    }

    @Test(
        "A small wish becomes the smallest volume of its kind where the limit lets it",
        arguments: FilesystemKind.allCases)
    func minimum(kind: FilesystemKind) throws {
        let least = kind.minimumSize.bytes
        #expect(try size(1, 0, .filesystem(kind)) == least)
        #expect(try size(1, least, .filesystem(kind)) == least)
        #expect(try fault { _ = try size(1, least - 1, .filesystem(kind)) } == .sizeNotServable)
        #expect(try fault { _ = try size(0, least - 1, .filesystem(kind)) } == .sizeNotServable)
    }

    @Test("Nothing above the maximum is served, up to the largest number there is")
    func maximum() throws {
        let most = CapacityRange.maximumSize.bytes
        #expect(try size(most, 0) == most)
        #expect(try fault { _ = try size(most + 1, 0) } == .sizeNotServable)
        #expect(try fault { _ = try size(.max, 0) } == .sizeNotServable)
        #expect(try fault { _ = try size(.max, .max) } == .sizeNotServable)
        #expect(try size(0, .max) == Self.gib)
        #expect(try size(1, .max) == 16 * Self.mib)
    }

    @Test(
        "Whatever size is made is one that the range admits",
        arguments: [VolumeKind.block, .filesystem(.btrfs)])
    func admitted(kind: VolumeKind) throws {
        let interesting: [Int64] = [
            0, 1, 4095, 4096, Self.mib, 128 * Self.mib - 1, 128 * Self.mib, Self.gib - 1, Self.gib,
            3 * Self.gib + 1,
            CapacityRange.maximumSize.bytes, .max,
        ]
        for required in interesting {
            for limit in interesting where limit == 0 ? required > 0 : limit >= required {
                let range = try CapacityRange(requiredBytes: required, limitBytes: limit)
                do {
                    let size = try range.size(for: kind)
                    #expect(range.admits(size), "\(required) to \(limit) made \(size)")
                    #expect(size.bytes % 4096 == 0)
                    #expect(size >= kind.minimumSize)
                } catch {
                    #expect(FaultKind(error) == .sizeNotServable)
                }
            }
        }
    }

    @Test("A range admits what lies in it")
    func admits() throws {
        let range = try CapacityRange(requiredBytes: 100, limitBytes: 200)
        for (bytes, isIn) in [(99, false), (100, true), (200, true), (201, false)] as [(Int64, Bool)] {
            #expect(range.admits(ByteCount(known: bytes)) == isIn)
        }
        #expect(CapacityRange.any.admits(.zero))
    }
}
