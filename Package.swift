// swift-tools-version: 6.2
import PackageDescription

/// Settings of every Swift target; style rules that a compiler can enforce are enforced here.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .strictMemorySafety(),
]

let warnings: [CSetting] = [.unsafeFlags(["-std=gnu11", "-Wall", "-Wextra"])]

func swift(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: dependencies + ["TestSupport"], swiftSettings: strict)
}

let package = Package(
    name: "loopcsi",
    products: [.executable(name: "loopcsi", targets: ["loopcsi"])],
    targets: [
        // System libraries: a module map and one include line each.
        .systemLibrary(name: "CBlkid"),
        .systemLibrary(name: "CMount"),
        .systemLibrary(name: "CCrypto"),

        // Own C, and C generated from proto/csi.proto.
        .target(name: "CLinux", cSettings: warnings),
        // gRPC core itself is loaded at run time, with or without TLS.
        .target(name: "CGRPCShim", cSettings: warnings, linkerSettings: [.linkedLibrary("gpr")]),
        .target(name: "CHTTP2Client", cSettings: warnings, linkerSettings: [.linkedLibrary("nghttp2")]),
        .target(name: "CCertificates", cSettings: warnings, linkerSettings: [.linkedLibrary("crypto")]),
        // libmicrohttpd is loaded at run time, where it is asked for.
        .target(name: "CHTTPServer", cSettings: warnings),
        .target(
            name: "CCSIProto", cSettings: [.headerSearchPath("include")],
            linkerSettings: [.linkedLibrary("protobuf-c")]),

        // Swift, from the bottom up. Who may import whom is ARCHITECTURE.md's first picture.
        swift("Text", []),
        swift("Log", ["Text"]),
        swift("LinuxHost", ["CLinux", "CBlkid", "CMount", "CCrypto", "Log"]),
        swift("Volumes", ["Log", "Text"]),
        swift("Pool", ["Volumes", "LinuxHost", "Log", "Text"]),
        swift("CSIWire", ["CCSIProto", "Log", "Text"]),
        swift("RPCServer", ["CGRPCShim", "Log", "Text"]),
        swift("RPCChannel", ["RPCServer", "CGRPCShim", "Text"]),
        swift("RPCClient", ["CHTTP2Client"]),
        swift("HTTPServer", ["CHTTPServer"]),
        swift("Certificates", ["CCertificates", "LinuxHost"]),
        swift("Metrics", []),
        swift("CSIServices", ["Volumes", "CSIWire", "Log", "Text"]),
        swift("Relay", ["CSIServices", "CSIWire", "Volumes", "LinuxHost", "Log", "Text"]),
        swift(
            "DriverApp",
            [
                "CSIServices", "Relay", "CSIWire", "RPCServer", "RPCChannel", "RPCClient", "HTTPServer",
                "Metrics", "Pool", "Certificates", "LinuxHost", "Volumes", "Log", "Text",
            ]),
        .executableTarget(name: "loopcsi", dependencies: ["DriverApp"], swiftSettings: strict),

        // Tests: one target per source target, and ProcessTests, which drives the built binary.
        .target(
            name: "TestSupport", dependencies: ["LinuxHost"], path: "Tests/TestSupport", swiftSettings: strict
        ),
        .target(
            name: "VolumesTestSupport", dependencies: ["Volumes"], path: "Tests/VolumesTestSupport",
            swiftSettings: strict),
        tests("TextTests", ["Text"]),
        tests("LogTests", ["Log"]),
        tests("LinuxHostTests", ["LinuxHost", "CLinux"]),
        tests("VolumesTests", ["Volumes", "VolumesTestSupport"]),
        tests("PoolTests", ["Pool", "Volumes", "VolumesTestSupport", "LinuxHost", "Log"]),
        tests("CSIWireTests", ["CSIWire"]),
        tests("RPCTests", ["RPCServer", "RPCChannel", "RPCClient"]),
        tests("HTTPServerTests", ["HTTPServer", "LinuxHost"]),
        tests("CertificatesTests", ["Certificates", "RPCServer", "RPCChannel", "LinuxHost"]),
        tests("MetricsTests", ["Metrics"]),
        tests("CSIServicesTests", ["CSIServices", "CSIWire", "Volumes", "VolumesTestSupport", "Log"]),
        tests(
            "RelayTests",
            ["Relay", "CSIServices", "CSIWire", "LinuxHost", "Volumes", "VolumesTestSupport", "Log"]),
        tests(
            "DriverAppTests",
            [
                "DriverApp", "Certificates", "CSIServices", "CSIWire", "HTTPServer", "LinuxHost", "Metrics",
                "Pool", "Volumes", "Log",
            ]),
        tests(
            "ProcessTests",
            [
                "RPCClient", "RPCChannel", "RPCServer", "CSIWire", "LinuxHost", "Pool", "Certificates",
                "DriverApp", "Metrics",
            ]),
        tests("DeployTests", ["DriverApp", "Certificates", "CSIWire", "HTTPServer", "LinuxHost", "Volumes"]),
        tests("RepositoryTests", ["Metrics"]),
    ]
)
