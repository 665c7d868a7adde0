import CSIWire
import LinuxHost
import TestSupport
import Testing

@Suite("Words for mkfs that a class gives", .requiresRoot)
struct MkfsOptionTests {
    @Test(
        "Words that mkfs refuses are INVALID_ARGUMENT with its reason, and leave nothing",
        arguments: [
            (Kind.ext4, "-I 100", "invalid inode size 100"), (.ext4, "-i 100", "invalid inode ratio"),
            (.ext4, "-J size=4000", "journal size too big"), (.ext4, "-m 99", "invalid reserved blocks"),
            (.ext4, "-E stride=16k", "Invalid stride"), (.ext4, "-N 99999999999", "too many inodes"),
            (.xfs, "-n size=3000", "3000"), (.xfs, "-i maxpct=101", "maxpct"),
            (.xfs, "-d agcount=100000", "agsize"), (.xfs, "-l size=1m", "size"), (.btrfs, "-n 5000", "5000"),
            (.btrfs, "-n 128k", "nodesize"),
        ])
    func refused(kind: Kind, words: String, reason: String) throws {
        try Rig.run { rig in
            for provisioning in ["thin", "thick"] {
                let request = kind.create(
                    "vol", parameters: ["mkfsOptions": words, "provisioning": provisioning])
                let message = try rig.client.refuses(
                    request, .invalidArgument, naming: "parameters", "mkfsOptions", reason)
                #expect(!message.contains("Usage") && !message.contains("Valid extended options"))
            }
            #expect(try rig.files() == [])
        }
    }

    @Test(
        "A volume with each of the words that are allowed can be written, or the kernel's refusal is told at once",
        arguments: [
            (Kind.ext4, "-i 8192 -I 512 -m 1 -L data"), (.ext4, "-N 2000"), (.ext4, "-J size=8"),
            (.ext4, "-E stride=16,stripe_width=64"), (.ext4, "-O bigalloc"), (.ext4, "-O casefold"),
            (.ext4, "-O ^dir_index"), (.ext4, "-O ^has_journal"), (.ext4, "-O inline_data"),
            (.ext4, "-O large_dir"), (.ext4, "-O quota"), (.xfs, "-L data"),
            (.xfs, "-i size=1024,maxpct=10,sparse=0"), (.xfs, "-l size=70m"), (.xfs, "-l su=64k"),
            (.xfs, "-l sunit=64"), (.xfs, "-d agcount=2"), (.xfs, "-m reflink=0,rmapbt=1"),
            (.xfs, "-m bigtime=0,finobt=0"), (.xfs, "-n size=8192"), (.xfs, "-n ftype=1"), (.btrfs, "-n 64k"),
            (.btrfs, "-n 4k -L data"),
        ])
    func allowed(kind: Kind, words: String) throws {
        try Rig.run { rig in
            let request = kind.create("vol", parameters: ["mkfsOptions": words])
            do {
                _ = try rig.client.call(request)
            } catch let status as CSIStatus {
                #expect(words.contains("casefold") || words.contains("quota"), "\(status)")
                #expect(status.code == .invalidArgument && status.message.contains("kernel"), "\(status)")
                return #expect(try rig.files() == [])
            }
            let life = try Life.published(rig, kind, parameters: ["mkfsOptions": words])
            try Host.write("x", to: "\(life.target)/file")
            try life.end()
        }
    }
}
