import Tensors
import TestSupport
import Testing

@testable import PseudoLabeling

@Suite struct SelfTrainingRunTests {
  static func run(
    _ data: SelfTrainingData, options: SelfTrainingOptions = SelfTrainingOptions(),
    resuming state: SelfTrainingRun.State = SelfTrainingRun.State()
  ) -> SelfTrainingRun {
    SelfTrainingRun(
      data: data,
      strategy: BalancedQuotas.strategy(BalancedQuotas.Parameters(), head: LogisticHead()),
      options: options, resuming: state)
  }

  @Test func `the steps are round 0, the folds, and the rounds`() throws {
    var run = Self.run(try sampleData())
    var steps: [SelfTrainingRun.Step] = []
    while let step = run.nextStep {
      steps.append(step)
      let record = run.step()
      if case .fold = step { #expect(record == nil) } else { #expect(record != nil) }
      #expect(run.progress.doneCount == steps.count)
      #expect(run.progress.totalCount == 9)
    }
    #expect(
      steps == [
        .supervised, .fold(0), .fold(1), .fold(2), .fold(3), .round(1), .round(2), .round(3),
        .round(4),
      ])
    #expect(run.state.reports.map(\.round) == [0, 1, 2, 3, 4])
    #expect(run.choice != nil)
  }

  @Test func `a run that goes on after any step comes to the same bytes`() throws {
    let data = try sampleData(spread: 0.5)
    var whole = Self.run(data)
    var states = [whole.state.encoded()]
    var records: [[UInt8]?] = []
    while whole.nextStep != nil {
      records.append(whole.step()?.encoded())
      states.append(whole.state.encoded())
    }
    for (position, bytes) in states.enumerated() {
      var resumed = Self.run(data, resuming: try SelfTrainingRun.State(decoding: bytes))
      var next = position
      while resumed.nextStep != nil {
        #expect(resumed.step()?.encoded() == records[next], "step \(next) after \(position)")
        next += 1
        #expect(resumed.state.encoded() == states[next], "state \(next) after \(position)")
      }
      #expect(resumed.choice == whole.choice)
    }
  }

  @Test func `every pseudo-label says what made it`() throws {
    let data = try sampleData()
    var run = Self.run(data)
    let record = try run.lastRecord()
    let chosen = record.weights.indices.filter { record.weights[$0] > 0 }
    #expect(chosen.count == run.state.reports[4].pseudoLabelCount)
    #expect(chosen.count > 40)
    for index in record.weights.indices {
      let label = run.pseudoLabel(index, in: record)
      #expect(label.round == 4)
      #expect(label.teacherDigest == run.state.reports[3].headDigest)
      #expect((label.weight > 0) == label.verdicts.allSatisfy(\.isPassed), "row \(index)")
      #expect(label.verdicts.map(\.part) == [.quarantine, .agreement, .quota])
      #expect(label.neighbors.count == 10)
      let agreeing = label.neighbors.filter { $0.predictedClass == label.predictedClass }
      #expect(label.verdicts[1].value == Float(agreeing.count) / 10)
      #expect(label.runnersUp.count == 2)
    }
  }

  @Test func `the permutation of the rows does not change the accuracy`() throws {
    let (features, labels) = blobs(rows: 150, spread: 0.6, seed: 9)
    func head(order: [Int]) throws -> LinearHead {
      var run = Self.run(
        try SelfTrainingData(
          labelled: features.selecting(rows: Array(0..<30)), labels: Array(labels.prefix(30)),
          unlabelled: features.selecting(rows: order), classNames: ["a", "b", "c"]))
      run.finish()
      return run.state.heads[4]
    }
    let straight = try head(order: Array(30..<150))
    let reversed = try head(order: (30..<150).reversed())
    for (left, right) in zip(straight.weights.elements, reversed.weights.elements) {
      #expect(abs(left - right) < 0.05)
    }
  }

  @Test func `one label a class trains without folds and says so`() throws {
    var run = Self.run(try sampleData(labelled: 3))
    #expect(run.foldCount == 0)
    run.finish()
    #expect(run.state.reports.count == 5)
    #expect(run.state.reports[4].validationAccuracy == nil)
    #expect(run.state.reports[4].temperature == 1)
    #expect(try #require(run.choice).bestRound == nil)
  }

  @Test func `labels alone are a single step`() throws {
    var run = SelfTrainingRun(
      data: try sampleData(),
      strategy: Supervised.strategy(Supervised.Parameters(), head: LogisticHead()),
      options: SelfTrainingOptions())
    let record = try run.lastRecord()
    #expect(run.state.reports.count == 1)
    #expect(record.weights.allSatisfy { $0 == 0 })
    #expect(run.choice?.round == 0)
  }

  @Test func `rows that a detector calls foreign get no pseudo-label`() throws {
    let (features, labels) = blobs(rows: 60, seed: 3)
    let data = try SelfTrainingData(
      labelled: features.selecting(rows: Array(0..<12)), labels: Array(labels.prefix(12)),
      unlabelled: features.selecting(rows: Array(12..<60)), classNames: ["a", "b", "c"],
      isForeign: (0..<48).map { $0 < 20 })
    var run = Self.run(data)
    let record = try run.lastRecord()
    #expect(record.weights.prefix(20).allSatisfy { $0 == 0 })
    #expect(run.pseudoLabel(0, in: record).verdicts.contains { $0.part == .detector })
  }

  @Test func `a fixed threshold sees calibrated confidences`() throws {
    var parameters = FixedThreshold.Parameters()
    parameters.confidenceMin = 0.8
    var run = SelfTrainingRun(
      data: try sampleData(labelled: 30, spread: 0.2),
      strategy: FixedThreshold.strategy(parameters, head: LogisticHead(inversePenalty: 0.1)),
      options: SelfTrainingOptions())
    run.finish()
    // The raw confidences of so strong a penalty are all below one half.
    #expect(run.state.reports[1].pseudoLabelCount > 30)
  }

  @Test func `data that cannot be learnt from is refused by name`() {
    let two = Matrix<Float>(rowCount: 2, columnCount: 2, elements: [1, 0, 0, 1])
    let none = Matrix<Float>(rowCount: 0, columnCount: 2, elements: [])
    let broken = Matrix<Float>(rowCount: 2, columnCount: 2, elements: [1, 0, 0, .nan])
    func failure(
      _ labelled: Matrix<Float>, _ labels: [Int], _ unlabelled: Matrix<Float>,
      classNames: [String] = ["a", "b"]
    ) -> SelfTrainingData.Failure? {
      do throws(SelfTrainingData.Failure) {
        _ = try SelfTrainingData(
          labelled: labelled, labels: labels, unlabelled: unlabelled, classNames: classNames)
        return nil
      } catch {
        return error
      }
    }
    #expect(failure(two, [0, 1], two) == nil)
    #expect(failure(none, [], two) == .noLabels)
    #expect(failure(two, [1, 1], two) == .oneClassOnly("b"))
    #expect(failure(two, [0, 1], two, classNames: ["a", "b", "c"]) == .classWithoutLabel("c"))
    #expect(failure(two, [0, 1], none) == .noUnlabelledRows)
    #expect(failure(two, [0, 2], two) == .labelOutOfRange(label: 2, row: 1, classCount: 2))
    #expect(failure(two, [0, 1], broken) == .notFinite(isLabelled: false, row: 1, column: 1))
    #expect(failure(broken, [0, 1], two) == .notFinite(isLabelled: true, row: 1, column: 1))
  }
}
