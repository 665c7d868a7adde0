extension CSI {
    /// A place: one value for each topology key.
    package struct Topology: CSIMessage {
        /// The value of each key.
        package var segments: [String: String] = [:]

        /// Makes a message with nothing set.
        package init() {}

        /// Makes a message of these fields; what is left out is unset.
        package init(segments: [String: String]) {
            self.segments = segments
        }

        /// Copies each field, in the direction of the coder.
        package mutating func code(with coder: FieldCoder) {
            coder.map("segments", &segments)
        }
    }

    /// Where a volume has to be reachable.
    package struct TopologyRequirement: CSIMessage {
        /// The volume must be reachable from at least one of these.
        package var requisite: [Topology] = []
        /// The places to try first, best first.
        package var preferred: [Topology] = []

        /// Makes a message with nothing set.
        package init() {}

        /// Makes a message of these fields; what is left out is unset.
        package init(requisite: [Topology] = [], preferred: [Topology] = []) {
            self.requisite = requisite
            self.preferred = preferred
        }

        /// Copies each field, in the direction of the coder.
        package mutating func code(with coder: FieldCoder) {
            coder.messages("requisite", &requisite)
            coder.messages("preferred", &preferred)
        }
    }
}
