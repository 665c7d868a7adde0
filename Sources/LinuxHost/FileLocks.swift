/// The flocks that processes and loop devices hold, read without taking one: a lock that is only tried could make the
/// program that wants it believe that somebody else works there.
package struct FileLocks: Sendable {
    /// Whether every lock of the machine is shown.
    ///
    /// A pid namespace shows the locks of its own processes only, and of those not the ones whose process has ended.
    package let areComplete: Bool
    private let holders: Set<String>

    /// Reads the table, proc_locks(5).
    ///
    /// The kernel hands a longer table out page by page and counts lines to find where it was (fs/seq_file.c, 6.18): where
    /// a lock goes in between, another one is left out. So a longer table is read several times, and a lock counts that
    /// was there once.
    package static func read() throws(SystemError) -> FileLocks {
        var text = ""
        for _ in 0..<5 {
            let bytes = try TextFile.readBytes("/proc/locks", limitBytes: 64 << 20)
            text += String(decoding: bytes, as: UTF8.self)
            if bytes.count < 4096 { break }
        }
        return FileLocks(parsing: text, areComplete: isInitialNamespace)
    }

    init(parsing text: String, areComplete: Bool) {
        var holders: Set<String> = []
        for line in text.split(separator: "\n") {
            // "4: FLOCK  ADVISORY  WRITE 815 00:2f:1234 0 EOF"; those with "->" still wait.
            let words = line.split(separator: " ")
            guard words.count >= 6, words[1] == "FLOCK" else { continue }
            holders.insert(String(words[5]))
        }
        self.holders = holders
        self.areComplete = areComplete
    }

    /// Whether somebody holds the flock of a file.
    ///
    /// `filesystem` is the number that the mount table shows (`Mount.device`); on btrfs that of the file differs from it.
    package func hold(inode: UInt64, on filesystem: DeviceNumber) -> Bool {
        holders.contains("\(hex(filesystem.major)):\(hex(filesystem.minor)):\(inode)")
    }

    private func hex(_ number: UInt32) -> String {
        let digits = String(number, radix: 16)
        return digits.utf8.count < 2 ? "0\(digits)" : digits
    }

    /// include/linux/proc_ns.h, PROC_PID_INIT_INO: the first pid namespace has the same number on every machine.
    private static var isInitialNamespace: Bool {
        do {
            return try FileStatus.at("/proc/self/ns/pid")?.identity.inode == 0xEFFF_FFFC
        } catch {
            return false
        }
    }
}
