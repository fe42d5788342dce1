private import Foundation

/// Two answers to one prompt of which people prefer one, and a good answer beside them.
package struct PreferencePair: Sendable {
  /// Instruction and input.
  package let prompt: String
  /// The answer that most annotators prefer.
  package let preferred: String
  /// The other one.
  package let other: String
  /// A good answer.
  package let reference: String
  /// The preferred answer is the first of the two in the data.
  package let isFirstPreferred: Bool

  /// The split of the judge's reference numbers: PandaLM's labelled pairs of Self-Instruct's
  /// prompts without ties, prompts of up to 400 and answers of up to 450 characters.
  package static func pandaLM() throws -> [PreferencePair] {
    var references: [String: String] = [:]
    for task in try rows("data/self_instruct/user_oriented_eval.jsonl.gz") {
      let instruction = task["instruction"] as? String ?? ""
      for instance in task["instances"] as? [[String: Any]] ?? [] {
        let key = key(instruction, instance["input"] as? String ?? "")
        if references[key] == nil { references[key] = instance["output"] as? String }
      }
    }
    return try rows("data/preference_pairs/pandalm_human.jsonl.gz").compactMap { row in
      let (instruction, input) = (row["instruction"] as? String, row["input"] as? String)
      guard let instruction, let input, let first = text(row["response_a"]),
        let second = text(row["response_b"]), let label = row["label"] as? String,
        label != "tie", let reference = references[key(instruction, input)],
        instruction.unicodeScalars.count + input.unicodeScalars.count <= 400,
        first.unicodeScalars.count <= 450, second.unicodeScalars.count <= 450
      else { return nil }
      let isFirst = label == "a"
      return PreferencePair(
        prompt: key(instruction, input), preferred: isFirst ? first : second,
        other: isFirst ? second : first, reference: reference, isFirstPreferred: isFirst)
    }
  }

  /// The pair as a line of JSON, as `autodidact judge compare` takes it.
  package func line(id: String) throws -> [UInt8] {
    let object = [
      "id": id, "prompt": prompt, "response_a": isFirstPreferred ? preferred : other,
      "response_b": isFirstPreferred ? other : preferred, "reference": reference,
      "label": isFirstPreferred ? "a" : "b",
    ]
    return Array(try JSONSerialization.data(withJSONObject: object, options: .sortedKeys)) + [10]
  }

  /// The answers that are the word `True` became truth values on their way; empty ones are left
  /// out.
  private static func text(_ value: Any?) -> String? {
    let text = value as? String ?? (value as? Bool).map { $0 ? "True" : "False" }
    return text.flatMap { $0.allSatisfy(\.isWhitespace) ? nil : $0 }
  }

  private static func key(_ instruction: String, _ input: String) -> String {
    func trimmed(_ text: String) -> String { text.trimmingCharacters(in: .whitespacesAndNewlines) }
    return trimmed(instruction) + "\n" + trimmed(input)
  }

  private static func rows(_ path: String) throws -> [[String: Any]] {
    let unpacked = try FinishedProgram(
      "/bin/gzip", ["-dc", SharedData.path(path)], mergesErrors: false)
    return try unpacked.bytes.split(separator: UInt8(ascii: "\n")).compactMap { line in
      try JSONSerialization.jsonObject(with: line) as? [String: Any]
    }
  }
}
