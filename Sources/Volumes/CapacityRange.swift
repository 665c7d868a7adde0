/// How large a volume must and may be, as a caller asked.
package struct CapacityRange: Equatable, Sendable {
    /// At least so much, if said.
    package let required: ByteCount?
    /// At most so much, if said.
    package let limit: ByteCount?

    /// Every image is a whole number of these: the largest sector size of a loop device.
    package static let granularity = ByteCount(known: 4096)
    /// The size where the caller names none.
    package static let defaultSize = ByteCount.gibibytes(1)
    /// No image is larger; ext4 with 4 KiB blocks as a backing file system ends here.
    package static let maximumSize = ByteCount(known: 16 << 40).minus(granularity)

    /// Any size will do.
    package static let any = CapacityRange(required: nil, limit: nil)

    private init(required: ByteCount?, limit: ByteCount?) {
        self.required = required
        self.limit = limit
    }

    /// Checks the two numbers of a request, where zero means "not said".
    ///
    /// - Throws: `malformed` for a negative number, an inverted range, or a range that says nothing.
    package init(requiredBytes: Int64, limitBytes: Int64) throws(VolumeFault) {
        guard let required = ByteCount(requiredBytes) else {
            throw .malformed(field: "capacity_range.required_bytes", why: "\(requiredBytes) is negative")
        }
        guard let limit = ByteCount(limitBytes) else {
            throw .malformed(field: "capacity_range.limit_bytes", why: "\(limitBytes) is negative")
        }
        guard required > .zero || limit > .zero else {
            throw .malformed(field: "capacity_range", why: "set required_bytes, limit_bytes or both")
        }
        guard limit == .zero || required <= limit else {
            throw .malformed(
                field: "capacity_range",
                why: "limit_bytes \(limitBytes) is below required_bytes \(requiredBytes)")
        }
        self.init(required: required > .zero ? required : nil, limit: limit > .zero ? limit : nil)
    }

    /// True where a volume of that size is what the caller asked for.
    package func admits(_ size: ByteCount) -> Bool {
        size >= required ?? .zero && size <= limit ?? Self.maximumSize
    }

    /// The size to make: the required one (or the default), rounded up to what a volume of this kind needs.
    ///
    /// - Throws: `sizeNotServable` where rounding up passes `limit_bytes` or the driver's maximum.
    package func size(for kind: VolumeKind) throws(VolumeFault) -> ByteCount {
        let wish = required ?? min(Self.defaultSize, limit ?? Self.defaultSize)
        guard let size = max(wish, kind.minimumSize).roundedUp(to: Self.granularity), size <= Self.maximumSize
        else {
            throw .sizeNotServable("\(wish) is above the largest volume, \(Self.maximumSize)")
        }
        if let limit, size > limit, required == nil, limit >= kind.minimumSize {
            // Only a limit was said: the largest whole number of blocks below it serves.
            return ByteCount(known: limit.bytes - limit.bytes % Self.granularity.bytes)
        }
        if let limit, size > limit {
            throw .sizeNotServable(
                "limit_bytes \(limit.bytes) is below \(size.bytes), the smallest \(kind) volume that serves the request"
            )
        }
        return size
    }
}
