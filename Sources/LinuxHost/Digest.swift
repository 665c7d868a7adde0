internal import CCrypto

/// Message digests by the crypto library.
package enum Digest {
    /// SHA-256 as 64 lower-case hexadecimal digits.
    package static func sha256Hex(_ bytes: [UInt8]) -> String {
        var done: Int32 = 0
        let digest = unsafe [UInt8](unsafeUninitializedCapacity: 32) { buffer, used in
            var length: UInt32 = 0
            done = unsafe bytes.withUnsafeBytes { input in
                unsafe EVP_Digest(
                    input.baseAddress, input.count, buffer.baseAddress, &length, EVP_sha256(), nil)
            }
            used = Int(length)
        }
        precondition(done == 1 && digest.count == 32, "The crypto library has no SHA-256.")
        return digest.hexadecimal
    }
}
