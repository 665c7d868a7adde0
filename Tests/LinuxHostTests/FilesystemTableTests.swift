import Testing

@testable import LinuxHost

@Suite("The table of what is to be mounted")
struct FilesystemTableTests {
    private let table = FilesystemTable(
        parsing: """
            # /dev/sda1 /comment ext4 defaults 0 1
            UUID=1 / ext4 defaults 0 1
            /dev/sdb1\t/srv/disk/\txfs noauto 0 2
            /dev/sdc1 /srv/disk/inner xfs
            /dev/sdd1 /with\\040blank ext4 defaults
            /dev/sde1 none swap sw 0 0
            short /line
            proc /proc proc defaults 0 0
            """)

    @Test("Places are read as they are meant, without comments, swap and the root")
    func places() {
        #expect(table.mountPoints == ["/srv/disk", "/srv/disk/inner", "/with blank", "/proc"])
    }

    @Test("The nearest place above a path counts, and only where nothing is mounted")
    func above() throws {
        let mounts = MountTable(parsing: "30 1 8:1 / /srv/disk rw - xfs /dev/sdb1 rw\n")
        #expect(table.missingMount(above: "/srv/disk", in: mounts) == nil)
        #expect(table.missingMount(above: "/srv/disk/inner/pool", in: mounts) == "/srv/disk/inner")
        #expect(table.missingMount(above: "/srv/diskette", in: mounts) == nil)
        #expect(table.missingMount(above: "/with blank", in: mounts) == "/with blank")
        let none = MountTable(parsing: "")
        #expect(table.missingMount(above: "/srv/disk/pool", in: none) == "/srv/disk")
    }
}
