import Synchronization
package import Volumes

/// Notes what is to be held still, and when it may go on.
package final class FakeQuieter: Quieter {
    /// Lets the quieting fail.
    package let faults: FaultPlan
    private let heard = Mutex<[String]>([])

    /// Nothing was asked for yet.
    package init(faults: FaultPlan = FaultPlan()) { self.faults = faults }

    /// What happened, such as `frozen pvc-1` and `thawed pvc-1`.
    package var events: [String] { heard.withLock { $0 } }

    package func quieten(
        _ volume: VolumeRecord, _ consistency: Consistency, expectedSeconds: Double?,
        _ copying: Copying
    ) throws(VolumeFault) {
        try faults.step("quieten")
        heard.withLock { $0.append("\(consistency) \(volume.requestedName)") }
        defer { heard.withLock { $0.append("on \(volume.requestedName)") } }
        try copying { true }
    }

    package func quieten(
        group volumes: [VolumeRecord], expectedSeconds: Double?, _ copying: Copying
    ) throws(VolumeFault) {
        try faults.step("quieten")
        let names = volumes.map(\.requestedName).joined(separator: " ")
        heard.withLock { $0.append("group \(names)") }
        defer { heard.withLock { $0.append("on \(names)") } }
        try copying { true }
    }
}
