/// The result in one sentence and four numbers.
struct HeadlineSection {
  var result: SelfTrainingResult

  /// The markup.
  var markup: Markup {
    let comparison = result.comparison
    let basis: Markup =
      switch comparison.basis {
      case .test:
        "Measured on \(comparison.rowCount.counted("test text")) that no training saw."
      case .crossValidation:
        """
        There was no test file: the numbers are cross-validated on the \
        \(comparison.rowCount.counted("labelled text")), so they are rough.
        """
      }
    return """
      <header><div class="kicker">autodidact · self-training report</div>
      <h1>\(comparison.verdict)</h1>
      <p class="muted">\(basis)\(paired) \(chosen)</p></header>
      <div class="cards">\(cards)</div>
      """
  }

  private var chosen: Markup {
    let name = result.chosenRound == 0 ? "The labels alone" : "Round \(result.chosenRound)"
    return "\(name) was chosen: \(result.choiceReason)"
  }

  /// What changed text by text.
  private var paired: Markup {
    guard result.chosenRound > 0, let gained = result.comparison.gainedCount,
      let lost = result.comparison.lostCount
    else { return Markup() }
    return " \(gained.grouped) of them became right and \(lost.grouped) became wrong."
  }

  private var cards: Markup {
    let (before, after) = (result.comparison.baseline, result.comparison.selfTrained)
    var cards: [Markup] = [
      card(
        result.comparison.basis == .test ? "accuracy" : "cross-validated accuracy",
        from: before.accuracy.percent, to: after.accuracy.percent + " %",
        change: after.accuracy - before.accuracy, isPoints: true)
    ]
    if let old = before.macroF1, let new = after.macroF1 {
      cards.append(
        card(
          "macro F1", from: old.percent, to: new.percent + " %", change: new - old, isPoints: true))
    }
    if let old = before.ece, let new = after.ece {
      cards.append(
        card(
          "calibration error (ECE)", from: old.fixed(3), to: new.fixed(3), change: new - old,
          isPoints: false))
    }
    let count = result.rounds.first { $0.round == result.chosenRound }?.pseudoLabelCount ?? 0
    cards.append(
      """
      <div class="card"><div class="name">true labels → pseudo-labels</div>\
      <div><span class="from">\(result.counts.labelled.grouped) → </span>\
      <span class="value">\(count.grouped)</span></div>\
      <div class="delta muted">of \(result.counts.unlabelled.counted("unlabelled text"))</div></div>
      """)
    return cards.joined()
  }

  /// A number before and after; fewer is better for what is not in points.
  private func card(
    _ name: String, from: String, to: String, change: Double, isPoints: Bool
  ) -> Markup {
    let isBetter = isPoints ? change > 0 : change < 0
    let words =
      isPoints
      ? "\(change.points) points" : "\(change > 0 ? "+" : "")\(change.fixed(3)), lower is better"
    let style = change.magnitude < (isPoints ? 0.0005 : 0.01) ? "muted" : isBetter ? "good" : "bad"
    return """
      <div class="card"><div class="name">\(name)</div>\
      <div><span class="from">\(from) → </span><span class="value">\(to)</span></div>\
      <div class="delta \(style)">\(words)</div></div>
      """
  }
}
