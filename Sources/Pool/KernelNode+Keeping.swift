import LinuxHost
import Log

extension KernelNode {
    /// Takes back the mark by which a device goes with its last user; a driver sets none that outlasts its call.
    func keepAttached(_ found: Attachments.Found) {
        guard let status = found.status, status.autoclear,
            ImagePath(status.backingPath)?.name == status.name[...]
        else { return }
        do {
            try found.device.keep(
                ifHolding: LoopContent(identity: status.backing, path: found.path))
        } catch {
            log.warning("\(found.device) may go with its last user", (.error, "\(error)"))
        }
    }
}
