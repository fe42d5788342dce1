/// How to use the model, and everything that it was made from.
struct UseSection {
  var content: ReportContent

  /// The markup.
  var markup: Markup { use + remarks + settings }

  private var use: Markup {
    let folder = content.folder.shellQuoted
    return """
      <section><h2>Use it</h2>
      <p>The folder holds all that is needed; the encoder model and the daemons must be on the \
      machine.</p>
      <pre>autodidact classify --model \(folder) --input new.jsonl --output classified.jsonl
      autodidact teacher explain --model \(folder) --sample ID
      autodidact teacher next --model \(folder) --count 20</pre>
      <p class="note">The last command lists the texts whose labels would help most.</p></section>
      """
  }

  private var remarks: Markup {
    let alarms = content.result.rounds.flatMap { round in
      round.collapseAlarms.map { "Round \(round.round): \($0)" }
    }
    let all = content.result.remarks + alarms
    guard !all.isEmpty else { return Markup() }
    return """
      <section><h2>Worth knowing</h2><ul>\(all.map { "<li>\($0)</li>" as Markup })</ul></section>
      """
  }

  private var settings: Markup {
    let (result, identity) = (content.result, content.result.identity)
    let counts = result.counts
    var rows: [(String, Markup)] = [
      ("strategy", "<code>\(result.strategy)</code>, seed \("\(result.seed)")"),
      ("encoder", "\(identity.encoder) <code>\(identity.encoderDigest)</code>"),
      (
        "texts",
        """
        \(counts.labelled.grouped) labelled, \(counts.unlabelled.grouped) unlabelled, \
        \(counts.test.grouped) test; \(counts.duplicates.grouped) repeated, \
        \(counts.emptySkipped.grouped) empty and passed over, \(counts.truncated.grouped) cut to \
        the model’s limit
        """
      ),
    ]
    if let calibration = result.calibration {
      rows.append(("temperature", "\(calibration.temperature.fixed(3))"))
    }
    if let detector = result.detector {
      let words: Markup =
        detector.isCalibrated
        ? """
        flags \((detector.falseAlarmRate * 100).fixed(0)) % of good texts, set on \
        \(detector.calibrationRowCount.counted("text"))
        """
        : "not calibrated: too few labels"
      rows.append(
        ("detector", "<code>\(detector.method)</code>, \(words) <code>\(detector.digest)</code>"))
    }
    rows += [
      ("head", "<code>\(identity.headDigest)</code>"),
      ("run", "<code>\(identity.run)</code>"),
      ("data and options of the run", "<code>\(identity.dataDigest)</code>"),
      ("input files and options", "<code>\(identity.inputDigest)</code>"),
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

extension String {
  /// The text as one word of a shell command.
  var shellQuoted: String {
    let plain = utf8.allSatisfy { byte in
      switch Unicode.Scalar(byte) {
      case "a"..."z", "A"..."Z", "0"..."9", "/", ".", "_", "-", "+", ":", ",": true
      default: false
      }
    }
    guard !plain || isEmpty else { return self }
    return "'" + replacing("'", with: #"'\''"#) + "'"
  }
}
