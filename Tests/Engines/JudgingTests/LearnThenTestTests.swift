import Foundation
import TestSupport
import Testing

@testable import Judging

@Suite struct LearnThenTestTests {
  /// Answers whose error falls with the score: 31 % are wrong in all.
  private struct Population {
    let scores: [Double]
    let losses: [Double]

    init(count: Int, seed: UInt64) {
      var random = SplitMix64(seed: seed)
      scores = random.normals(count).map(Double.init)
      losses = scores.map { random.uniform() < 1 / (1 + exp(1.4 * $0 + 1.05)) ? 1 : 0 }
    }

    func test(_ items: [Int], _ options: LearnThenTest.Options) -> LearnThenTest {
      let placed = items.count / 10
      return LearnThenTest(
        placing: items.prefix(placed).map { scores[$0] },
        scores: items.dropFirst(placed).map { scores[$0] },
        losses: items.dropFirst(placed).map { losses[$0] }, options: options)
    }

    func risk(_ items: ArraySlice<Int>, threshold: Double, joint: Bool) -> Double {
      let accepted = items.filter { scores[$0] >= threshold }
      let sum = accepted.reduce(0.0) { $0 + losses[$1] }
      let count = joint ? items.count : accepted.count
      return count == 0 ? 0 : sum / Double(count)
    }
  }

  @Test(arguments: [0.1, 0.15, 0.2])
  func `the promise holds over 500 random splits`(alpha: Double) {
    let population = Population(count: 21_000, seed: 1)
    var random = SplitMix64(seed: 2)
    var options = LearnThenTest.Options(alpha: alpha)
    options.delta = 0.1
    var broken = 0
    var certified = 0
    var coverage = 0.0
    for _ in 0..<500 {
      let order = Array(0..<21_000).shuffled(using: &random)
      let found = population.test(Array(order.prefix(1000)), options)
      guard let step = found.certified else { continue }
      certified += 1
      coverage += step.coverage
      // The rest stands for the population.
      let risk = population.risk(
        order.dropFirst(1000), threshold: step.threshold, joint: false)
      if risk > alpha { broken += 1 }
    }
    print(
      "alpha \(alpha): broken \(broken), certified \(certified) of 500, "
        + "mean coverage \(coverage / Double(max(certified, 1)))")
    #expect(Double(broken) / 500 <= options.delta)
    // A promise that is never made is no use.
    #expect(certified > 300)
  }

  @Test func `the joint risk is kept, too`() {
    let population = Population(count: 11_000, seed: 4)
    var random = SplitMix64(seed: 5)
    var options = LearnThenTest.Options(alpha: 0.1)
    options.kind = .joint
    options.delta = 0.1
    var broken = 0
    var certified = 0
    for _ in 0..<200 {
      let order = Array(0..<11_000).shuffled(using: &random)
      guard let step = population.test(Array(order.prefix(1000)), options).certified else {
        continue
      }
      certified += 1
      if population.risk(order.dropFirst(1000), threshold: step.threshold, joint: true) > 0.1 {
        broken += 1
      }
    }
    #expect(Double(broken) / 200 <= 0.1 && certified > 190)
  }

  @Test func `nothing is certified where nothing can be, and the missing labels are told`() {
    var random = SplitMix64(seed: 3)
    // Half of the answers are wrong, whatever the score.
    let scores = random.normals(2000).map(Double.init)
    let losses = scores.map { _ in random.uniform() < 0.5 ? 1.0 : 0 }
    let hopeless = LearnThenTest(
      placing: Array(scores.prefix(200)), scores: Array(scores.dropFirst(200)),
      losses: Array(losses.dropFirst(200)), options: LearnThenTest.Options(alpha: 0.1))
    #expect(hopeless.certified == nil && hopeless.moreLabelsNeeded == nil)
    let none = LearnThenTest(
      placing: [], scores: [], losses: [], options: LearnThenTest.Options(alpha: 0.1))
    #expect(none.certified == nil && none.moreLabelsNeeded == 145)
  }

  @Test func `with the labels that were missing the promise is mostly made`() {
    let population = Population(count: 60_000, seed: 7)
    var random = SplitMix64(seed: 8)
    let options = LearnThenTest.Options(alpha: 0.15)
    var asked = 0
    var made = 0
    for _ in 0..<60 {
      let order = Array(0..<60_000).shuffled(using: &random)
      let few = population.test(Array(order.prefix(150)), options)
      guard few.certified == nil, let more = few.moreLabelsNeeded, more < 20_000 else { continue }
      asked += 1
      if population.test(Array(order.prefix(150 + more)), options).certified != nil { made += 1 }
    }
    print("\(asked) asked for more, \(made) were certified then")
    #expect(asked > 10)
    #expect(Double(made) >= 0.4 * Double(asked))
  }

  @Test func `answers without a loss are certified from the least number on`() {
    for (alpha, least) in [(0.2, 14), (0.1, 29), (0.05, 59)] {
      #expect(LearnThenTest.acceptedCountMin(alpha: alpha, delta: 0.05) == least)
      func test(_ count: Int) -> LearnThenTest {
        let scores = (0..<count).map(Double.init)
        return LearnThenTest(
          placing: scores, scores: scores, losses: [Double](repeating: 0, count: count),
          options: LearnThenTest.Options(alpha: alpha))
      }
      #expect(test(least - 1).certified == nil)
      #expect((test(least - 1).moreLabelsNeeded ?? 0) > 0)
      #expect(test(2 * least).certified?.coverage == 1)
    }
  }

  @Test func `constant scores accept all or nothing`() {
    let same = [Double](repeating: 3, count: 200)
    func test(_ losses: [Double]) -> LearnThenTest {
      LearnThenTest(
        placing: Array(same.prefix(20)), scores: same, losses: losses,
        options: LearnThenTest.Options(alpha: 0.1))
    }
    #expect(test((0..<200).map { $0 < 5 ? 1 : 0 }).certified?.coverage == 1)
    #expect(test((0..<200).map { $0 < 40 ? 1 : 0 }).certified == nil)
    #expect(test((0..<200).map { $0 < 40 ? 1 : 0 }).steps.count == 1)
  }

  @Test func `losses between 0 and 1 are promised more carefully`() {
    let scores = (0..<400).map(Double.init)
    let options = LearnThenTest.Options(alpha: 0.2)
    let binary = LearnThenTest(
      placing: scores, scores: scores, losses: scores.map { Int($0) % 10 == 0 ? 1 : 0 },
      options: options)
    let halves = LearnThenTest(
      placing: scores, scores: scores, losses: scores.map { Int($0) % 5 == 0 ? 0.5 : 0 },
      options: options)
    #expect(binary.certified != nil && halves.certified != nil)
    #expect((binary.steps.last?.pValue ?? 1) < (halves.steps.last?.pValue ?? 0))
  }
}
