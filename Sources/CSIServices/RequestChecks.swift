import CSIWire
import Volumes

/// The rules for fields of every request (CSI 1.x, "Size Limits" and "Required vs Optional Fields").
enum RequestChecks {
    /// Longest text of a field that has no limit of its own, in bytes of UTF-8.
    private static let longestText = 128
    /// Largest sum of keys and values of a map.
    private static let largestMap = 4096

    /// A text that must be there and not be too long.
    static func required(_ text: String, _ field: String) throws(VolumeFault) -> String {
        guard !text.isEmpty else { throw .malformed(field: field, why: "it is required") }
        guard text.utf8.count <= longestText else {
            throw .malformed(
                field: field, why: "it has \(text.utf8.count) bytes, more than the \(longestText) allowed")
        }
        return text
    }

    /// A name that a caller chose: any Unicode but control characters other than tab and line ends.
    static func name(_ text: String) throws(VolumeFault) -> String {
        let name = try required(text, "name")
        let isLegal = name.unicodeScalars.allSatisfy { scalar in
            switch scalar.value {
            case 0x09, 0x0A, 0x0D: true
            case 0x00...0x1F, 0x7F...0x9F: false
            default: true
            }
        }
        guard isLegal else { throw .malformed(field: "name", why: "it contains a control character") }
        return name
    }

    /// A map that must not be too large.
    static func map(_ map: [String: String], _ field: String) throws(VolumeFault) -> [String: String] {
        let size = map.reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count }
        guard size <= largestMap else {
            throw .malformed(field: field, why: "it has \(size) bytes, more than the \(largestMap) allowed")
        }
        return map
    }

    /// The handle of a required volume_id; one that this driver did not mint names no volume.
    static func volumeID(_ text: String) throws(VolumeFault) -> VolumeID? {
        VolumeID(try required(text, "volume_id"))
    }

    /// A capacity range, if there is one.
    static func range(_ range: CSI.CapacityRange?) throws(VolumeFault) -> CapacityRange? {
        guard let range else { return nil }
        return try CapacityRange(requiredBytes: range.requiredBytes, limitBytes: range.limitBytes)
    }
}
