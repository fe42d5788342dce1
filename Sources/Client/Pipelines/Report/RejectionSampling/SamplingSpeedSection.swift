/// What the answers cost, and what guessing brought.
struct SamplingSpeedSection {
  var speed: SamplingSpeed

  /// The markup.
  var markup: Markup {
    let perStep = Double(speed.generatedTokenCount) / Double(max(1, speed.stepCount))
    let rows: [(String, String)] =
      [
        (
          "tokens",
          "\(speed.generatedTokenCount.grouped) generated in \(speed.seconds.fixed(1)) s: "
            + "\(speed.tokensPerSecond.fixed(1)) a second"
        ),
        (
          "prompts",
          "\(speed.promptTokenCount.grouped) tokens, of which \(speed.cachedTokenCount.grouped) "
            + "were there already"
        ),
        (
          "model runs", "\(speed.stepCount.grouped), \(perStep.fixed(2)) tokens each",
        ),
        ("guessed tokens", guessed(speed.proposedCount, speed.acceptedCount)),
        (
          "time guessing and confirming",
          "\(speed.draftSeconds.fixed(2)) s and \(speed.verifySeconds.fixed(2)) s"
        ),
      ]
      + (speed.sources.count > 1 ? speed.sources : []).map {
        ("of them by \($0.method)", guessed($0.proposedCount, $0.acceptedCount))
      }
    let body = rows.map { name, value -> Markup in
      "<tr><td class=\"muted\">\(name)</td><td>\(value)</td></tr>"
    }
    return """
      <section><h2>What it cost</h2>
      <p class="note">Over all sessions of this run. Speculation changes the speed, never an \
      answer.</p>
      <div class="scroll"><table><tbody>\(body)</tbody></table></div></section>
      """
  }

  private func guessed(_ proposed: Int, _ accepted: Int) -> String {
    guard proposed > 0 else { return "none" }
    return "\(proposed.grouped), of which \(accepted.grouped) "
      + "(\((Double(accepted) / Double(proposed)).percent) %) were right"
  }
}
