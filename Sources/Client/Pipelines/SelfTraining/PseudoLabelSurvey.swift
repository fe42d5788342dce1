import Messages

/// What is kept of the decisions on all samples of the pool, while they pass by.
///
/// Memory: histograms, some examples of each class, and one number for each pseudo-label.
struct PseudoLabelSurvey {
  /// The parts whose refusal means that a sample is foreign.
  static let quarantineParts: Set<String> = ["quarantine", "detector"]
  private static let quarantinedExampleCount = 8
  private static let classExampleCount = 30

  /// The pool rows with a pseudo-label, and their classes.
  private(set) var selected: [(row: Int, label: UInt32)] = []
  /// The pool rows that were not quarantined.
  private(set) var familiarRows: [Int] = []
  /// The confidence of the pseudo-labelled samples.
  private(set) var selectedConfidence = Self.emptyHistogram
  /// The confidence of the others.
  private(set) var otherConfidence = Self.emptyHistogram
  /// The most foreign of the quarantined samples, the worst first.
  private(set) var quarantined: [ReportContent.Example] = []
  private var surest: [ReportContent.Example?]
  private var mostDoubtful: [ReportContent.Example?]
  private let classIndices: [String: Int]

  private static let emptyHistogram = SelfTrainingResult.Histogram(
    minimum: 0, maximum: 1, counts: [Int](repeating: 0, count: 20))

  init(classes: [String]) {
    surest = Array(repeating: nil, count: classes.count)
    mostDoubtful = surest
    classIndices = Dictionary(
      uniqueKeysWithValues: classes.enumerated().map { ($1, $0) })
  }

  /// Takes a decision into account; returns whether the sample was quarantined.
  mutating func add(_ decision: PseudoLabel, sample: Sample, row: Int) -> Bool {
    let refusal = decision.verdicts.first {
      Self.quarantineParts.contains($0.part) && !$0.passed
    }
    let example = ReportContent.Example(
      id: sample.id, text: sample.text, label: decision.predictedClass,
      confidence: Double(decision.confidence), oodScore: Double(decision.oodScore),
      reason: refusal?.reason ?? "")
    if decision.selected {
      selectedConfidence.add(example.confidence)
      addSelected(example, row: row)
    } else {
      otherConfidence.add(example.confidence)
    }
    guard refusal != nil else {
      familiarRows.append(row)
      return false
    }
    let place = quarantined.firstIndex { $0.oodScore < example.oodScore } ?? quarantined.count
    if place < Self.quarantinedExampleCount {
      quarantined.insert(example, at: place)
      if quarantined.count > Self.quarantinedExampleCount { quarantined.removeLast() }
    }
    return true
  }

  private mutating func addSelected(_ example: ReportContent.Example, row: Int) {
    guard let index = classIndices[example.label] else { return }
    selected.append((row, UInt32(index)))
    if example.confidence > surest[index]?.confidence ?? -1 { surest[index] = example }
    if example.confidence < mostDoubtful[index]?.confidence ?? 2 { mostDoubtful[index] = example }
  }

  /// The surest and the most doubtful pseudo-label of each class, for as many classes as fit a
  /// page.
  var examples: [ReportContent.Example] {
    zip(surest, mostDoubtful).prefix(Self.classExampleCount).flatMap { sure, doubtful in
      guard let sure else { return [ReportContent.Example]() }
      guard let doubtful, doubtful != sure else { return [sure] }
      return [sure, doubtful]
    }
  }
}
