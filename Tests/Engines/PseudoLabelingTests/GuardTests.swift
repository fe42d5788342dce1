import Tensors
import Testing

@testable import PseudoLabeling

@Suite struct GuardTests {
  /// A list of `count` labels of which the first `hits` are right.
  private static func outcomes(_ hits: Int, of count: Int) -> [Bool] {
    (0..<count).map { $0 < hits }
  }

  @Test func `the latest round is kept where it is the best`() {
    let choice = RoundChoice(
      isCorrect: [Self.outcomes(5, of: 20), Self.outcomes(9, of: 20), Self.outcomes(12, of: 20)],
      hasAlarm: [false, false, false])
    #expect(choice.round == 2)
    #expect(choice.isRejected == [true, true, false])
  }

  @Test func `a clear loss rolls back to the best round, round 0 included`() {
    let choice = RoundChoice(
      isCorrect: [Self.outcomes(16, of: 20), Self.outcomes(9, of: 20), Self.outcomes(4, of: 20)],
      hasAlarm: [false, false, false])
    #expect(choice.round == 0)
    #expect(choice.bestRound == 0)
  }

  @Test func `a loss of a single label in twenty is no evidence`() {
    let choice = RoundChoice(
      isCorrect: [Self.outcomes(13, of: 20), Self.outcomes(12, of: 20)],
      hasAlarm: [false, false])
    #expect(choice.round == 1)
  }

  @Test func `a loss of many against a few is evidence where the few are paired`() {
    // Twenty labels: the best has 12 right, the other loses 4 of them and wins none.
    let choice = RoundChoice(
      isCorrect: [Self.outcomes(12, of: 20), Self.outcomes(8, of: 20)], hasAlarm: [false, false])
    #expect(choice.round == 0)
  }

  @Test func `without folds the latest round without an alarm is kept`() {
    let choice = RoundChoice(isCorrect: [[], [], []], hasAlarm: [false, false, true])
    #expect(choice.round == 1)
    #expect(choice.bestRound == nil)
  }

  @Test func `rounds of equal outcomes keep the latest`() {
    let same = Self.outcomes(3, of: 6)
    #expect(RoundChoice(isCorrect: [same, same, same], hasAlarm: [false, true, true]).round == 2)
  }

  @Test func `classes that vanish or triple raise the alarm`() {
    #expect(collapsedClasses(first: [0.5, 0.5], current: [1, 0]) == [1])
    #expect(collapsedClasses(first: [0.2, 0.8], current: [0.7, 0.3]) == [0])
    #expect(collapsedClasses(first: [0.2, 0.8], current: [0.5, 0.5]) == [])
    #expect(collapsedClasses(first: [0.001, 0.999], current: [0.006, 0.994]) == [])
    #expect(collapsedClasses(first: [0.001, 0.999], current: [0, 1]) == [0])
    #expect(collapsedClasses(first: [0, 1], current: [0.2, 0.8]) == [0])
  }

  @Test func `folds hold every row out once and leave every class in`() {
    let labels = [0, 0, 0, 0, 0, 0, 1, 1, 1, 2, 2, 2, 2]
    let folds = StratifiedFolds(labels: labels, classCount: 3, seed: 4)
    #expect(folds.count == 3)
    #expect((0..<3).flatMap { folds.heldOut($0) }.sorted() == Array(labels.indices))
    for fold in 0..<3 {
      #expect(Set(folds.training(fold).map { labels[$0] }) == [0, 1, 2])
      #expect(Set(folds.heldOut(fold).map { labels[$0] }) == [0, 1, 2])
    }
    #expect(StratifiedFolds(labels: [0, 1, 1], classCount: 2, seed: 4).count == 0)
  }

  @Test func `the temperature of logits times t is t times the temperature`() {
    let (features, labels) = blobs(rows: 60, spread: 0.6, seed: 5)
    let logits = Matrix<Double>(
      rowCount: 60, columnCount: 3,
      elements: (0..<60).flatMap { features.row($0).prefix(3).map { Double($0) * 4 } })
    let one = fittedTemperature(logits: logits, labels: labels)
    let doubled = Matrix<Double>(
      rowCount: 60, columnCount: 3, elements: logits.elements.map { $0 * 2 })
    #expect(abs(fittedTemperature(logits: doubled, labels: labels) - 2 * one) < 1e-6)
  }

  @Test func `predictions that are all right do not ask for certainty`() {
    let logits = Matrix<Double>(rowCount: 2, columnCount: 2, elements: [3, 0, 0, 3])
    let temperature = fittedTemperature(logits: logits, labels: [0, 1])
    #expect(temperature > 0.5 && temperature < 5, "\(temperature)")
    #expect(fittedTemperature(logits: logits.selecting(rows: []), labels: []) == 1)
  }
}
