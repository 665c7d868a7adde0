import LinuxHost
import Testing

@Suite("Addresses behind a name")
struct NameResolutionTests {
    @Test("A numeric address is itself, in its usual form")
    func numeric() throws {
        #expect(try NameResolution.addresses(of: "127.0.0.1") == ["127.0.0.1"])
        #expect(try NameResolution.addresses(of: "0:0:0:0:0:0:0:1") == ["::1"])
    }

    @Test("A name has each of its addresses once")
    func localhost() throws {
        let found = try NameResolution.addresses(of: "localhost")
        #expect(found.contains("127.0.0.1") || found.contains("::1"))
        #expect(Set(found).count == found.count)
    }

    @Test("What is no name at all has no addresses, or says why it cannot be looked up")
    func nonsense() throws {
        do throws(NameResolution.Failure) {
            #expect(try NameResolution.addresses(of: "no name").isEmpty)
        } catch {
            #expect(error.description.contains("no name"))
        }
    }
}
