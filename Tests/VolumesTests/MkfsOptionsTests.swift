import Testing
import Volumes
import VolumesTestSupport

@Suite("Words for mkfs, which runs as root on the host")
struct MkfsOptionsTests {
    private func fault(_ text: String, _ kind: VolumeKind) throws -> FaultKind? {
        try VolumesTestSupport.fault { try MkfsOptions(text).check(for: kind) }
    }

    @Test(
        "Harmless words pass for their file system",
        arguments: [
            (FilesystemKind.ext4, "-i 8192"), (.ext4, "-I 256 -N 100000"), (.ext4, "-m 1"),
            (.ext4, "-L data-1"),
            (.ext4, "-J size=64"), (.ext4, "-E stride=16,stripe_width=64"),
            (.ext4, "-O ^has_journal,casefold"),
            (.xfs, "-L data"), (.xfs, "-i size=512,maxpct=10"), (.xfs, "-l size=64m"), (.xfs, "-d agcount=4"),
            (.xfs, "-m reflink=0,rmapbt=1"), (.xfs, "-n size=8192"), (.btrfs, "-n 16k -L x"),
            (.ext4, ""), (.xfs, " "),
        ])
    func harmless(kind: FilesystemKind, text: String) throws {
        #expect(try fault(text, .filesystem(kind)) == nil)
    }

    @Test(
        "Words that name files, devices or programs, or take over what the driver chooses, are refused",
        arguments: [
            (FilesystemKind.xfs, "-d file=/etc/passwd"), (.xfs, "-d name=/dev/sda"),
            (.xfs, "-d file=1,name=/dev/sda"),
            (.xfs, "-l logdev=/dev/sda"), (.xfs, "-l logdev=/dev/sda,size=64m"),
            (.xfs, "-l size=64m,logdev=/dev/sda"),
            (.xfs, "-r rtdev=/dev/sda"), (.xfs, "-p /etc/shadow"), (.xfs, "-c options=/etc/passwd"),
            (.xfs, "-f"),
            (.xfs, "-b size=512"), (.xfs, "-s size=512"), (.xfs, "-d size=1g"), (.xfs, "-d"),
            (.ext4, "-d /etc"), (.ext4, "-J device=/dev/sda"), (.ext4, "-O unknown"), (.ext4, "-O"),
            (.ext4, "-O journal_dev"), (.ext4, "-O ^^quota"), (.ext4, "-O quota,"), (.ext4, "-O none"),
            (.ext4, "-E discard"), (.ext4, "-E stride=16,discard"), (.ext4, "-E offset=4096"),
            (.ext4, "-b 1024"),
            (.ext4, "-F"), (.ext4, "-n"), (.ext4, "-S"), (.ext4, "/dev/sda"), (.ext4, "-i"), (.ext4, "-i -F"),
            (.ext4, "-z /tmp/undo"), (.ext4, "-i 1k1"), (.ext4, "-i -1"), (.ext4, "-i k"), (.ext4, "-i 1kk"),
            (.ext4, "-i 1234567890123456"), (.ext4, "-L -F"), (.ext4, "-L /etc/x"),
            (.ext4, "-L thirteenbytes"),
            (.ext4, "-L ä"), (.ext4, "-i8192"), (.ext4, "--help 1"), (.ext4, "-i 8192 extra"),
            (.btrfs, "-r /etc"), (.btrfs, "--rootdir /etc"), (.btrfs, "-d raid0"),
            (.btrfs, "-n 16k /dev/sda"),
            (.btrfs, "-U x"), (.btrfs, "-O quota"),
        ])
    func refused(kind: FilesystemKind, text: String) throws {
        #expect(try fault(text, .filesystem(kind)) == .malformed)
    }

    @Test("Words of one file system do not pass for another")
    func others() throws {
        #expect(try fault("-i size=512", .filesystem(.ext4)) == .malformed)
        #expect(try fault("-i 8192", .filesystem(.xfs)) == .malformed)
        #expect(try fault("-J size=64", .filesystem(.btrfs)) == .malformed)
    }

    @Test("A raw block volume takes no words, and an overlong text is refused at once")
    func edges() throws {
        #expect(try fault("-L x", .block) == .malformed)
        #expect(try fault("", .block) == nil)
        #expect(try fault(String(repeating: " ", count: 512), .block) == nil)
        #expect(try fault(String(repeating: " ", count: 513), .block) == .malformed)
    }

    @Test("A tab or line end splits nothing, so it cannot smuggle a word in")
    func blanks() throws {
        #expect(try fault("-L\tx", .filesystem(.ext4)) == .malformed)
        #expect(try fault("-L x\n-F", .filesystem(.ext4)) == .malformed)
    }
}
