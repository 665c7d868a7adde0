extension CSI {
    /// Asks for the volumes, page by page.
    package struct ListVolumesRequest: CSIRequest {
        /// The message that answers it.
        package typealias Reply = ListVolumesResponse

        /// At most so many in one answer; zero is no limit.
        package var maxEntries: Int32 = 0
        /// Where to go on, from an earlier answer.
        package var startingToken: String = ""

        /// Makes a message with nothing set.
        package init() {}

        /// Makes a message of these fields; what is left out is unset.
        package init(maxEntries: Int32 = 0, startingToken: String = "") {
            self.maxEntries = maxEntries
            self.startingToken = startingToken
        }

        /// Copies each field, in the direction of the coder.
        package mutating func code(with coder: FieldCoder) {
            coder.integer("max_entries", &maxEntries)
            coder.string("starting_token", &startingToken)
        }
    }

    /// One page of volumes.
    package struct ListVolumesResponse: CSIReply {
        /// The path of the call.
        package static let path = "/csi.v1.Controller/ListVolumes"

        /// The volumes.
        package var entries: [ListedVolume] = []
        /// Where to go on; empty at the end.
        package var nextToken: String = ""

        /// Makes a message with nothing set.
        package init() {}

        /// Makes a message of these fields; what is left out is unset.
        package init(entries: [ListedVolume] = [], nextToken: String = "") {
            self.entries = entries
            self.nextToken = nextToken
        }

        /// Copies each field, in the direction of the coder.
        package mutating func code(with coder: FieldCoder) {
            coder.messages("entries", &entries)
            coder.string("next_token", &nextToken)
        }
    }

    /// One volume of the list.
    package struct ListedVolume: CSIMessage {
        /// The volume; always set in an answer.
        package var volume: Volume? = nil
        /// Where it is in use, and how it does.
        package var status: VolumeStatus? = nil

        /// Makes a message with nothing set.
        package init() {}

        /// Makes a message of these fields; what is left out is unset.
        package init(volume: Volume? = nil, status: VolumeStatus? = nil) {
            self.volume = volume
            self.status = status
        }

        /// Copies each field, in the direction of the coder.
        package mutating func code(with coder: FieldCoder) {
            coder.message("volume", &volume)
            coder.message("status", &status)
        }
    }

    /// Asks about one volume.
    package struct ControllerGetVolumeRequest: CSIRequest {
        /// The message that answers it.
        package typealias Reply = ControllerGetVolumeResponse

        /// The handle of the volume.
        package var volumeID: String = ""

        /// Makes a message with nothing set.
        package init() {}

        /// Makes a message of these fields; what is left out is unset.
        package init(volumeID: String) {
            self.volumeID = volumeID
        }

        /// Copies each field, in the direction of the coder.
        package mutating func code(with coder: FieldCoder) {
            coder.string("volume_id", &volumeID)
        }
    }

    /// What the plugin knows about a volume.
    package struct ControllerGetVolumeResponse: CSIReply {
        /// The path of the call.
        package static let path = "/csi.v1.Controller/ControllerGetVolume"

        /// The volume; always set in an answer.
        package var volume: Volume? = nil
        /// Where it is in use, and how it does; always set in an answer.
        package var status: VolumeStatus? = nil

        /// Makes a message with nothing set.
        package init() {}

        /// Makes a message of these fields; what is left out is unset.
        package init(volume: Volume? = nil, status: VolumeStatus? = nil) {
            self.volume = volume
            self.status = status
        }

        /// Copies each field, in the direction of the coder.
        package mutating func code(with coder: FieldCoder) {
            coder.message("volume", &volume)
            coder.message("status", &status)
        }
    }
}
