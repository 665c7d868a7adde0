import DriverApp
import Glibc

let code = Command.run(CommandLine.arguments)
fflush(nil)
// Not exit(3): its handlers free what threads of gRPC core and OpenSSL still use. A relay that was stopped in the middle of a
// handshake died of that (SIGSEGV in OpenSSL after OPENSSL_cleanup). All that is ours has ended by now.
_exit(code)
