import Foundation
import Testing

/// Imports go down the layers: an import that is not listed here is a mistake.
@Suite struct LayerTests {
  /// Modules of the toolchain that every target may use.
  static let toolchain: Set<String> = [
    "Swift", "Synchronization", "Dispatch", "Glibc", "Foundation", "FoundationEssentials",
    "_Concurrency",
  ]

  /// What the modules of each target may import besides the toolchain, by module name.
  static let allowed: [String: Set<String>] = [
    "Tensors": ["COpenBLAS", "CKernels", "Numerics", "RealModule"],
    "Gradients": ["Tensors", "Numerics", "RealModule"],
    "Statistics": ["Tensors", "Numerics", "RealModule"],
    "Methods": [],
    "Digests": ["CCrypto"],
    "Files": ["SystemPackage"],
    "ModelFiles": ["Files", "Tensors", "SystemPackage", "Digests", "CUTF8Proc"],
    "Transformers": ["Files", "ModelFiles", "Tensors", "CKernels"],
    "Messages": ["CMessages", "CProtobufC"],
    "TTRPC": ["NIOCore", "NIOPosix", "NIOConcurrencyHelpers", "Logging", "Tracing"],
    "Scheduling": ["DequeModule", "HeapModule", "Collections"],
    "Storage": ["GRDB", "Digests", "Files", "ModelFiles"],
    "Daemon": [
      "TTRPC", "Messages", "CSystemd", "Logging", "Metrics", "CoreMetrics", "ServiceLifecycle",
      "Configuration", "Files", "Scheduling", "SystemPackage", "Tracing", "UnixSignals", "Tensors",
      "ArgumentParser",
    ],
    "Encoding": [
      "Transformers", "Files", "ModelFiles", "Gradients", "Statistics", "Tensors", "Methods",
      "CUTF8Proc",
    ],
    "OODDetection": [
      "Gradients", "Statistics", "Tensors", "Methods", "HeapModule", "DequeModule", "Digests",
      "Files", "ModelFiles", "RealModule",
    ],
    "PseudoLabeling": [
      "Gradients", "Statistics", "Tensors", "Methods", "Digests", "Files", "ModelFiles",
    ],
    "Decoding": [
      "Transformers", "Statistics", "Tensors", "Methods", "ModelFiles", "RealModule", "HeapModule",
    ],
    "Judging": ["Statistics", "Tensors", "Methods", "RealModule"],
    "EncoderService": serviceImports.union([
      "Encoding", "Transformers", "Files", "ModelFiles", "Digests", "DequeModule", "CoreMetrics",
    ]),
    "OODService": serviceImports.union([
      "OODDetection", "Digests", "Files", "ModelFiles", "CoreMetrics",
    ]),
    "TeacherService": serviceImports.union(["PseudoLabeling", "Gradients", "Digests", "Files"]),
    "InferenceService": serviceImports.union([
      "Decoding", "Transformers", "ModelFiles", "DequeModule", "CoreMetrics",
    ]),
    "JudgeService": serviceImports.union([
      "Judging", "AutodidactClient", "Digests", "CoreMetrics",
    ]),
    "AutodidactClient": ["Messages", "TTRPC"],
    "Pipelines": [
      "AutodidactClient", "Messages", "TTRPC", "Files", "CZlib", "Digests", "Statistics",
    ],
    "autodidact": [
      "Pipelines", "AutodidactClient", "Messages", "TTRPC", "ArgumentParser", "Digests",
      "Daemon", "Files", "Logging", "ModelFiles", "ServiceLifecycle", "UnixSignals",
    ],
    "autodidact-encoder": ["Daemon", "EncoderService", "ArgumentParser"],
    "autodidact-inference": ["Daemon", "InferenceService", "ArgumentParser"],
    "autodidact-ood": ["Daemon", "OODService", "ArgumentParser"],
    "autodidact-teacher": ["Daemon", "TeacherService", "ArgumentParser"],
    "autodidact-judge": ["Daemon", "JudgeService", "ArgumentParser"],
  ]

  private static let serviceImports: Set<String> = [
    "Daemon", "Messages", "TTRPC", "Storage", "Scheduling", "Tensors", "Statistics", "Methods",
    "Logging", "Metrics", "ServiceLifecycle",
  ]

  /// The one Swift module that imports each C module.
  static let fences: [String: Set<String>] = [
    "CCrypto": ["Digests"], "COpenBLAS": ["Tensors"], "CProtobufC": ["Messages"],
    "CMessages": ["Messages"],
    "CSystemd": ["Daemon"], "CKernels": ["Tensors"], "CZlib": ["Pipelines"],
  ]

  @Test func `every import of the sources is on the list of its module`() {
    var mistakes: [String] = []
    for file in SourceTree.swiftSources {
      let parts = file.path.split(separator: "/").map(String.init)
      guard parts.count > 3 else {
        mistakes.append("\(file.path): not in Sources/<layer>/<module>/")
        continue
      }
      let module = parts[2]
      guard let allowed = Self.allowed[module] else {
        mistakes.append("\(file.path): module \(module) is not on the list of LayerTests")
        continue
      }
      for imported in imports(of: file)
      where !Self.toolchain.contains(imported) && !allowed.contains(imported) {
        mistakes.append("\(file.path): import \(imported)")
      }
    }
    #expect(mistakes == [])
  }

  @Test func `each C module is imported by one Swift module`() {
    var mistakes: [String] = []
    for file in SourceTree.swiftSources {
      let module = file.path.split(separator: "/").dropFirst(2).first.map(String.init) ?? ""
      for imported in imports(of: file) {
        if let fence = Self.fences[imported], !fence.contains(module) {
          mistakes.append("\(file.path): import \(imported)")
        }
      }
    }
    #expect(mistakes == [])
  }

  @Test func `Foundation is not in the modules that promise to do without`() {
    let free = ["Sources/Core/Tensors/", "Sources/Core/TTRPC/", "Sources/Core/Messages/"]
    let mistakes = SourceTree.swiftSources.filter { file in
      free.contains { file.path.hasPrefix($0) }
        && !imports(of: file).isDisjoint(with: ["Foundation", "FoundationEssentials"])
    }
    #expect(mistakes.map(\.path) == [])
  }

  @Test func `only Storage sees GRDB and only TTRPC sees NIO`() {
    let mistakes = SourceTree.swiftSources.flatMap { file in
      imports(of: file).compactMap { imported -> String? in
        if imported == "GRDB", !file.path.hasPrefix("Sources/Core/Storage/") { return file.path }
        if imported.hasPrefix("NIO"), !file.path.hasPrefix("Sources/Core/TTRPC/") {
          return file.path
        }
        return nil
      }
    }
    #expect(mistakes == [])
  }

  private func imports(of file: SourceTree.File) -> Set<String> {
    var found: Set<String> = []
    for line in file.lines {
      let words = line.split(separator: " ")
      guard let position = words.firstIndex(of: "import"), position < 3, position + 1 < words.count,
        words[..<position].allSatisfy({
          ["public", "package", "internal", "private", "fileprivate", "@testable"].contains($0)
            || $0.hasPrefix("@")
        })
      else { continue }
      let kinds: Set<Substring> = ["struct", "class", "enum", "func", "protocol", "typealias"]
      let name = words[kinds.contains(words[position + 1]) ? position + 2 : position + 1]
      found.insert(String(name.split(separator: ".")[0]))
    }
    return found
  }
}
