import Foundation
import Methods
import Testing

@testable import Decoding

@Suite struct DecodingMethodsTests {
  @Test func `ids are unique, in kebab-case and found by name`() {
    let ids = DecodingMethods.all.map { $0.card.id }
    #expect(Set(ids).count == ids.count)
    for id in ids {
      #expect(id.wholeMatch(of: /[a-z0-9]+(-[a-z0-9]+)*/) != nil)
      #expect(DecodingMethods.named(id)?.card.id == id)
    }
    #expect(DecodingMethods.named("nothing") == nil)
  }

  @Test func `every id is one of the protocol's methods and every card says what and from where`()
    throws
  {
    let file = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../../../Protos/autodidact/v1/inference.proto").standardized
    let text = try String(contentsOf: file, encoding: .utf8)
    for method in DecodingMethods.all {
      let field = method.card.id.replacing("-", with: "_")
      #expect(text.contains("Speculation \(field) = "), "\(field)")
      #expect(!method.card.title.isEmpty && method.card.summary.hasSuffix("."))
      #expect(method.card.source.contains(/(19|20)[0-9][0-9]/))
    }
  }

  @Test func `the folder and the list hold the same methods`() throws {
    let folder = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../../../Sources/Engines/Decoding").standardized
    let walker = try #require(FileManager.default.enumerator(atPath: folder.path))
    var found: Set<String> = []
    for case let path as String in walker where path.hasSuffix(".swift") {
      let text = try String(contentsOf: folder.appending(path: path), encoding: .utf8)
      if text.contains(": Proposer {") {
        found.insert(URL(filePath: path).deletingPathExtension().lastPathComponent)
      }
    }
    #expect(found == Set(DecodingMethods.all.map { "\($0)" }))
  }

  @Test func `defaults are valid`() {
    func violation<Method: Proposer>(_ method: Method.Type) -> ParameterViolation? {
      Method.Parameters().violation
    }
    for method in DecodingMethods.all { #expect(violation(method) == nil) }
  }
}
