/// The result in one sentence and a few numbers.
struct RejectionHeadlineSection {
  var result: RejectionSamplingResult
  var speed: SamplingSpeed

  /// The markup.
  var markup: Markup {
    """
    <header><div class="kicker">autodidact · rejection-sampling report</div>
    <h1>\(result.verdict)</h1>
    <p class="muted">\(basis)</p></header>
    <div class="cards">\(cards)</div>
    """
  }

  private var basis: Markup {
    let promise = result.promise
    guard promise.isCertified else {
      return """
        \(result.counts.calibration.counted("question")) with gold answers were there to stand a \
        promise on. \(promise.reason)
        """
    }
    return """
      The certificate, from \(promise.itemCount.counted("calibration question")), promises that at \
      most \(promise.alpha.percent) % of the kept answers are wrong, and fails with probability \
      \(promise.delta.percent) % at most.\(measured)
      """
  }

  private var measured: Markup {
    guard let precision = result.precision else { return Markup() }
    return """
       Measured on \(precision.questionCount.counted("other question")) whose gold answers nothing \
      else used.
      """
  }

  private var cards: Markup {
    let pool = result.counts.measured + result.counts.unlabelled
    let keptShare = Double(result.counts.kept) / Double(max(1, pool))
    var cards: [Markup] = [
      card(
        "kept answers", value: result.counts.kept.grouped,
        note: "of \(pool.counted("question")): \(keptShare.percent) %"
      )
    ]
    if let precision = result.precision {
      if let kept = precision.kept, let gain = precision.gain {
        let style = gain.lower > 0 ? "good" : gain.upper < 0 ? "bad" : "muted"
        cards.append(
          """
          <div class="card"><div class="name">right: all samples → kept</div>\
          <div><span class="from">\(precision.sampled.value.percent) → </span>\
          <span class="value">\(kept.value.percent) %</span></div>\
          <div class="delta \(style)">\(gain.value.points) points, 95 % interval \
          \(gain.lower.points) to \(gain.upper.points)</div></div>
          """)
      }
      cards.append(
        card(
          "right without abstention", value: precision.selected.value.percent + " %",
          note: "the best answer of every question"))
    }
    if let quality = result.quality, let judge = quality.judge.auroc {
      let length = quality.length.auroc?.value.fixed(3) ?? "–"
      cards.append(
        card(
          "right above wrong (AUROC)", value: judge.value.fixed(3),
          note: "length of the answer alone: \(length)"))
    }
    cards.append(
      card(
        "tokens a second", value: speed.tokensPerSecond.fixed(speed.tokensPerSecond < 100 ? 1 : 0),
        note: "\(speed.generatedTokenCount.counted("token")) in \(speed.seconds.fixed(0)) s"))
    return cards.joined()
  }

  private func card(_ name: String, value: String, note: String) -> Markup {
    """
    <div class="card"><div class="name">\(name)</div>\
    <div><span class="value">\(value)</span></div><div class="delta muted">\(note)</div></div>
    """
  }
}
