/// How to train on the results, and everything that they were made from.
struct RejectionUseSection {
  var content: RejectionReportContent

  /// The markup.
  var markup: Markup { use + remarks + settings }

  private var use: Markup {
    let counts = content.result.counts
    return """
      <section><h2>Use it</h2>
      <p><code>prompt_completion.jsonl</code> holds \(counts.kept.counted("row")) for supervised \
      training, <code>preferences.jsonl</code> \(counts.pairs.counted("pair")) of a kept answer \
      and the best-scored one that says something else. TRL reads both as they are:</p>
      <pre>from datasets import load_dataset
      rows = load_dataset("json", data_files="\(content.folder)/prompt_completion.jsonl")["train"]
      pairs = load_dataset("json", data_files="\(content.folder)/preferences.jsonl")["train"]</pre>
      <p class="note">The calibration questions are in neither file. <code>autodidact judge \
      explain ID</code> tells all about a score of <code>judged.jsonl</code>.</p></section>
      """
  }

  private var remarks: Markup {
    let remarks = content.result.remarks
    guard !remarks.isEmpty else { return Markup() }
    return """
      <section><h2>Worth knowing</h2>
      <ul>\(remarks.map { "<li>\($0)</li>" as Markup })</ul></section>
      """
  }

  private var settings: Markup {
    let result = content.result
    let (counts, settings, identity) = (result.counts, result.settings, result.identity)
    var rows: [(String, Markup)] = [
      (
        "questions",
        """
        \(counts.calibration.grouped) calibrate, \(counts.measured.grouped) measure, \
        \(counts.unlabelled.grouped) without gold answers; \(counts.repeated.grouped) repeated
        """
      ),
      (
        "answers",
        """
        \(counts.answers.grouped): \("\(settings.sampleCount)") a question at temperature \
        \("\(settings.temperature)"), at most \(settings.tokensMax.grouped) tokens, seed \
        \("\(settings.seed)")
        """
      ),
      ("language model", "\(identity.model) <code>\(identity.modelDigest)</code>"),
      ("judge", "\(identity.judge) <code>\(identity.judgeDigest)</code>"),
    ]
    if let threshold = result.promise.threshold, let pValue = result.promise.pValue {
      rows.append(
        ("certificate", "score at least \(threshold.fixed(4)), p-value \(pValue.fixed(4))"))
    }
    rows += [
      ("run of the scores", "<code>\(identity.run)</code>"),
      ("answers", "<code>\(identity.answersDigest)</code>"),
      ("questions and options", "<code>\(identity.inputDigest)</code>"),
    ]
    let body = rows.map { name, value -> Markup in
      "<tr><td class=\"muted\">\(name)</td><td>\(value)</td></tr>"
    }
    return """
      <section><h2>What it was made from</h2>
      <div class="scroll"><table><tbody>\(body)</tbody></table></div></section>
      """
  }
}
