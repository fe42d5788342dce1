import Foundation
import Testing

/// The rules of the house that a program can check.
@Suite struct StyleTests {
  @Test func `the rules are applied to a tree with files`() {
    #expect(SourceTree.swiftSources.count > 100)
    #expect(SourceTree.allSwift.count > SourceTree.swiftSources.count + 100)
  }

  @Test func `no file is longer than 400 lines`() {
    let long = SourceTree.allSwift.filter { !$0.isGenerated && $0.lines.count > 401 }
    #expect(long.map { "\($0.path): \($0.lines.count)" } == [])
  }

  @Test func `no line is longer than 100 columns`() {
    #expect(violations(in: SourceTree.allSwift) { line, _, _ in line.count > 100 } == [])
  }

  @Test func `no function is longer than 60 lines`() {
    var long: [String] = []
    for file in SourceTree.swiftSources where !file.isGenerated {
      for (index, line) in file.lines.enumerated() {
        let text = line.drop { $0 == " " }
        guard
          text.contains("func ") || text.hasPrefix("init") || text.contains(" init("),
          !text.hasPrefix("//"), !text.hasPrefix("///")
        else { continue }
        let indentation = line.prefix { $0 == " " }
        let closing = indentation + "}"
        guard let end = file.lines[index...].firstIndex(where: { $0 == closing }) else { continue }
        // The body: the signature may take as many lines as its parameters need.
        let body = file.lines[index...end].firstIndex { $0.hasSuffix("{") } ?? index
        if end - body > 61 { long.append("\(file.path):\(index + 1): \(end - body) lines") }
      }
    }
    #expect(long == [])
  }

  @Test func `no type has a name that says nothing`() {
    let empty = ["Manager", "Helper", "Helpers", "Util", "Utils", "Impl", "Base", "Common"]
    let found = violations(in: SourceTree.allSwift) { line, _, _ in
      let words = line.split { !($0.isLetter || $0.isNumber || $0 == "_") }
      for (keyword, name) in zip(words, words.dropFirst())
      where ["struct", "class", "enum", "actor", "protocol"].contains(keyword) {
        if empty.contains(where: { name.hasSuffix($0) }) { return true }
      }
      return false
    }
    #expect(found == [])
  }

  @Test func `nothing is forced and no cause is hidden`() {
    let found = violations(in: SourceTree.swiftSources) { line, index, lines in
      let code = line.components(separatedBy: "//")[0]
      if code.contains("try!") || code.contains(" as! ") { return true }
      guard code.contains("try?") else { return false }
      let around = lines[max(0, index - 3)...min(lines.count - 1, index + 2)]
      return !around.contains { $0.contains("// ignoring:") }
    }
    #expect(found == [])
  }

  @Test func `unchecked concurrency says why it is safe`() {
    let marks = ["@unchecked Sendable", "nonisolated(unsafe)", "@preconcurrency"]
    let found = violations(in: SourceTree.allSwift) { line, index, lines in
      guard marks.contains(where: line.contains), !line.drop(while: { $0 == " " }).hasPrefix("//"),
        !line.contains("\"@unchecked")
      else { return false }
      return !lines[max(0, index - 12)...index].contains { $0.lowercased().contains("safe") }
    }
    #expect(found == [])
  }

  @Test func `unstructured tasks start in Daemon and TTRPC only`() {
    let found = violations(in: SourceTree.swiftSources) { line, _, _ in
      // `addTask` belongs to a group, which waits for it.
      let code = line.components(separatedBy: "//")[0].replacing("addTask", with: "")
      return code.contains("Task {") || code.contains("Task.detached") || code.contains("Task(")
    }
    let elsewhere = found.filter {
      !$0.hasPrefix("Sources/Core/Daemon/") && !$0.hasPrefix("Sources/Core/TTRPC/")
    }
    #expect(elsewhere == [])
  }

  @Test func `the environment is read in Daemon, the client and executables only`() {
    let readers = [
      "Sources/Core/Daemon/", "Sources/Client/AutodidactClient/", "Sources/Executables/",
    ]
    let found = violations(in: SourceTree.swiftSources) { line, _, _ in
      line.contains("getenv(") || line.contains("processInfo.environment")
        || line.contains("ProcessInfo.processInfo.environment")
    }
    #expect(found.filter { place in !readers.contains { place.hasPrefix($0) } } == [])
  }

  @Test func `chance and time are passed in below Services`() {
    let below = SourceTree.swiftSources.filter {
      $0.path.hasPrefix("Sources/Engines/") || $0.path.hasPrefix("Sources/Core/Statistics/")
        || $0.path.hasPrefix("Sources/Core/Gradients/")
    }
    let found = violations(in: below) { line, _, _ in
      line.contains("Date()") || line.contains(".random(in:") && !line.contains("using:")
        || line.contains("SystemRandomNumberGenerator")
    }
    #expect(found == [])
  }

  @Test func `every declaration that others see says what it is`() {
    let keywords = ["func ", "struct ", "class ", "enum ", "protocol ", "init(", "var ", "let "]
    let found = violations(in: SourceTree.swiftSources) { line, index, lines in
      let text = line.drop { $0 == " " }
      guard text.hasPrefix("public ") || text.hasPrefix("package "),
        !text.contains("import "), keywords.contains(where: text.contains)
      else { return false }
      var above = index - 1
      while above >= 0, lines[above].drop(while: { $0 == " " }).hasPrefix("@") { above -= 1 }
      guard above >= 0 else { return true }
      if lines[above].drop(while: { $0 == " " }).hasPrefix("///") { return false }
      return !witnesses(text) && !isInConformance(index, lines)
    }
    #expect(found == [])
  }

  @Test func `files hold no marks of unfinished work`() {
    let marks = ["TODO", "FIXME", "not implemented", "unimplemented("]
    let found = violations(in: SourceTree.swiftSources) { line, _, _ in
      marks.contains { line.contains($0) }
    }
    #expect(found == [])
  }

  /// The declaration stands in an extension that adds a conformance, whose protocol documents it.
  private func isInConformance(_ index: Int, _ lines: [String]) -> Bool {
    let indentation = lines[index].prefix { $0 == " " }.count
    let outer = lines[..<index].last { line in
      !line.isEmpty && line.prefix { $0 == " " }.count < indentation && line.hasSuffix("{")
    }
    guard let outer, outer.contains("extension ") else { return false }
    return outer.components(separatedBy: " where ")[0].contains(":")
  }

  /// Members that implement a known protocol say what they are in that protocol.
  private func witnesses(_ declaration: Substring) -> Bool {
    let known = [
      "static func ==", "func hash(into", "var description", "var debugDescription",
      "var errorDescription", "func next(", "mutating func next", "func makeAsyncIterator",
      "func makeIterator", "static func <", "func encode(to", "init(from decoder", "var rpcError",
      "static let configuration", "mutating func run", "func run() async", "typealias",
    ]
    return known.contains { declaration.contains($0) }
  }
}
