import Testing

@testable import LinuxHost

@Suite struct MountOptionsTests {
    @Test("words are sorted into flags and text for the file system")
    func sorting() throws {
        let options = try MountOptions(flags: [
            "ro", "noatime", "data=journal", "_netdev", "context=\"a:b,c\"",
        ])
        #expect(options.isReadOnly)
        #expect(options.data == "data=journal,context=\"a:b,c\"")
        #expect(try !MountOptions(flags: ["ro", "rw"]).isReadOnly)
        #expect(try MountOptions(flags: []).data.isEmpty)
        #expect(try MountOptions(flags: ["discard,nobarrier"]).data == "discard,nobarrier")
    }

    @Test(
        "words that would do something else than mount are refused",
        arguments: ["bind", "rbind", "remount", "shared", "rslave", "private,ro"])
    func otherOperations(word: String) {
        #expect(throws: MountOptions.Refusal.otherOperation) { try MountOptions(flags: ["noatime", word]) }
    }

    @Test("the labels of SELinux can be left out, commas in them included, and nothing else")
    func labels() throws {
        let context = #"context="system_u:object_r:container_file_t:s0:c1,c2""#
        let options = try MountOptions(flags: ["ro", "data=journal", context, "fscontext=a:b", "discard"])
        let rest = try #require(options.withoutLabels())
        #expect(rest.isReadOnly)
        #expect(rest.data == "data=journal,discard")
        #expect(try MountOptions(flags: ["noatime", context]).withoutLabels()?.data == "")
        #expect(try MountOptions(flags: ["noatime", "data=journal"]).withoutLabels() == nil)
    }

    @Test("malformed and endless words are refused")
    func malformed() {
        #expect(throws: MountOptions.Refusal.malformed) { try MountOptions(flags: ["a\0b"]) }
        #expect(throws: MountOptions.Refusal.malformed) { try MountOptions(flags: [""]) }
        #expect(throws: MountOptions.Refusal.tooLong) {
            try MountOptions(flags: [String(repeating: "a", count: 5000)])
        }
    }

    @Test("no way of printing shows a secret")
    func unprintable() throws {
        let options = try MountOptions(flags: ["password=hidden"])
        var dumped = ""
        dump(options, to: &dumped)
        #expect(!"\(options) \(String(reflecting: options)) \(dumped)".contains("hidden"))
    }
}

@Suite struct MountTableTests {
    @Test("a line of mountinfo is read with optional fields, escapes and options")
    func parsing() throws {
        let table = MountTable(
            parsing: """
                36 35 98:0 /mnt1 /mnt\\0402 rw,noatime master:1 shared:2 - ext3 /dev/ro\\134ot rw,errors=continue
                nonsense
                37 36 0:3 / /x ro - tmpfs tmpfs rw

                """)
        #expect(table.mounts.count == 2)
        let mount = try #require(table.mounts.first)
        #expect(mount.id == 36 && mount.parentID == 35 && mount.device == DeviceNumber(major: 98, minor: 0))
        #expect(mount.root == "/mnt1" && mount.target == "/mnt 2" && mount.source == "/dev/ro\\ot")
        #expect(mount.options == ["rw", "noatime"] && mount.superOptions == ["rw", "errors=continue"])
        #expect(!mount.isReadOnly && table.mounts[1].isReadOnly && !table.mounts[1].isFilesystemReadOnly)
    }

    @Test("a stack is in order even if the table is not")
    func stackOrder() {
        let table = MountTable(
            parsing: """
                40 30 7:1 / /t rw - ext4 /dev/loop1 rw
                30 20 7:0 / /t rw - ext4 /dev/loop0 rw
                50 40 7:2 / /t rw - ext4 /dev/loop2 rw
                """)
        #expect(table.mounts(at: "/t").map(\.id) == [30, 40, 50])
    }
}
