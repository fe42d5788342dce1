package import Tensors

private import Statistics

/// A self-training run as a value that goes step by step.
///
/// Steps: round 0 (the labels alone, and their cross-validation), one fold of the cross-validation
/// of the rounds at a time, then the rounds. After any step `state` holds all that the next steps
/// need; `init(…, resuming:)` goes on from it and comes to the same bytes.
///
/// - Determinism: the same data, strategy, options, seed and BLAS thread count give the same bits.
/// - Cost of a round: `2 n d K` operations for the probabilities of the `n` rows, and up to 25 (or
///   500, by the strategy) evaluations of the loss on the selected rows. The folds multiply this by
///   at most 5. Finding the neighbours costs `2 n² d` once.
package struct SelfTrainingRun: Sendable {
  /// The rows.
  package let data: SelfTrainingData
  /// The strategy.
  package let strategy: Strategy
  /// The settings.
  package let options: SelfTrainingOptions
  /// The neighbours of every row.
  package let graph: NeighborGraph
  /// The decision about foreign rows.
  package let quarantine: Quarantine
  /// How far the run is, and all that later steps need.
  package private(set) var state: State

  private let folds: StratifiedFolds
  private let maker: RoundMaker

  /// A step of a run.
  package enum Step: Sendable, Equatable {
    /// The labels alone.
    case supervised
    /// One fold of the cross-validation, from 0 on.
    case fold(Int)
    /// A round, from 1 on.
    case round(Int)
  }

  /// Prepares a run, or goes on with one from its state.
  ///
  /// The neighbours are found and the quarantine is decided here.
  package init(
    data: SelfTrainingData, strategy: Strategy, options: SelfTrainingOptions,
    resuming state: State = State()
  ) {
    let prior = options.classPrior ?? [Double](repeating: 1, count: data.classCount)
    precondition(
      prior.count == data.classCount, "\(prior.count) shares for \(data.classCount) classes")
    let total = prior.reduce(0, +)
    self.data = data
    self.strategy = strategy
    self.options = options
    self.state = state
    // The quarantine smooths over ten neighbours, whatever the strategy asks for.
    let graph = NeighborGraph(data.features, count: max(strategy.neighborCount, 10))
    let quarantine = Quarantine(data: data, graph: graph, policy: options.quarantine)
    self.graph = graph
    self.quarantine = quarantine
    folds = StratifiedFolds(
      labels: data.labels, classCount: data.classCount, countMax: options.foldCountMax,
      seed: options.seed)
    maker = RoundMaker(
      data: data, graph: graph, strategy: strategy, classPrior: prior.map { $0 / total },
      candidates: data.unlabelledRows.filter {
        !quarantine.sets(aside: $0) && !data.isForeign[$0 - data.labelledCount]
      }, seed: options.seed)
  }

  /// The step that comes next; nil where the run is finished.
  package var nextStep: Step? {
    if state.reports.isEmpty { return .supervised }
    if strategy.roundCount > 0, state.foldCount < folds.count { return .fold(state.foldCount) }
    return state.reports.count <= strategy.roundCount ? .round(state.reports.count) : nil
  }

  /// The number of all steps and of those done.
  package var progress: (doneCount: Int, totalCount: Int) {
    let foldCount = strategy.roundCount > 0 ? folds.count : 0
    return (state.reports.count + state.foldCount, 1 + foldCount + strategy.roundCount)
  }

  /// The number of folds of the cross-validation; 0 where a class has a single label.
  package var foldCount: Int { folds.count }

  /// The number of unlabelled rows that may get a pseudo-label.
  package var candidateCount: Int { maker.candidates.count }

  /// Takes the next step; returns the decisions of the round where it was one.
  package mutating func step() -> RoundRecord? {
    switch nextStep {
    case nil: return nil
    case .supervised: return takeSupervisedStep()
    case .fold(let fold):
      takeFold(fold)
      return nil
    case .round(let round): return takeRound(round)
    }
  }

  /// The round that the guard keeps, from the rounds done so far; nil before round 0.
  package var choice: RoundChoice? {
    guard !state.reports.isEmpty else { return nil }
    return RoundChoice(
      isCorrect: state.reports.indices.map { isCorrect(round: $0) },
      hasAlarm: state.reports.map { !$0.collapsedClasses.isEmpty })
  }

  /// The out-of-fold logits of the true labels in a round, `[labelled, classes]`.
  ///
  /// Nil where nothing could be held out.
  package func outOfFoldLogits(round: Int) -> Matrix<Double>? {
    guard folds.count > 0, round < state.outOfFold.count else { return nil }
    return Matrix(
      rowCount: data.labelledCount, columnCount: data.classCount,
      elements: state.outOfFold[round].map { Double($0) })
  }

  private mutating func takeSupervisedStep() -> RoundRecord {
    var logits = [Float](repeating: 0, count: folds.count > 0 ? data.labels.count : 0)
    logits = [Float](repeating: 0, count: logits.count * data.classCount)
    for fold in 0..<folds.count {
      let head = maker.supervisedHead(labelledRows: folds.training(fold))
      store(head, fold: fold, in: &logits)
    }
    if folds.count > 0 {
      state.outOfFold = [[Float]](repeating: logits, count: strategy.roundCount + 1)
    }
    var head = maker.supervisedHead(labelledRows: Array(data.labels.indices))
    head.temperature = temperature(round: 0)
    state.heads = [head]
    let record = record(round: 0, teacher: head, decisions: nil)
    state.reports = [report(round: 0, head: head, record: record)]
    return record
  }

  private mutating func takeFold(_ fold: Int) {
    let rows = folds.training(fold)
    var position = RoundMaker.Position(
      head: maker.supervisedHead(labelledRows: rows), average: nil)
    for round in 1...strategy.roundCount {
      // Later temperatures are not known before all folds are done; the first one stands in.
      position =
        maker.advance(
          position, round: round, labelledRows: rows, temperature: state.heads[0].temperature
        ).position
      store(position.head, fold: fold, in: &state.outOfFold[round])
    }
    state.foldCount += 1
  }

  private mutating func takeRound(_ round: Int) -> RoundRecord {
    let teacher = state.heads[round - 1]
    let (position, decisions) = maker.advance(
      RoundMaker.Position(head: teacher, average: state.average), round: round,
      labelledRows: Array(data.labels.indices), temperature: state.heads[0].temperature)
    var head = position.head
    head.temperature = temperature(round: round)
    state.average = round < strategy.roundCount ? position.average : nil
    state.heads.append(head)
    let record = record(round: round, teacher: teacher, decisions: decisions)
    state.reports.append(report(round: round, head: head, record: record))
    return record
  }

  private func store(_ head: LinearHead, fold: Int, in logits: inout [Float]) {
    let rows = folds.heldOut(fold)
    let scores = head.logits(of: data.features.selecting(rows: rows))
    for (index, row) in rows.enumerated() {
      let range = row * data.classCount..<(row + 1) * data.classCount
      logits.replaceSubrange(range, with: scores.row(index))
    }
  }

  private func temperature(round: Int) -> Double {
    guard !options.skipsCalibration, let logits = outOfFoldLogits(round: round) else { return 1 }
    return fittedTemperature(logits: logits, labels: data.labels)
  }

  /// The rows of the pool to label next, by the head of `round`.
  package func questions(_ count: Int, round: Int) -> [BreakingTies.Question] {
    BreakingTies().questions(
      count, among: candidates, probabilities: state.heads[round].probabilities(of: data.features),
      graph: graph)
  }

  /// Whether each true label was predicted out of fold; empty without folds.
  func isCorrect(round: Int) -> [Bool] {
    guard let logits = outOfFoldLogits(round: round) else { return [] }
    return data.labels.indices.map { row in
      let scores = logits.row(row)
      let best = scores.indices.reduce(0) { scores[$1] > scores[$0] ? $1 : $0 }
      return best == data.labels[row]
    }
  }

  /// The rows that may get a pseudo-label.
  var candidates: [Int] { maker.candidates }
}
