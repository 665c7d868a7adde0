/// How large the texts of a message may be, in bytes of UTF-8 (CSI 1.x, "Size Limits"), by the names of fields.
///
/// Checked while bytes are scanned, so that no text is compared, hashed or made a key before its length is known.
enum WireBounds {
    /// The longest text of a field that has no limit of its own.
    static let longestText = 128
    /// The largest sum of a map's keys and values, or of the mount flags.
    static let largestSum = 4096
    /// The longest key of a map: a DNS name of 253 bytes, a slash, and a name of 63.
    static let longestKey = 317
    /// No list with a limit has a lower one.
    static let shortestList = 1024

    /// The longest text that a field may hold; of a map, what its sum leaves to one value.
    static func longest(_ field: String) -> Int {
        switch field {
        // PATH_MAX without the terminating zero: kubelet's paths are longer than 128 bytes.
        case "staging_target_path", "target_path", "volume_path": 4095
        case "mount_flags": largestSum
        case "node_id", "published_node_ids": 256
        // Sentences of replies, for people.
        case "message": 4096
        // One that is too long is none of ours, which CSI 1.x wants to be ABORTED.
        case "starting_token": .max
        default: longestText
        }
    }

    /// The largest sum of a list of texts, or of the keys and values of a map.
    static func sum(_ field: String, isMap: Bool) -> Int {
        switch field {
        // A node names each of its pools in it; no caller of a driver sends one.
        case "manifest": 65536
        case "mount_flags": largestSum
        default: isMap ? largestSum : .max
        }
    }

    /// The most elements of a list.
    static func count(_ field: String) -> Int {
        switch field {
        case "source_volume_ids", "snapshot_ids": shortestList
        // External-provisioner sends one for each node of the cluster where a class does not wait for a pod.
        case "requisite", "preferred": 16384
        // Pages of lists, and what walks once over its elements: `WireScan.maximumFields` bounds them.
        default: .max
        }
    }
}

/// Counts what a message holds of each of its repeated fields.
struct WireTally {
    private var fields: [(number: UInt32, count: Int, bytes: Int)] = []

    /// The place that the next element has in its list.
    func index(of field: FieldType) -> Int { fields.first { $0.number == field.number }?.count ?? 0 }

    /// Takes in one more element, with so many bytes of text that count for the sum.
    mutating func add(_ field: FieldType, isMap: Bool, bytes: Int) throws(WireFault) {
        let place = fields.firstIndex { $0.number == field.number } ?? fields.count
        if place == fields.count { fields.append((field.number, 0, 0)) }
        fields[place].count += 1
        fields[place].bytes += bytes
        // Names are asked for only where there is something to refuse.
        if fields[place].bytes > WireBounds.largestSum {
            let limit = WireBounds.sum(field.name, isMap: isMap)
            guard fields[place].bytes <= limit else {
                throw .ofValue("it has more than the \(limit) bytes allowed")
            }
        }
        if fields[place].count > WireBounds.shortestList {
            let limit = WireBounds.count(field.name)
            guard fields[place].count <= limit else {
                throw .ofValue("it has more than the \(limit) elements allowed")
            }
        }
    }
}
