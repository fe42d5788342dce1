import TestSupport
import Testing

@testable import Judging

@Suite struct PatternTests {
  @Test(arguments: [
    ("a|ab", "ab", "a"), ("(a+)(b+)", "xaabb", "aa"), ("x*", "", ""), ("[^a-c]+", "abcdef", "def"),
    ("\\d{2,3}", "1 2345", "234"), ("a+?", "aaa", "a"), ("^b$", "b", "b"),
    ("(?m)^b$", "a\nb\nc", "b"),
    ("(?i)STRASSE", "Strasse", "Strasse"), ("(?is)a.b", "A\nB", "A\nB"),
    ("\\bcat\\b", "a cat!", "cat"),
    ("answer: (\\S+)", "the answer: 42.", "42."), ("(?:ab){2}", "ababab", "abab"),
    ("[\\]\\-x]+", "a]-x", "]-x"), ("a{,2}", "a{,2}", "a{,2}"), ("(a|b)*c", "abac", "a"),
    ("\\$\\d+", "for $12", "$12"), ("é.", "caféx", "éx"), ("(?i)[a-c]+", "xABCx", "ABC"),
  ])
  func `what is found`(pattern: String, text: String, expected: String) throws {
    #expect(try Pattern(pattern).firstMatch(in: text)?.answer == expected)
  }

  @Test(arguments: [("b", "aaa"), ("^a", "ba"), ("a.b", "a\nb"), ("\\Bcat", "cat"), ("[^a]", "a")])
  func `what is not found`(pattern: String, text: String) throws {
    #expect(try Pattern(pattern).firstMatch(in: text) == nil)
  }

  @Test(arguments: [
    "(", ")", "[a", "a**", "*a", "\\", "(?=a)", "(?<n>a)", "[b-a]", "\\q", "a{2,1}", "a{2000}",
    "(?x)a", "\\1", "[\\", "[a-", "(?i",
    String(repeating: "(", count: 60) + String(repeating: ")", count: 60),
    "((((a{50}){50}){50}){50})", String(repeating: "a", count: 1025),
  ])
  func `what is no pattern is refused`(pattern: String) {
    #expect(throws: PatternError.self) { try Pattern(pattern) }
  }

  @Test func `a search takes time in proportion to the text`() throws {
    // A backtracking search would need 2^5000 steps.
    let pattern = try Pattern("^(a+)+$")
    #expect(pattern.firstMatch(in: String(repeating: "a", count: 5000) + "b") == nil)
    let nested = try Pattern("(?:(?:a*)*)*b")
    #expect(nested.firstMatch(in: String(repeating: "a", count: 5000)) == nil)
  }

  /// Each has 10^12 copies of nothing, which have no steps that the limit would count.
  @Test(arguments: [
    "(?:(?:(?:(?:){1000}){1000}){1000}){1000}b", "(?:(?:(?:(?:a{0}){1000}){1000}){1000}){1000}b",
    "(c)?(?:(?:(?:(){1000}){1000}){1000}){1000}b",
  ])
  func `repetitions of nothing are read at once`(source: String) throws {
    #expect(try Pattern(source).firstMatch(in: "aab") != nil)
  }

  @Test func `any text is a pattern or refused, and a pattern of any text ends`() {
    var random = SplitMix64(seed: 3)
    let characters = Array("()[]{}|*+?^$.\\,0129abimsdwSDWbB:-=<é \n")
    var accepted = 0
    for _ in 0..<30_000 {
      let source = String(
        (0..<Int(random.uniform() * 14)).map { _ in
          characters.randomElement(using: &random) ?? "a"
        })
      do throws(PatternError) {
        let pattern = try Pattern(source)
        accepted += 1
        _ = pattern.firstMatch(in: source)
        _ = pattern.firstMatch(in: "ab 12\nAB.é")
      } catch {
        #expect(error.position <= source.unicodeScalars.count)
      }
    }
    #expect(accepted > 3000)
  }

  /// Random small patterns, against the standard library's backtracking search.
  @Test func `matches and groups equal those of a backtracking search`() throws {
    var random = SplitMix64(seed: 11)
    var count = 0
    for _ in 0..<3000 {
      let source = Self.randomPattern(&random, depth: 3)
      let text = String(
        (0..<Int(random.uniform() * 8)).map { _ in
          "abc".randomElement(using: &random) ?? "a"
        })
      let reference = try Regex(source).matchingSemantics(.unicodeScalar)
      let expected = text.firstMatch(of: reference)
      let found = try Pattern(source).firstMatch(in: text)
      #expect((found == nil) == (expected == nil), "`\(source)` in `\(text)`")
      guard let expected, let found else { continue }
      count += 1
      if expected.output.count > 1 {
        // What a group inside a repetition keeps from an earlier round is a matter of taste.
        guard !Self.hasRepeatedGroup(source) else { continue }
        let group = expected.output[1].substring.map(String.init)
        #expect(found.answer == group, "`\(source)` in `\(text)`")
      } else {
        #expect(found.answer == String(text[expected.range]), "`\(source)` in `\(text)`")
      }
    }
    #expect(count > 1000)
  }

  private static func randomPattern(_ random: inout SplitMix64, depth: Int) -> String {
    let atoms = ["a", "b", "c", ".", "[ab]", "[^a]"]
    let atom = atoms.randomElement(using: &random) ?? "a"
    guard depth > 0 else { return atom }
    let inner = randomPattern(&random, depth: depth - 1)
    // What a repetition of nothing matches is a matter of taste.
    let isRepeatable = "".wholeMatch(of: (try? Regex(inner)) ?? Regex(verbatim: "")) == nil
    switch Int(random.uniform() * 8) {
    case 0: return inner + randomPattern(&random, depth: depth - 1)
    case 1: return "(?:\(inner)|\(randomPattern(&random, depth: depth - 1)))"
    case 2: return "(\(inner))"
    case 3 where isRepeatable: return "(?:\(inner))*"
    case 4 where isRepeatable: return "(?:\(inner))+?"
    case 5: return "(?:\(inner))?"
    case 6 where isRepeatable: return "(?:\(inner)){1,2}"
    default: return atom
    }
  }

  private static func hasRepeatedGroup(_ source: String) -> Bool {
    var depth: [Bool] = []
    var holdsGroup: [Bool] = [false]
    let characters = Array(source)
    for (index, character) in characters.enumerated() {
      if character == "(" {
        depth.append(index + 1 < characters.count && characters[index + 1] != "?")
        holdsGroup.append(false)
      } else if character == ")" {
        let isGroup = depth.popLast() ?? false
        let inside = (holdsGroup.popLast() ?? false) || isGroup
        let next = index + 1 < characters.count ? characters[index + 1] : " "
        if inside, "*+?{".contains(next) { return true }
        if inside { holdsGroup[holdsGroup.count - 1] = true }
      }
    }
    return false
  }
}
