/// Some pseudo-labels, for a person to judge.
struct ExampleSection {
  var examples: [ReportContent.Example]

  /// The markup.
  var markup: Markup {
    guard !examples.isEmpty else { return Markup() }
    let rows = examples.map { example -> Markup in
      """
      <tr><td><span class="tag">\(example.label)</span></td>\
      <td class="text">\(example.text.clipped(to: 220))</td>\
      <td class="number">\(example.confidence.percent)</td>\
      <td class="number muted">\(example.id)</td></tr>
      """
    }
    return """
      <section><h2>Some pseudo-labels</h2>
      <p class="note">The surest and the most doubtful of each class; \
      <code>autodidact teacher explain</code> tells why each was given.</p>
      <div class="scroll"><table><thead><tr><th>pseudo-label</th><th>text</th>\
      <th class="number">confidence (%)</th><th class="number">id</th></tr></thead>\
      <tbody>\(rows)</tbody></table></div></section>
      """
  }
}

extension String {
  /// The text on one line, cut to `count` characters with an ellipsis.
  func clipped(to count: Int) -> String {
    let words = split(whereSeparator: \.isWhitespace)
    var line = ""
    for word in words {
      guard line.count + word.count < count else {
        return line.isEmpty ? word.prefix(count - 1) + "…" : line + " …"
      }
      line += (line.isEmpty ? "" : " ") + word
    }
    return line
  }
}
