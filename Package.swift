// swift-tools-version: 6.2
import PackageDescription

// Settings of every Swift target.
let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
  .treatAllWarnings(as: .error),
  .treatWarning("DeprecatedDeclaration", as: .warning),
]

// Numeric targets are optimised in debug builds too: unoptimised scalar loops would make their tests take hours.
let numeric: [SwiftSetting] = strict + [.unsafeFlags(["-O"], .when(configuration: .debug))]

enum Layer: String {
  case core = "Core"
  case engine = "Engines"
  case service = "Services"
  case client = "Client"
  case executable = "Executables"
}

func module(
  _ name: String, _ layer: Layer, dependencies: [Target.Dependency] = [],
  settings: [SwiftSetting] = strict
) -> Target {
  let path = "Sources/\(layer.rawValue)/\(name)"
  if layer == .executable {
    return .executableTarget(
      name: name, dependencies: dependencies, path: path, swiftSettings: settings)
  }
  return .target(name: name, dependencies: dependencies, path: path, swiftSettings: settings)
}

func tests(
  of name: String, _ layer: Layer, dependencies: [Target.Dependency] = [],
  exclude: [String] = [], settings: [SwiftSetting] = strict
) -> Target {
  .testTarget(
    name: "\(name)Tests", dependencies: [.byName(name: name)] + dependencies,
    path: "Tests/\(layer.rawValue)/\(name)Tests", exclude: exclude, swiftSettings: settings)
}

func system(_ name: String, pkgConfig: String, package: String) -> Target {
  .systemLibrary(
    name: name, path: "Sources/C/\(name)", pkgConfig: pkgConfig, providers: [.apt([package])])
}

let realModule = Target.Dependency.product(name: "RealModule", package: "swift-numerics")

