import HTTPServer
import Testing

@Suite("Addresses to listen at")
struct ListenAddressTests {
    @Test(
        "An address is numeric, or nothing for all of the machine, with a port",
        arguments: [
            ":9808", "127.0.0.1:9808", "[::1]:9808", "[::]:0", "0.0.0.0:65535", "[fe80::1]:1",
        ])
    func good(text: String) throws {
        #expect(try #require(ListenAddress(text)).description == text)
    }

    @Test(
        "Everything else is refused",
        arguments: [
            "", ":", "9808", "localhost:9808", "127.0.0.1", "127.0.0.1:", "::1:9808", "[::1]", "[]:1", "[:1",
            "[127.0.0.1]:1", "127.0.0:1", "256.0.0.1:1", ":65536", ":-1", ":+1", ": 1", "127.0.0.1:1 ",
            ":1:2",
            "http://127.0.0.1:1", "1\0:1", ":١",
        ])
    func bad(text: String) {
        #expect(ListenAddress(text) == nil)
    }
}
