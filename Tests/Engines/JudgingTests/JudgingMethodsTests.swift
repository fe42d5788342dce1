import Foundation
import Methods
import Testing

@testable import Judging

@Suite struct JudgingMethodsTests {
  @Test func `ids are unique, in kebab-case and found by name`() {
    let ids = JudgingMethods.all.map { $0.card.id }
    #expect(Set(ids).count == ids.count)
    for id in ids {
      #expect(id.wholeMatch(of: /[a-z0-9]+(-[a-z0-9]+)*/) != nil)
      #expect(JudgingMethods.named(id)?.card.id == id)
    }
    #expect(JudgingMethods.named("nothing") == nil)
  }

  @Test func `every card says what and from where`() {
    for method in JudgingMethods.all {
      #expect(!method.card.title.isEmpty && method.card.summary.hasSuffix("."))
      #expect(method.card.source.contains(/(19|20)[0-9][0-9]/))
    }
  }

  @Test func `the folder and the list hold the same methods`() throws {
    let folder = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../../Sources/Engines/Judging").standardized
    let walker = try #require(FileManager.default.enumerator(atPath: folder.path))
    var found: Set<String> = []
    for case let path as String in walker where path.hasSuffix(".swift") {
      let text = try String(contentsOf: folder.appending(path: path), encoding: .utf8)
      if text.contains(": Judge {") {
        found.insert(URL(filePath: path).deletingPathExtension().lastPathComponent)
      }
    }
    #expect(found == Set(JudgingMethods.all.map { "\($0)" }))
  }

  @Test func `defaults are valid and make a judge, and another's state does not`() throws {
    func check<Method: Judge>(_ method: Method.Type) throws {
      #expect(Method.Parameters().violation == nil)
      let judge = try Method.fitted(Method.Parameters(), on: [])
      #expect(try Method(judge.parameters, state: judge.state).state == judge.state)
      #expect(throws: JudgeFitError.state(method: Method.card.id, count: 3)) {
        try Method(Method.Parameters(), state: [1, 2, 3])
      }
    }
    for method in JudgingMethods.all { try check(method) }
  }

  @Test func `an empty answer has no score, whatever the method`() throws {
    func check<Method: Judge>(_ method: Method.Type) throws {
      let judge = try Method.fitted(Method.Parameters(), on: [])
      for text in ["", " \n\t"] {
        let answer = JudgedAnswer(
          response: text, reference: "yes", otherSamples: ["yes"], logProbabilities: [-1],
          vectors: TextPair(response: [1], reference: [1]))
        #expect(judge.judgement(on: answer) == .unscored(.emptyAnswer))
      }
    }
    for method in JudgingMethods.all { try check(method) }
  }
}
