internal import Judging
internal import Messages

extension ItemScore {
  /// The message of a judgement, with the probability where the judge is calibrated.
  init(_ judgement: Judgement, itemID: String, calibrator: (any Calibrator)?) {
    self.init(itemID: itemID)
    switch judgement {
    case .scored(let score):
      status = .scored
      value = score.value
      parts = score.parts.map {
        Messages.ScorePart(name: $0.name, value: $0.value, reason: $0.reason.withoutNUL)
      }
      guard let found = calibrator?.probability(of: score.value) else { return }
      probability = found.value
      probabilityLower = found.lower
      probabilityUpper = found.upper
    case .unscored(let reason):
      status = .unscored
      self.reason = "\(reason)"
    case .error(let failure):
      status = .error
      reason = "\(failure)".withoutNUL
    }
  }

  /// The value; nil where there is no score.
  var scoredValue: Double? { status == .scored ? value : nil }
}

extension String {
  /// The text without the character that the wire cannot carry.
  fileprivate var withoutNUL: String { replacing("\0", with: "\u{fffd}") }
}
