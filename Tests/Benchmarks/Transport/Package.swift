// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "transport-benchmark",
  dependencies: [.package(name: "autodidact", path: "../../..")],
  targets: [
    .executableTarget(
      name: "TransportBenchmark",
      dependencies: [.product(name: "AutodidactClient", package: "autodidact")],
      swiftSettings: [
        .swiftLanguageMode(.v6),
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
      ])
  ]
)
