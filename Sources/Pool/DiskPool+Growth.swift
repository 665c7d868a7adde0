import LinuxHost
package import Volumes

extension DiskPool {
    package func largestSize(of source: ContentSource) throws(VolumeFault) -> ByteCount? {
        // Through the page cache, which the kernel keeps in step with what a loop device writes past it; and the numbers
        // asked for do not change while the file system is mounted.
        let step = "read the superblock of \(source)"
        let image = try openImage(of: source, step)
        let superblock = try VolumeFault.onHost(step) { () throws(SystemError) in try Superblock.read(image) }
        guard let largest = superblock?.geometry.largestBytes else { return nil }
        let unit = CapacityRange.granularity.bytes
        return min(ByteCount(known: largest - largest % unit), CapacityRange.maximumSize)
    }
}
