package import Messages

/// Returns metrics in Prometheus' text format 0.0.4, each line with its end.
package func prometheusText(of families: [MetricFamily]) -> String {
  var text = ""
  for family in families {
    text += "# HELP \(family.name) \(escaped(family.help, quotes: false))\n"
    text += "# TYPE \(family.name) \(typeWord(of: family.kind))\n"
    for sample in family.samples {
      guard family.kind == .histogram else {
        text += "\(family.name)\(labels(sample.labels)) \(number(sample.value))\n"
        continue
      }
      for bucket in sample.buckets {
        let bound = labels(sample.labels, adding: ("le", number(bucket.upperBound)))
        text += "\(family.name)_bucket\(bound) \(bucket.cumulativeCount)\n"
      }
      text += "\(family.name)_sum\(labels(sample.labels)) \(number(sample.value))\n"
      text += "\(family.name)_count\(labels(sample.labels)) \(sample.observationCount)\n"
    }
  }
  return text
}

private func typeWord(of kind: MetricKind) -> String {
  switch kind {
  case .unspecified: "untyped"
  case .counter: "counter"
  case .gauge: "gauge"
  case .histogram: "histogram"
  }
}

private func labels(_ labels: [Label], adding last: (String, String)? = nil) -> String {
  var pairs = labels.map { "\($0.name)=\"\(escaped($0.value, quotes: true))\"" }
  if let last { pairs.append("\(last.0)=\"\(last.1)\"") }
  return pairs.isEmpty ? "" : "{\(pairs.joined(separator: ","))}"
}

private func escaped(_ text: String, quotes: Bool) -> String {
  let lines = text.replacing("\\", with: "\\\\").replacing("\n", with: "\\n")
  return quotes ? lines.replacing("\"", with: "\\\"") : lines
}

private func number(_ value: Double) -> String {
  if value.isNaN { return "NaN" }
  if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
  if value == value.rounded(), abs(value) < 1e15 { return "\(Int64(value))" }
  return "\(value)"
}
