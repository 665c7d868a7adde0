import LinuxHost
package import Volumes

extension DiskPool {
    package func largestSize(of source: ContentSource) throws(VolumeFault) -> ByteCount? {
        // Through the page cache, which the kernel keeps in step with what a loop device writes past it; and the numbers
        // asked for do not change while the file system is mounted.
        let superblock = try VolumeFault.onHost("read the superblock of \(source)") {
            () throws(SystemError) in try Superblock.read(try openImage(of: source))
        }
        guard let largest = superblock?.geometry.largestBytes else { return nil }
        let unit = CapacityRange.granularity.bytes
        return min(ByteCount(known: largest - largest % unit), CapacityRange.maximumSize)
    }
}
