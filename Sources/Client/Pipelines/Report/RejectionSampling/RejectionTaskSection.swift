/// The kinds of questions one by one.
struct RejectionTaskSection {
  var result: RejectionSamplingResult

  /// The markup.
  var markup: Markup {
    guard !result.tasks.isEmpty else { return Markup() }
    let rows = result.tasks.map { task -> Markup in
      """
      <tr><td>\(task.name.isEmpty ? "without a kind" : task.name)</td>\
      <td class="number">\(task.questionCount.grouped)</td>\
      <td class="share"><span class="track" style="width:\(width(task))px"></span> \
      \(task.keptCount.grouped)</td><td class="number">\(share(task.sampledShare))</td>\
      <td class="number">\(share(task.selectedShare))</td>\
      <td class="number">\(share(task.keptShare))</td></tr>
      """
    }
    return """
      <section><h2>Kind by kind</h2>
      <p class="note">The certificate holds over all kinds together, not for each of them.</p>
      <div class="scroll"><table><thead><tr><th>kind</th><th class="number">questions</th>\
      <th>kept</th><th class="number">right, all samples (%)</th>\
      <th class="number">right, best answer (%)</th><th class="number">right, kept (%)</th></tr>\
      </thead><tbody>\(rows)</tbody></table></div></section>
      """
  }

  private func width(_ task: RejectionSamplingResult.Task) -> Double {
    (Double(task.keptCount) / Double(max(1, task.questionCount)) * 90).rounded()
  }

  private func share(_ value: Double?) -> String { value?.percent ?? "–" }
}