let package = Package(
  name: "autodidact",
  products: [
    .library(name: "AutodidactClient", targets: ["AutodidactClient", "Messages", "TTRPC"]),
    // For Tests/Fuzzing, which is a package of its own.
    .library(name: "Decoding", targets: ["Decoding", "Transformers"]),
    .library(name: "Judging", targets: ["Judging"]),
    .library(name: "ModelFiles", targets: ["Files", "ModelFiles", "Tensors"]),
    .library(name: "Pipelines", targets: ["Pipelines"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-collections.git", from: "1.6.0"),
    .package(url: "https://github.com/groue/GRDB.swift.git", exact: "7.10.0"),
    .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-numerics", from: "1.1.1"),
    .package(
      url: "https://github.com/apple/swift-configuration.git", from: "1.4.0", traits: ["JSON"]),
    .package(url: "https://github.com/apple/swift-log.git", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-metrics.git", from: "2.13.0"),
    .package(url: "https://github.com/apple/swift-system.git", from: "1.8.1"),
    .package(
      url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.13.0"),
    .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.2"),
  ],
  targets: [
    // C: one Swift module imports each of these.
    system("COpenBLAS", pkgConfig: "openblas", package: "libopenblas-dev"),
    system("CZlib", pkgConfig: "zlib", package: "zlib1g-dev"),
    system("CCrypto", pkgConfig: "libcrypto", package: "libssl-dev"),
    system("CProtobufC", pkgConfig: "libprotobuf-c", package: "libprotobuf-c-dev"),
    .target(name: "CMessages", dependencies: ["CProtobufC"], path: "Sources/C/CMessages"),
    .target(
      name: "CKernels", path: "Sources/C/CKernels", cSettings: [.unsafeFlags(["-O3"])]),
    system("CSystemd", pkgConfig: "libsystemd", package: "libsystemd-dev"),

    // Core: domain-free.
    module("Tensors", .core, dependencies: ["COpenBLAS", "CKernels"], settings: numeric),
    tests(of: "Tensors", .core, dependencies: ["TestSupport"], settings: numeric),
    module("Digests", .core, dependencies: ["CCrypto"]),
    tests(of: "Digests", .core),
    module("Files", .core),
    module(
      "ModelFiles", .core, dependencies: ["Digests", "Files", "Tensors"], settings: numeric),
    tests(of: "ModelFiles", .core, dependencies: ["Files", "Tensors", "TestSupport"]),
    module("Methods", .core),
    tests(of: "Methods", .core),
    module("Statistics", .core, dependencies: ["Tensors", realModule], settings: numeric),
    tests(
      of: "Statistics", .core, dependencies: ["Tensors", "TestSupport"], exclude: ["Goldens"],
      settings: numeric),
    module("Gradients", .core, dependencies: ["Tensors", realModule], settings: numeric),
    tests(
      of: "Gradients", .core, dependencies: ["Tensors", "TestSupport"], exclude: ["Goldens"],
      settings: numeric),
    module(
      "Scheduling", .core,
      dependencies: [.product(name: "DequeModule", package: "swift-collections")]),
    tests(of: "Scheduling", .core, dependencies: ["TestSupport"]),
    module("Messages", .core, dependencies: ["CMessages", "CProtobufC"]),
    tests(
      of: "Messages", .core, dependencies: ["CMessages", "CProtobufC", "TestSupport"],
      exclude: ["Goldens"]),
    module(
      "TTRPC", .core,
      dependencies: [
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
      ]),
    tests(
      of: "TTRPC", .core,
      dependencies: ["EchoServices", .product(name: "NIOCore", package: "swift-nio")]),
    module(
      "Storage", .core, dependencies: [.product(name: "GRDB", package: "GRDB.swift")]),
    tests(of: "Storage", .core, dependencies: ["TestSupport"]),

    module(
      "Transformers", .core, dependencies: ["ModelFiles", "Tensors"], settings: numeric),
    tests(
      of: "Transformers", .core, dependencies: ["ModelFiles", "Tensors", "TestSupport"],
      exclude: ["Goldens"], settings: numeric),
    module(
      "Daemon", .core,
      dependencies: [
        "CSystemd", "Files", "Messages", "Scheduling", "TTRPC",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Configuration", package: "swift-configuration"),
        .product(name: "CoreMetrics", package: "swift-metrics"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
        .product(name: "SystemPackage", package: "swift-system"),
        .product(name: "UnixSignals", package: "swift-service-lifecycle"),
      ]),
    tests(
      of: "Daemon", .core,
      dependencies: [
        "TestSupport",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "ServiceLifecycleTestKit", package: "swift-service-lifecycle"),
      ]),

    // Engines: the methods, pure.
    module(
      "Encoding", .engine, dependencies: ["Methods", "ModelFiles", "Tensors", "Transformers"],
      settings: numeric),
    tests(
      of: "Encoding", .engine,
      dependencies: ["ModelFiles", "Tensors", "TestSupport", "Transformers"],
      exclude: ["Goldens"], settings: numeric),
    module(
      "OODDetection", .engine,
      dependencies: [
        "Digests", "Methods", "Statistics", "Tensors", realModule,
      ], settings: numeric),
    tests(
      of: "OODDetection", .engine,
      dependencies: [
        "Digests", "Tensors", "Statistics", "Methods", "ModelFiles", "TestSupport",
      ],
      exclude: ["Goldens"], settings: numeric),
    module(
      "PseudoLabeling", .engine,
      dependencies: ["Digests", "Gradients", "Methods", "Statistics", "Tensors"], settings: numeric),
    tests(
      of: "PseudoLabeling", .engine,
      dependencies: ["Gradients", "Statistics", "Tensors", "Methods", "TestSupport"],
      settings: numeric),
    module(
      "Decoding", .engine,
      dependencies: [
        "Methods", "ModelFiles", "Statistics", "Tensors", "Transformers", realModule,
        .product(name: "HeapModule", package: "swift-collections"),
      ], settings: numeric),
    tests(
      of: "Decoding", .engine,
      dependencies: [
        "Methods", "ModelFiles", "Statistics", "Tensors", "TestSupport", "Transformers",
        realModule,
      ],
      exclude: ["Goldens"], settings: numeric),
    module(
      "Judging", .engine, dependencies: ["Methods", "Statistics", "Tensors", realModule],
      settings: numeric),
    tests(
      of: "Judging", .engine,
      dependencies: [
        "Encoding", "Methods", "ModelFiles", "Statistics", "Tensors", "TestSupport", "Transformers",
      ],
      exclude: ["Goldens"], settings: numeric),

    // Services: one target a daemon.
    module(
      "EncoderService", .service,
      dependencies: [
        "Daemon", "Digests", "Encoding", "Files", "Messages", "Methods", "ModelFiles", "Scheduling",
        "Tensors", "Transformers", "TTRPC",
        .product(name: "CoreMetrics", package: "swift-metrics"),
        .product(name: "DequeModule", package: "swift-collections"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ]),
    tests(
      of: "EncoderService", .service,
      dependencies: [
        "AutodidactClient", "Daemon", "Messages", "ModelFiles", "Scheduling", "Tensors",
        "ServiceFixtures", "TestSupport", "TTRPC",
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ]),
    module(
      "OODService", .service,
      dependencies: [
        "Daemon", "Digests", "Files", "Messages", "Methods", "OODDetection", "Scheduling",
        "Statistics", "Tensors", "TTRPC",
        .product(name: "CoreMetrics", package: "swift-metrics"),
        .product(name: "Logging", package: "swift-log"),
      ]),
    tests(
      of: "OODService", .service,
      dependencies: [
        "AutodidactClient", "Daemon", "Files", "Messages", "Methods", "OODDetection", "Scheduling",
        "Tensors", "ServiceFixtures", "TestSupport", "TTRPC",
      ]),
    module(
      "TeacherService", .service,
      dependencies: [
        "Daemon", "Digests", "Gradients", "Messages", "Methods", "PseudoLabeling", "Scheduling",
        "Statistics", "Storage", "Tensors", "TTRPC",
        .product(name: "Logging", package: "swift-log"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ]),
    tests(
      of: "TeacherService", .service,
      dependencies: [
        "AutodidactClient", "Daemon", "Messages", "PseudoLabeling", "Scheduling", "Storage",
        "Tensors", "ServiceFixtures", "TestSupport", "TTRPC", "autodidact-teacher",
        .product(name: "Logging", package: "swift-log"),
      ]),
    module(
      "JudgeService", .service,
      dependencies: [
        "AutodidactClient", "Daemon", "Digests", "Judging", "Messages", "Methods", "Scheduling",
        "Statistics", "Storage", "Tensors", "TTRPC",
        .product(name: "CoreMetrics", package: "swift-metrics"),
      ]),
    tests(
      of: "JudgeService", .service,
      dependencies: [
        "AutodidactClient", "Daemon", "Judging", "Messages", "Scheduling", "Storage",
        "ServiceFixtures", "TestSupport", "TTRPC", "autodidact-judge",
      ]),

    module(
      "InferenceService", .service,
      dependencies: [
        "Daemon", "Decoding", "Messages", "Methods", "ModelFiles", "Scheduling", "Tensors",
        "Transformers", "TTRPC",
        .product(name: "CoreMetrics", package: "swift-metrics"),
        .product(name: "DequeModule", package: "swift-collections"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ]),
    tests(
      of: "InferenceService", .service,
      dependencies: [
        "AutodidactClient", "Daemon", "Decoding", "Messages", "Scheduling", "Tensors",
        "ServiceFixtures", "TestSupport", "TTRPC",
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ]),

    // Client: what other programs use.
    module("AutodidactClient", .client, dependencies: ["Messages", "TTRPC"]),
    tests(
      of: "AutodidactClient", .client, dependencies: ["Messages", "TTRPC", "TestSupport"],
      exclude: ["Python"]),
    module(
      "Pipelines", .client,
      dependencies: [
        "AutodidactClient", "Messages", "TTRPC", "Files", "CZlib", "Digests", "Statistics",
      ]),
    tests(
      of: "Pipelines", .client,
      dependencies: [
        "AutodidactClient", "Messages", "TTRPC", "Files", "ServiceFixtures", "TestSupport",
      ]),

    // Executables.
    module(
      "autodidact-encoder", .executable,
      dependencies: [
        "Daemon", "EncoderService",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),
    module(
      "autodidact-ood", .executable,
      dependencies: [
        "Daemon", "OODService",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),
    module(
      "autodidact-teacher", .executable,
      dependencies: [
        "Daemon", "TeacherService",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),
    module(
      "autodidact-judge", .executable,
      dependencies: [
        "Daemon", "JudgeService",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),
    module(
      "autodidact-inference", .executable,
      dependencies: [
        "Daemon", "InferenceService",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),
    module(
      "autodidact", .executable,
      dependencies: [
        "AutodidactClient", "Daemon", "Digests", "Files", "Messages", "ModelFiles", "Pipelines",
        "TTRPC",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
        .product(name: "UnixSignals", package: "swift-service-lifecycle"),
      ]),
    .testTarget(
      name: "AutodidactTests",
      dependencies: [
        "autodidact", "AutodidactClient", "Files", "ModelFiles", "Pipelines", "TTRPC",
        "TestSupport",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "ServiceLifecycleTestKit", package: "swift-service-lifecycle"),
      ],
      path: "Tests/Executables/AutodidactTests", swiftSettings: strict),

    // Shared by the tests.
    .target(
      name: "TestSupport", dependencies: ["Files", "ModelFiles", "Statistics", "Tensors"],
      path: "Tests/TestSupport",
      swiftSettings: strict),

    // Shared by the tests of services and of what calls them.
    .target(
      name: "ServiceFixtures",
      dependencies: [
        "AutodidactClient", "TestSupport", "TTRPC",
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ],
      path: "Tests/ServiceFixtures", swiftSettings: strict),

    // Benchmarks: built with the tests, run by `ops/bench-…` in a release build.
    .executableTarget(
      name: "EncoderBenchmark",
      dependencies: ["Encoding", "ModelFiles", "Scheduling", "Tensors", "Transformers"],
      path: "Tests/Benchmarks/EncoderBenchmark", swiftSettings: strict),
    .executableTarget(
      name: "InferenceBenchmark", dependencies: ["ModelFiles", "Tensors", "Transformers"],
      path: "Tests/Benchmarks/InferenceBenchmark", swiftSettings: strict),
    .executableTarget(
      name: "OODBenchmark", dependencies: ["ModelFiles", "OODDetection", "Tensors"],
      path: "Tests/Benchmarks/OODBenchmark", swiftSettings: strict),
    .executableTarget(
      name: "SpeculationBenchmark",
      dependencies: ["Decoding", "ModelFiles", "Tensors", "Transformers"],
      path: "Tests/Benchmarks/SpeculationBenchmark", swiftSettings: strict),
    .executableTarget(
      name: "TeacherBenchmark", dependencies: ["PseudoLabeling", "Tensors", "TestSupport"],
      path: "Tests/Benchmarks/TeacherBenchmark", swiftSettings: strict),
    .executableTarget(
      name: "TransportBenchmark", dependencies: ["TTRPC"],
      path: "Tests/Benchmarks/TransportBenchmark", exclude: ["Go"], swiftSettings: strict),

    .target(
      name: "EchoServices", dependencies: ["TTRPC"], path: "Tests/EchoServices",
      swiftSettings: strict),

    // Other implementations of ttrpc, and the Python client.
    .testTarget(
      name: "InteropTests", dependencies: ["EchoServices", "TestSupport", "TTRPC"],
      path: "Tests/InteropTests",
      exclude: ["Go", "Python"], swiftSettings: strict),

    // The daemons and the command line as processes.
    .testTarget(
      name: "IntegrationTests", dependencies: ["TestSupport"], path: "Tests/IntegrationTests",
      swiftSettings: strict),

    // Rules about the tree itself.
    .testTarget(
      name: "RepositoryTests", path: "Tests/RepositoryTests", swiftSettings: strict),
  ]
)
