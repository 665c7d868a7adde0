internal import CGRPCShim
internal import Glibc

/// gRPC core, which is opened when it is first needed: with TLS, or the variant without, which takes less memory.
package enum RPCCore {
    /// Opens gRPC core for the whole process; the first call decides which variant.
    ///
    /// Asking for no TLS where it is there is fine; asking for it where it is not throws.
    package static func load(tls: Bool) throws(RPCServerError) {
        var why: UnsafePointer<CChar>?
        let result = unsafe grpcshim_load(tls, &why)
        guard result != 0 else { return }
        guard result != -EALREADY else { throw .loadedWithoutTLS }
        throw .noCore(cause: unsafe why.map { unsafe String(cString: $0) } ?? "")
    }
}
