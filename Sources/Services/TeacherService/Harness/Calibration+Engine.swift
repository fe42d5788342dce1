internal import Messages
internal import PseudoLabeling
internal import Statistics
internal import Tensors

extension Calibration {
  /// What a temperature does to out-of-fold predictions of true labels.
  init(logits: Matrix<Double>, labels: [Int], temperature: Double) {
    func error(_ temperature: Double) -> Double {
      let probabilities = softmax(ofRows: logits, temperature: temperature)
      var confidences: [Double] = []
      var isCorrect: [Bool] = []
      for (row, label) in labels.enumerated() {
        let values = probabilities.row(row)
        let best = values.indices.reduce(0) { values[$1] > values[$0] ? $1 : $0 }
        confidences.append(min(values[best], 1))
        isCorrect.append(best == label)
      }
      return expectedCalibrationError(
        of: reliabilityBins(confidences: confidences, isCorrect: isCorrect))
    }
    self.init(
      temperature: temperature, eceBefore: error(1), eceAfter: error(temperature),
      nllBefore: negativeLogLikelihood(logits: logits, labels: labels),
      nllAfter: negativeLogLikelihood(logits: logits, labels: labels, temperature: temperature),
      rowCount: UInt32(labels.count))
  }
}

extension Evaluation {
  /// How well calibrated probabilities `[rows, classes]` predict `labels`.
  ///
  /// The confusion matrix is left out beyond 256 classes, where it would fill a message.
  init(probabilities: Matrix<Float>, labels: [Int], classNames: [String]) {
    let count = classNames.count
    var confusion = [Int](repeating: 0, count: count * count)
    var confidences: [Double] = []
    var isCorrect: [Bool] = []
    for (row, label) in labels.enumerated() {
      let values = probabilities.row(row)
      let best = values.indices.reduce(0) { values[$1] > values[$0] ? $1 : $0 }
      confusion[label * count + best] += 1
      confidences.append(min(Double(values[best]), 1))
      isCorrect.append(best == label)
    }
    let classes = classNames.enumerated().map { label, name -> ClassEvaluation in
      let hits = Double(confusion[label * count + label])
      let support = (0..<count).reduce(0) { $0 + confusion[label * count + $1] }
      let predicted = (0..<count).reduce(0) { $0 + confusion[$1 * count + label] }
      let precision = predicted == 0 ? 0 : hits / Double(predicted)
      let recall = support == 0 ? 0 : hits / Double(support)
      return ClassEvaluation(
        name: name, precision: precision, recall: recall,
        f1: precision + recall == 0 ? 0 : 2 * precision * recall / (precision + recall),
        support: UInt64(support))
    }
    let bins = reliabilityBins(confidences: confidences, isCorrect: isCorrect)
    let doubles = Matrix<Double>(
      rowCount: probabilities.rowCount, columnCount: count,
      elements: probabilities.elements.map { max(Double($0), 1e-30) })
    let supported = classes.filter { $0.support > 0 }
    self.init(
      present: true,
      accuracy: Double(isCorrect.reduce(0) { $0 + ($1 ? 1 : 0) }) / Double(max(labels.count, 1)),
      macroF1: supported.reduce(0) { $0 + $1.f1 } / Double(max(supported.count, 1)),
      ece: expectedCalibrationError(of: bins),
      nll: negativeLogLikelihood(probabilities: doubles, labels: labels),
      brier: brierScore(probabilities: doubles, labels: labels), classes: classes,
      reliability: bins.map {
        Messages.ReliabilityBin(
          meanConfidence: $0.meanConfidence, accuracy: $0.accuracy, count: UInt64($0.count))
      },
      confusion: count > 256 ? [] : confusion.map { UInt64($0) }, rowCount: UInt64(labels.count))
  }
}
