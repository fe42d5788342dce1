import Foundation

/// The checkout that these tests were compiled from.
enum SourceTree {
  /// The folder that holds `Package.swift`, also where the sources are reached by a link.
  static let root = URL(filePath: #filePath).resolvingSymlinksInPath()
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// One text file of the tree.
  struct File: Sendable, CustomStringConvertible {
    /// The path from the root, with slashes.
    let path: String
    let lines: [String]

    /// The file is made by a program and says so in its first lines.
    var isGenerated: Bool { path.contains("/Generated/") || path.hasPrefix("Sources/C/CMessages/") }

    var description: String { path }
  }

  /// The files under `folder` whose names end in one of `suffixes`, in the order of their paths.
  static func files(under folder: String, endingIn suffixes: [String]) -> [File] {
    let start = root.appending(path: folder)
    guard
      let walker = FileManager.default.enumerator(
        at: start, includingPropertiesForKeys: nil, options: [.skipsHiddenFiles])
    else { return [] }
    var found: [File] = []
    for case let url as URL in walker where suffixes.contains(where: url.path.hasSuffix) {
      if url.path.contains("/.build") { continue }
      guard let text = try? String(contentsOf: url, encoding: .utf8) else {
        continue  // ignoring: a folder or a binary file, which these rules are not about
      }
      let path = url.path.dropFirst(root.path.count + 1)
      found.append(File(path: String(path), lines: text.components(separatedBy: "\n")))
    }
    return found.sorted { $0.path < $1.path }
  }

  /// The Swift sources of the product.
  static let swiftSources = files(under: "Sources", endingIn: [".swift"])

  /// The Swift sources of product and tests.
  static let allSwift = swiftSources + files(under: "Tests", endingIn: [".swift"])
}

/// Collects the places that break a rule, for one readable failure.
func violations(
  in files: [SourceTree.File],
  where breaks: (_ line: String, _ index: Int, _ lines: [String]) -> Bool
) -> [String] {
  var places: [String] = []
  for file in files where !file.isGenerated {
    for (index, line) in file.lines.enumerated() where breaks(line, index, file.lines) {
      places.append("\(file.path):\(index + 1): \(line.trimmingCharacters(in: .whitespaces))")
    }
  }
  return places
}
