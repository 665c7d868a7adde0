import Log
import Testing

@Suite("Secret")
struct SecretTests {
    let secret = Secret(Array("hunter2".utf8))

    @Test("A secret shows in no description, interpolation, collection, reflection or dump")
    func unprintable() {
        var dumped = ""
        dump(["key": secret], to: &dumped)
        let shown = [
            secret.description, String(reflecting: secret), "\(secret)", "\([secret])",
            "\(Optional(secret) as Any)",
            String(reflecting: ["key": secret]), dumped,
        ]
        for text in shown {
            #expect(text.contains("<redacted>"))
            #expect(!text.contains("hunter2") && !text.contains("104"))
        }
    }

    @Test("A secret cannot be a log value")
    func notLoggable() {
        #expect(!((secret as Any) is any LogValue))
    }

    @Test("A secret is lent to the place that needs it")
    func lent() {
        #expect(secret.withExposedBytes { $0.count } == 7)
    }
}
