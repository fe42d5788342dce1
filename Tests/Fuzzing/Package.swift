// swift-tools-version: 6.2
import PackageDescription

/// A libFuzzer target: `swift build --sanitize=fuzzer --product NAME`, see ops/fuzz.
func fuzzer(_ name: String, dependencies: [Target.Dependency]) -> Target {
  .executableTarget(
    name: name, dependencies: dependencies,
    swiftSettings: [
      .swiftLanguageMode(.v6),
      .enableUpcomingFeature("ExistentialAny"),
      .unsafeFlags(["-parse-as-library"]),
    ])
}

let package = Package(
  name: "fuzzing",
  dependencies: [
    .package(name: "autodidact", path: "../.."),
    .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.2"),
  ],
  targets: [
    fuzzer(
      "FuzzArrays",
      dependencies: [
        .product(name: "ModelFiles", package: "autodidact"),
        .product(name: "Pipelines", package: "autodidact"),
      ]),
    fuzzer(
      "FuzzMessages", dependencies: [.product(name: "AutodidactClient", package: "autodidact")]),
    fuzzer(
      "FuzzModelFiles",
      dependencies: [
        .product(name: "Decoding", package: "autodidact"),
        .product(name: "ModelFiles", package: "autodidact"),
      ]),
    fuzzer("FuzzPatterns", dependencies: [.product(name: "Judging", package: "autodidact")]),
    fuzzer("FuzzRecords", dependencies: [.product(name: "Pipelines", package: "autodidact")]),
    fuzzer("FuzzTexts", dependencies: [.product(name: "Decoding", package: "autodidact")]),
    fuzzer("FuzzTokenizers", dependencies: [.product(name: "ModelFiles", package: "autodidact")]),
    fuzzer(
      "FuzzTransport",
      dependencies: [
        .product(name: "AutodidactClient", package: "autodidact"),
        .product(name: "NIOCore", package: "swift-nio"),
      ]),
  ]
)
