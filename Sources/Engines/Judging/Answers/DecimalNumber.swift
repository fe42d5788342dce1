/// A decimal number as it stands in a text.
package struct DecimalNumber: Sendable, Equatable {
  /// The canonical text: no `+`, no grouping, no needless zero.
  package let text: String
  /// The nearest double.
  package let value: Double

  /// Takes digits without grouping; nil where they are beyond the range of a double.
  init?(isNegative: Bool, whole: String, fraction: String, exponent: Int) {
    let wholeDigits = String(whole.drop { $0 == "0" })
    var fractionDigits = fraction
    while fractionDigits.last == "0" { fractionDigits.removeLast() }
    var magnitude = wholeDigits.isEmpty ? "0" : wholeDigits
    if !fractionDigits.isEmpty { magnitude += "." + fractionDigits }
    if exponent != 0, magnitude != "0" { magnitude += "e\(exponent)" }
    let signed = (isNegative && magnitude != "0" ? "-" : "") + magnitude
    guard let value = Double(signed), value.isFinite else { return nil }
    text = signed
    self.value = value
  }
}

/// The decimal numbers in a text, in order.
///
/// Read are digits with an optional sign before them, a fraction after `.`, an exponent such as
/// `e-3`, and groups of three behind commas (`1,234,567`). A sign counts where no letter, digit or
/// `)` stands before it, so that `5-3` holds 5 and 3. Digits that belong to a word (`x2`) count.
package func decimalNumbers(in text: String) -> [DecimalNumber] {
  let characters = Array(text.unicodeScalars)
  var numbers: [DecimalNumber] = []
  var position = 0
  while position < characters.count {
    guard characters[position].isDigit else {
      position += 1
      continue
    }
    var scanner = NumberScanner(characters, from: position)
    if let number = scanner.number() { numbers.append(number) }
    position = scanner.position
  }
  return numbers
}

/// Reads one number from its first digit on.
private struct NumberScanner {
  private let characters: [Unicode.Scalar]
  private let start: Int
  var position: Int

  init(_ characters: [Unicode.Scalar], from start: Int) {
    self.characters = characters
    self.start = start
    position = start
  }

  mutating func number() -> DecimalNumber? {
    var whole = digits()
    if whole.count <= 3 {
      while isGroup(at: position) {
        position += 1
        whole += digits()
      }
    }
    var fraction = ""
    if character(at: position) == ".", character(at: position + 1)?.isDigit == true {
      position += 1
      fraction = digits()
    }
    return DecimalNumber(
      isNegative: isNegative, whole: whole, fraction: fraction, exponent: exponent())
  }

  /// A comma, exactly three digits, and no digit after them.
  private func isGroup(at index: Int) -> Bool {
    guard character(at: index) == "," else { return false }
    for offset in 1...3 where character(at: index + offset)?.isDigit != true { return false }
    return character(at: index + 4)?.isDigit != true
  }

  private var isNegative: Bool {
    guard start > 0, characters[start - 1] == "-" || characters[start - 1] == "\u{2212}" else {
      return false
    }
    guard start > 1 else { return true }
    let before = characters[start - 2]
    return !before.isOfWord && before != ")"
  }

  private mutating func exponent() -> Int {
    guard character(at: position) == "e" || character(at: position) == "E" else { return 0 }
    var next = position + 1
    let isNegative = character(at: next) == "-"
    if isNegative || character(at: next) == "+" { next += 1 }
    guard character(at: next)?.isDigit == true else { return 0 }
    position = next
    // More than six digits are beyond every double anyway.
    let value = Int(digits().prefix(6)) ?? 0
    return isNegative ? -value : value
  }

  private mutating func digits() -> String {
    var text = ""
    while let next = character(at: position), next.isDigit {
      text.unicodeScalars.append(next)
      position += 1
    }
    return text
  }

  private func character(at index: Int) -> Unicode.Scalar? {
    index < characters.count ? characters[index] : nil
  }
}

extension Unicode.Scalar {
  /// `0` to `9`.
  var isDigit: Bool { value >= 48 && value <= 57 }

  /// A letter, a digit, a mark or `_`.
  var isOfWord: Bool {
    if value < 128 {
      return isDigit || value == 95 || (value | 32 >= 97 && value | 32 <= 122)
    }
    switch properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter,
      .decimalNumber, .letterNumber, .otherNumber, .nonspacingMark, .spacingMark, .enclosingMark:
      return true
    default: return false
    }
  }
}
