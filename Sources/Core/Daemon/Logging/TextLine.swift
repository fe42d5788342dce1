package import Logging

/// Returns one aligned line of log text, without its end.
///
/// `22:41:07.031 info    encoder  serving  socket=/run/… threads=2`. Line breaks and other control
/// characters are escaped, so a peer cannot forge lines.
package func textLine(
  time: String, level: Logger.Level, message: String, metadata: Logger.Metadata,
  identifier: String, isColoured: Bool
) -> String {
  var line = "\(time) "
  let word = level.rawValue + String(repeating: " ", count: max(0, 8 - level.rawValue.count))
  line += isColoured ? "\u{1B}[\(colour(of: level))m\(word)\u{1B}[0m" : word
  line += " \(identifier)  \(printable(message))"
  var separator = "  "
  for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
    line += "\(separator)\(key)=\(quotedIfNeeded(printable("\(value)")))"
    separator = " "
  }
  return line
}

private func quotedIfNeeded(_ text: String) -> String {
  text.isEmpty || text.contains(" ") || text.contains("\"")
    ? "\"" + text.replacing("\"", with: "\\\"") + "\"" : text
}

private func printable(_ text: String) -> String {
  guard text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else {
    return text
  }
  return text.unicodeScalars.reduce(into: "") { result, scalar in
    if scalar.properties.generalCategory == .control {
      result += scalar == "\n" ? "\\n" : "\\u{\(String(scalar.value, radix: 16))}"
    } else {
      result.unicodeScalars.append(scalar)
    }
  }
}

private func colour(of level: Logger.Level) -> String {
  switch level {
  case .trace, .debug: "2"
  case .info: "32"
  case .notice: "36"
  case .warning: "33"
  case .error: "31"
  case .critical: "1;31"
  }
}
