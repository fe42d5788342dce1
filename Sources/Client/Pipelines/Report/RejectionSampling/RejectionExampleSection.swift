/// Some best answers, kept and not, for a person to judge.
struct RejectionExampleSection {
  var examples: [RejectionReportContent.Example]

  /// The markup.
  var markup: Markup {
    let kept = examples.filter(\.isKept)
    let others = examples.filter { !$0.isKept }
    return section("Some answers that are kept", kept)
      + section("Some best answers that are not", others)
  }

  private func section(
    _ title: String, _ examples: [RejectionReportContent.Example]
  ) -> Markup {
    guard !examples.isEmpty else { return Markup() }
    let rows = examples.map { example -> Markup in
      """
      <tr><td class="text">\(example.prompt.clipped(to: 160))</td>\
      <td class="text">\(example.text.clipped(to: 160))</td><td>\(verdict(example))</td>\
      <td class="number">\(example.voteShare?.percent ?? "–")</td>\
      <td class="number">\(example.score.fixed(3))</td>\
      <td class="number muted">\(example.id)</td></tr>
      """
    }
    return """
      <section><h2>\(title)</h2>
      <div class="scroll"><table><thead><tr><th>question</th><th>answer</th><th>gold</th>\
      <th class="number">votes (%)</th><th class="number">score</th><th class="number">id</th></tr>\
      </thead><tbody>\(rows)</tbody></table></div></section>
      """
  }

  private func verdict(_ example: RejectionReportContent.Example) -> Markup {
    guard let gold = example.gold else { return "<span class=\"muted\">–</span>" }
    guard example.isRight == true else {
      return "<span class=\"bad\">wrong: \(gold.clipped(to: 60))</span>"
    }
    return "<span class=\"good\">right</span>"
  }
}
