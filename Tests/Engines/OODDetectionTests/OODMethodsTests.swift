import Foundation
import Methods
import Testing

@testable import OODDetection

@Suite struct OODMethodsTests {
  @Test func `ids are unique, in kebab-case and found by name`() {
    let ids = OODMethods.all.map { $0.card.id }
    #expect(Set(ids).count == ids.count)
    for id in ids {
      #expect(id.wholeMatch(of: /[a-z0-9]+(-[a-z0-9]+)*/) != nil)
      #expect(OODMethods.named(id)?.card.id == id)
    }
    #expect(OODMethods.named("nothing") == nil)
  }

  @Test func `every card says what, from where and needs features`() {
    for method in OODMethods.all {
      #expect(!method.card.title.isEmpty && method.card.summary.hasSuffix("."))
      #expect(method.card.source.contains(/(19|20)[0-9][0-9]/))
      #expect(method.card.needs.contains(.features))
    }
  }

  @Test func `the folder and the list hold the same methods`() throws {
    let folder = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../../Sources/Engines/OODDetection").standardized
    let walker = try #require(FileManager.default.enumerator(atPath: folder.path))
    var found: Set<String> = []
    for case let path as String in walker where path.hasSuffix(".swift") {
      let text = try String(contentsOf: folder.appending(path: path), encoding: .utf8)
      if text.contains(": OODScorer {") {
        found.insert(URL(filePath: path).deletingPathExtension().lastPathComponent)
      }
    }
    #expect(found == Set(OODMethods.all.map { "\($0)" }))
  }

  @Test func `defaults are valid`() {
    func violation<Scorer: OODScorer>(_ method: Scorer.Type) -> ParameterViolation? {
      Scorer.Parameters().violation
    }
    for method in OODMethods.all { #expect(violation(method) == nil) }
    #expect(OODMethods.defaultMethod(hasHead: true).card.id == "fusion")
    #expect(OODMethods.defaultMethod(hasHead: false).card.id == "knn")
  }
}
