package import Volumes

/// A volume whose condition on this node is abnormal.
package struct AbnormalVolume: Equatable, Sendable {
    /// Which one.
    package let id: VolumeID
    /// What is wrong with it, each a sentence; at least one.
    package let troubles: [String]
}
