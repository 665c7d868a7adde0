import Testing

@Suite("Telling code from comments and text")
struct SwiftCodeTests {
    @Test(
        "Comments and text become spaces, code stays where it is",
        arguments: [
            ("a // b\nc", "a     \nc"),
            ("a /* b /* c */ d */ e", "a                   e"),
            ("f(\"x\\\"y\") + b", "f(      ) + b"),
            ("\"a \\(b(c)) d\" e", "     b(c)     e"),
            ("#\"a \\(b) \"c\"# d", "              d"),
            ("\"\"\"\n a \"b\"\n \\(c)\n\"\"\" d", "   \n      \n   c \n    d"),
            ("\"\\(\"in \\(a) in\")\" b", "         a        b"),
        ])
    func masking(source: String, code: String) {
        #expect(SwiftCode.masked(source) == code)
    }
}
