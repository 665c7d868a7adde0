import Text

/// What the pool remembers of a volume: the request as it was accepted, and what was made of it.
package struct VolumeRecord: Equatable, Sendable {
    /// The handle.
    package let id: VolumeID
    /// The name that the caller chose, unchanged.
    package let requestedName: String
    /// Size of the image now; grows by expansion.
    package var size: ByteCount
    /// Raw disk, or the file system that it was born with.
    package let kind: VolumeKind
    /// Thick or thin, decided at creation.
    package let provisioning: Provisioning
    /// Logical block size of its loop devices for life, in bytes.
    package let sectorBytes: UInt32
    /// The parameters of the creating request, for the comparison with a repeat of it.
    package let parameters: VolumeParameters
    /// What it was made from, if not from nothing.
    package let source: ContentSource?
    /// The volume that all objects descend from that it may share blocks with; nothing where it was made from nothing.
    package var lineage: VolumeName?
    /// When it was created, RFC 3339.
    package let created: String
    /// Whom it was made for.
    package let madeFor: ClaimNames
    /// For an inline volume the target path of its pod, which it lives and ends with.
    package let inlineTarget: String?

    /// The sector size of volumes that nothing else was said of.
    package static let usualSectorBytes: UInt32 = 4096

    /// Puts a record together.
    package init(
        id: VolumeID, requestedName: String, size: ByteCount, kind: VolumeKind, provisioning: Provisioning,
        sectorBytes: UInt32, parameters: VolumeParameters, source: ContentSource? = nil,
        lineage: VolumeName? = nil, created: String, madeFor: ClaimNames = .none,
        inlineTarget: String? = nil
    ) {
        self.lineage = lineage
        self.id = id
        self.requestedName = requestedName
        self.size = size
        self.kind = kind
        self.provisioning = provisioning
        self.sectorBytes = sectorBytes
        self.parameters = parameters
        self.source = source
        self.created = created
        self.madeFor = madeFor
        self.inlineTarget = inlineTarget
    }

    /// Why a repeat of CreateVolume with this request does not mean this volume, or nothing where it does.
    ///
    /// CSI 1.x, CreateVolume: the same name with an incompatible request is ALREADY_EXISTS.
    package func difference(from request: CreateRequest) -> String? {
        if !requestedName.isSame(as: request.name) { return "its name is '\(requestedName)'" }
        if inlineTarget != request.inlineTarget { return "it is a volume of a pod's own, or of another pod" }
        if !request.range.admits(size) { return "its size is \(size.bytes) bytes" }
        if source != request.source { return "it was made from \(source.map { "\($0)" } ?? "nothing")" }
        if kind != request.kind(from: kind) { return "it is a \(kind) volume" }
        if parameters != request.parameters.withoutSectorSize {
            return "it was created with other parameters"
        }
        let sectors = request.parameters.sectorBytes ?? (source == nil ? Self.usualSectorBytes : sectorBytes)
        if sectors != sectorBytes { return "its sectors have \(sectorBytes) bytes" }
        return nil
    }
}

/// A request to create a volume, checked and in the terms of the domain.
package struct CreateRequest: Sendable {
    /// The name that the caller chose.
    package let name: String
    /// How large it must and may be.
    package let range: CapacityRange
    /// What it is to be for life.
    package let kind: VolumeKind
    /// True where the caller named no file system, so that a copy may have its source's.
    package let takesAnyFilesystem: Bool
    /// The StorageClass parameters.
    package let parameters: VolumeParameters
    /// What to make it from, if not from nothing.
    package let source: ContentSource?
    /// Where it may be: sets of topology segments, any of which will do; empty means anywhere.
    package let requisite: [Topology]
    /// Where it had better be, best first.
    package let preferred: [Topology]
    /// Whom it is made for.
    package let madeFor: ClaimNames
    /// For an inline volume the target path of its pod.
    package let inlineTarget: String?

    /// Puts a request together.
    ///
    /// - Throws: `malformed` for mkfs options that do not suit the kind.
    package init(
        name: String, range: CapacityRange, kind: VolumeKind, takesAnyFilesystem: Bool = false,
        parameters: VolumeParameters, source: ContentSource? = nil, requisite: [Topology] = [],
        preferred: [Topology] = [], madeFor: ClaimNames = .none, inlineTarget: String? = nil
    ) throws(VolumeFault) {
        try parameters.mkfsOptions.check(for: kind)
        self.name = name
        self.range = range
        self.kind = kind
        self.takesAnyFilesystem = takesAnyFilesystem
        self.parameters = parameters
        self.source = source
        self.requisite = requisite
        self.preferred = preferred
        self.madeFor = madeFor
        self.inlineTarget = inlineTarget
    }
}

extension CreateRequest {
    /// What the volume is to be when it is copied from something of that kind.
    func kind(from source: VolumeKind) -> VolumeKind {
        if takesAnyFilesystem, kind != .block, source != .block { source } else { kind }
    }
}

/// A set of topology segments, key to value.
package typealias Topology = [String: String]
