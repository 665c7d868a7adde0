import Glibc

/// Whether the tests, and with them the driver that they start, run under a sanitizer.
package enum Sanitizer {
    /// True under one, which keeps freed memory and costs time.
    package static var isOn: Bool {
        ["__asan_init", "__tsan_init"].contains { (name: String) in unsafe dlsym(nil, name) != nil }
    }
}
