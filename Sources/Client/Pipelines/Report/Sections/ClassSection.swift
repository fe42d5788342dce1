/// The classes one by one, and the pairs that are confused.
struct ClassSection {
  var result: SelfTrainingResult

  /// The markup.
  var markup: Markup {
    let hasTest = result.classes.contains { $0.testCount != nil }
    let head: Markup =
      hasTest
      ? """
      <th>class</th><th class="number">labels</th><th>pseudo-labels</th>\
      <th class="number">test texts</th><th class="number">precision (%)</th>\
      <th class="number">recall (%)</th><th class="number">F1 (%)</th>
      """
      : """
      <th>class</th><th class="number">labels</th><th>pseudo-labels</th>\
      <th class="number">predicted share of the pool (%)</th>
      """
    return """
      <section><h2>Class by class</h2>
      <p class="note">\(hasTest ? "With the labels alone → with the chosen classifier." : "")</p>
      <div class="scroll"><table><thead><tr>\(head)</tr></thead>
      <tbody>\(result.classes.map { row($0, hasTest: hasTest) })</tbody></table></div></section>
      \(confusions)
      """
  }

  private func row(_ item: SelfTrainingResult.ClassResult, hasTest: Bool) -> Markup {
    let most = max(1, result.classes.map(\.pseudoLabelCount).max() ?? 1)
    let width = (Double(item.pseudoLabelCount) / Double(most) * 90).rounded()
    let start: Markup = """
      <tr><td>\(item.name)</td><td class="number">\(item.labelledCount.grouped)</td>\
      <td class="share"><span class="track" style="width:\(width)px"></span> \
      \(item.pseudoLabelCount.grouped)</td>
      """
    guard hasTest else {
      return start + "<td class=\"number\">\(item.predictedShare.percent)</td></tr>"
    }
    let (old, new) = (item.baseline, item.selfTrained)
    return start + """
      <td class="number">\((item.testCount ?? 0).grouped)</td>\
      \(change(old?.precision, new?.precision))\(change(old?.recall, new?.recall))\
      \(change(old?.f1, new?.f1))</tr>
      """
  }

  private func change(_ old: Double?, _ new: Double?) -> Markup {
    guard let old, let new else { return "<td class=\"number\">–</td>" }
    let difference = new - old
    let style = difference.magnitude < 0.005 ? "" : difference > 0 ? "good" : "bad"
    return """
      <td class="number"><span class="was">\(old.percent) → </span>\
      <span class="\(style)">\(new.percent)</span></td>
      """
  }

  private var confusions: Markup {
    guard !result.confusions.isEmpty else { return Markup() }
    let most = Double(result.confusions.map(\.count).max() ?? 1)
    let rows = result.confusions.map { pair -> Markup in
      let width = (Double(pair.count) / most * 90).rounded()
      return """
        <tr><td>\(pair.trueClass)</td><td>\(pair.predictedClass)</td>\
        <td class="share"><span class="track" style="width:\(width)px"></span> \
        \(pair.count.grouped)</td><td class="number">\(pair.share.percent)</td></tr>
        """
    }
    return """
      <section><h2>What is taken for what</h2>
      <p class="note">The most frequent mistakes of the chosen classifier on the test texts.</p>
      <div class="scroll"><table><thead><tr><th>true class</th><th>predicted</th><th>texts</th>\
      <th class="number">of the true class (%)</th></tr></thead><tbody>\(rows)</tbody></table></div>
      </section>
      """
  }
}
