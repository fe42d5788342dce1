private import Glibc

extension Double {
  /// The number with `places` decimals, rounded to nearest; "–" for what is not a number.
  package func fixed(_ places: Int) -> String {
    guard isFinite else { return "–" }
    let scale = pow(10, Double(places))
    let scaled = (magnitude * scale).rounded()
    guard scaled < 9e15 else { return "\(self)" }
    let digits = String(Int(scaled))
    let padded = String(repeating: "0", count: max(0, places + 1 - digits.count)) + digits
    let sign = self < 0 && scaled > 0 ? "−" : ""
    guard places > 0 else { return sign + padded }
    return sign + padded.dropLast(places) + "." + padded.suffix(places)
  }

  /// The number, from 0 to 1, as percent with one decimal: `0.735` is "73.5".
  package var percent: String { (self * 100).fixed(1) }

  /// The difference of two shares in points, with its sign: `0.047` is "+4.7".
  package var points: String {
    let text = (self * 100).fixed(1)
    return self > 0 && text != "0.0" ? "+" + text : text
  }
}

extension Int {
  /// The number with commas between thousands.
  package var grouped: String {
    let digits = String(magnitude)
    var result = ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index) % 3 == 0 { result += "," }
      result.append(digit)
    }
    return (self < 0 ? "−" : "") + result
  }

  /// The number and its noun: "1 text", "1,200 texts".
  package func counted(_ noun: String, _ plural: String? = nil) -> String {
    "\(grouped) \(self == 1 ? noun : plural ?? noun + "s")"
  }

  /// The number, its noun and its verb: "1 text is", "1,200 texts are".
  package func counted(_ noun: String, one: String, many: String) -> String {
    "\(counted(noun)) \(self == 1 ? one : many)"
  }
}
