// swift-tools-version: 6.2
// SPDX-License-Identifier: MIT
import PackageDescription

/// Every target of ours: Swift 6, strict memory safety, no warning survives.
let house: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableExperimentalFeature("Lifetimes"),
]

/// A room of the house: what it may import stands here and nowhere else.
func room(_ name: String, on dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: house)
}

func tests(of name: String, on dependencies: [Target.Dependency] = []) -> Target {
    .testTarget(name: name + "Tests", dependencies: [.byName(name: name)] + dependencies, swiftSettings: house)
}

let package = Package(
    name: "sluice",
    products: [.executable(name: "sluice", targets: ["sluice"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-nio-http2", from: "1.46.0"),
    ],
    targets: [
        // C: module maps and shims, no logic.
        .systemLibrary(name: "CLinux"),
        .systemLibrary(name: "CLdns", pkgConfig: "ldns", providers: [.apt(["libldns-dev"])]),
        .systemLibrary(name: "CSodium", pkgConfig: "libsodium", providers: [.apt(["libsodium-dev"])]),
        .systemLibrary(name: "CNftables", pkgConfig: "libnftables", providers: [.apt(["libnftables-dev"])]),
        .systemLibrary(name: "CHyperscan", pkgConfig: "libhs", providers: [.apt(["libhyperscan-dev"])]),
        .systemLibrary(name: "CMnl", pkgConfig: "libmnl", providers: [.apt(["libmnl-dev"])]),
        .systemLibrary(name: "CIdn2", pkgConfig: "libidn2", providers: [.apt(["libidn2-dev"])]),
        .systemLibrary(name: "CPsl", pkgConfig: "libpsl", providers: [.apt(["libpsl-dev"])]),

        // Pure: bytes, time and randomness come in as arguments, effects go out as values.
        room("Wire"),
        room("Rules", on: ["Wire"]),
        room("Policy", on: ["Wire", "Rules"]),
        room("Steering", on: ["Wire", "Rules", .product(name: "HeapModule", package: "swift-collections")]),
        room("Tunnels", on: ["Wire", "Policy"]),
        room("Configuration", on: ["Wire", "Rules", "Policy"]),
        room(
            "Resolving",
            on: [
                "Wire", "Rules", "Policy", "Steering", .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "HeapModule", package: "swift-collections"),
            ]),

        // Edges: sockets, the kernel, the machine's own resolver, regexes.
        room("Regexes", on: ["CHyperscan", "Rules"]),
        room("Upstreams", on: ["CLinux", "Wire", "Policy"]),
        room(
            "SecureUpstreams",
            on: [
                "CLinux", "CSodium", "Wire", "Policy", "Upstreams",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOTLS", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "NIOHPACK", package: "swift-nio-http2"),
                .product(name: "NIOHTTP2", package: "swift-nio-http2"),
            ]),
        room("Kernel", on: ["CLinux", "CNftables", "CMnl", "Wire", "Rules", "Policy", "Steering"]),
        room("HostDNS", on: ["CLinux", "Wire"]),
        room("RuleFiles", on: ["CLinux", "CSodium", "CIdn2", "CPsl", "Wire", "Rules"]),

        // What waits, what looks, what plays the world.
        room(
            "Daemon",
            on: [
                "CLinux", "CSodium", "Wire", "Rules", "Policy", "Configuration", "Steering", "Tunnels", "Resolving", "Upstreams",
                "SecureUpstreams", "Kernel",
                "HostDNS", "RuleFiles", "Regexes",
                .product(name: "Logging", package: "swift-log"),
            ]),
        room("LeakTest", on: ["CLinux", "CLdns", "CSodium", "Wire"]),
        room("Doctor", on: ["CLinux", "Wire", "Policy", "Kernel", "HostDNS"]),
        room("Lab", on: ["CLinux"]),
        .executableTarget(
            name: "sluice",
            dependencies: [
                "CLdns", "Wire", "Rules", "Policy", "Configuration", "Resolving", "HostDNS", "RuleFiles", "Regexes", "Daemon", "LeakTest",
                "Doctor", "Lab",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: house),

        // An instrument of the lab tests.
        .executableTarget(
            name: "sluice-probe",
            dependencies: ["CLinux", "Wire", "Rules", "Steering", "Configuration", "Upstreams", "Kernel", "Fuzz", "Workbench"],
            path: "Tests/Probe", swiftSettings: house),

        // What rules cost, measured apart from the daemon.
        .executableTarget(
            name: "sluice-bench", dependencies: ["Wire", "Rules", "Policy", "Steering", "Resolving"], path: "Tests/Bench",
            swiftSettings: house),

        // What the core's tests share: fixtures, messages written by hand, numbers from a seed.
        .target(name: "Workbench", dependencies: ["Wire"], path: "Tests/Workbench", swiftSettings: house),
        tests(of: "Wire", on: ["CLdns", "Workbench"]),
        tests(of: "Rules", on: ["Wire", "Workbench"]),
        tests(of: "Regexes", on: ["Rules", "Wire"]),
        tests(of: "Policy", on: ["Wire", "Rules", "Workbench"]),
        tests(of: "Tunnels", on: ["Wire", "Policy", "Workbench"]),
        tests(of: "Steering", on: ["Wire", "Rules", "Workbench"]),
        tests(of: "Upstreams", on: ["CLinux", "Wire", "Policy"]),
        tests(of: "Resolving", on: ["Wire", "Rules", "Policy", "Steering", "Workbench"]),
        tests(
            of: "SecureUpstreams",
            on: [
                "Wire", .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOHPACK", package: "swift-nio-http2"),
            ]),
        tests(of: "Kernel", on: ["CLinux", "Wire", "Rules", "Policy", "Steering"]),
        tests(of: "Configuration", on: ["Wire", "Rules", "Policy", "Workbench"]),
        tests(of: "Doctor", on: ["Wire", "Policy", "Kernel", "HostDNS", "Workbench"]),
        tests(of: "HostDNS", on: ["CLinux", "Wire", "Workbench"]),
        tests(of: "RuleFiles", on: ["Wire", "Rules", "Workbench"]),
        tests(of: "Daemon", on: ["CLinux", "Wire", "Rules", "Upstreams", "Workbench"]),
        tests(of: "Lab"),
        tests(of: "LeakTest", on: ["CLinux", "CLdns", "Wire"]),
        // What libFuzzer runs, as a library that tests run too.
        .target(
            name: "Fuzz", dependencies: ["Wire", "Rules", "Policy", "Steering", "Configuration", "Resolving", "Workbench"],
            path: "Tests/Fuzz",
            swiftSettings: house),
        tests(of: "Fuzz", on: ["Workbench"]),
        .testTarget(name: "EndToEndTests", dependencies: ["Configuration", "Rules", "RuleFiles"], swiftSettings: house),
    ]
)

// Only with the fuzzer's runtime does this link: `make fuzz`.
if Context.environment["SLUICE_FUZZ"] != nil {
    package.targets += [
        .systemLibrary(name: "CFuzzer", path: "Tests/CFuzzer"),
        .executableTarget(name: "sluice-fuzz", dependencies: ["CFuzzer", "Fuzz"], path: "Tests/FuzzDriver", swiftSettings: house),
    ]
}
