private import Gradients
private import Statistics
internal import Tensors

/// Makes heads and rounds of one strategy on one pool; the rows with labels are an argument.
struct RoundMaker: Sendable {
  let data: SelfTrainingData
  let graph: NeighborGraph
  let strategy: Strategy
  let classPrior: [Double]
  /// The unlabelled rows that the quarantine let pass.
  let candidates: [Int]
  let seed: UInt64

  /// Where a sequence of rounds stands.
  struct Position: Sendable, Equatable {
    /// The newest head.
    var head: LinearHead
    /// The moving average of the probabilities `[rows, classes]`; nil before the first round.
    var average: Matrix<Float>?
  }

  /// What a round decided.
  struct Decisions: Sendable {
    let view: RoundView
    let verdicts: [Verdicts]
    let selection: Selection
  }

  /// The head of the labels alone.
  func supervisedHead(labelledRows: [Int]) -> LinearHead {
    strategy.head.fitted(
      on: TrainingSet(
        features: data.features.selecting(rows: labelledRows),
        targets: .hard(labelledRows.map { data.labels[$0] }), classCount: data.classCount),
      from: nil)
  }

  /// Decides on the rows and fits the next head; `temperature` is the newest head's.
  func advance(
    _ position: Position, round: Int, labelledRows: [Int], temperature: Double
  ) -> (position: Position, decisions: Decisions) {
    let newest = softmax(
      ofRows: position.head.logits(of: data.features),
      temperature: strategy.usesCalibration ? Float(temperature) : 1)
    let average = blend(newest, into: position.average)
    let (classes, confidences) = predictions(of: average)
    let view = RoundView(
      round: round, roundCount: strategy.roundCount, probabilities: average,
      predictions: classes, confidences: confidences,
      agreement: graph.agreement(of: classes, count: strategy.neighborCount),
      classPrior: classPrior, candidates: drawnCandidates(round: round))
    let verdicts = strategy.filters.map { $0.verdicts(on: view) }
    let admissible = view.candidates.filter { row in verdicts.allSatisfy { $0.passes(row) } }
    let selection = strategy.selector.selection(from: admissible, in: view)
    let head = refitted(position.head, labelledRows: labelledRows, selection, view: view)
    return (
      Position(head: head, average: average),
      Decisions(view: view, verdicts: verdicts, selection: selection)
    )
  }

  /// `m · newest + (1 - m) · average`.
  private func blend(_ newest: Matrix<Float>, into average: Matrix<Float>?) -> Matrix<Float> {
    let momentum = strategy.momentum
    guard let average, momentum < 1 else { return newest }
    return newest.withUnsafeBufferPointer { new in
      average.withUnsafeBufferPointer { old in
        Matrix(rowCount: newest.rowCount, columnCount: newest.columnCount) { target in
          for index in 0..<target.count {
            target[index] = momentum * new[index] + (1 - momentum) * old[index]
          }
        }
      }
    }
  }

  private func drawnCandidates(round: Int) -> [Int] {
    guard let limit = strategy.candidateCountMax, candidates.count > limit else {
      return candidates
    }
    var generator = SeededGenerator(seed: seed &+ UInt64(round))
    return generator.shuffled(candidates).prefix(limit).sorted()
  }

  /// The head of the labels and the selected rows; `head` itself where these are of one class.
  private func refitted(
    _ head: LinearHead, labelledRows: [Int], _ selection: Selection, view: RoundView
  ) -> LinearHead {
    guard Set(selection.rows.map { view.predictions[$0] }).count > 1 else { return head }
    let rows = labelledRows + selection.rows
    let weights =
      [Float](repeating: strategy.labelWeight, count: labelledRows.count) + selection.weights
    let features = data.features.selecting(rows: rows)
    let width = data.classCount
    let set: TrainingSet
    if strategy.targets is HardTargets {
      let classes =
        labelledRows.map { data.labels[$0] } + selection.rows.map { Int(view.predictions[$0]) }
      set = TrainingSet(
        features: features, targets: .hard(classes), weights: weights, classCount: width)
    } else {
      let known = Matrix<Float>(rowCount: labelledRows.count, columnCount: width) { target in
        for (index, row) in labelledRows.enumerated() {
          target[index * width + data.labels[row]] = 1
        }
      }
      let guessed = strategy.targets.targets(of: selection.rows, in: view)
      set = TrainingSet(
        features: features, targets: .soft(known.appending(guessed)), weights: weights,
        classCount: width)
    }
    return strategy.head.fitted(on: set, from: head)
  }
}
