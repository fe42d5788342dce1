import ArgumentParser
import FoundationEssentials

/// How a command prints its result.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
  case text, json
}

/// The option that every command with a result has.
struct FormatOption: ParsableArguments {
  @Option(help: ArgumentHelp("How the result is printed: text or json.", valueName: "text|json"))
  var format = OutputFormat.text

  /// Prints `text`, or `value` as JSON with sorted keys in snake case.
  func printResult(_ value: some Encodable, text: @autoclosure () -> String) throws {
    switch format {
    case .text: print(text())
    case .json:
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
      encoder.keyEncodingStrategy = .convertToSnakeCase
      print(String(decoding: try encoder.encode(value), as: UTF8.self))
    }
  }
}

/// The names of the fields in the files of samples.
struct FieldOptions: ParsableArguments {
  @Option(name: .customLong("text-field"), help: "The field with the text.")
  var text = "text"
  @Option(name: .customLong("label-field"), help: "The field with the class.")
  var label = "label"
  @Option(
    name: .customLong("id-field"),
    help: "The field with the sample's id; where it is missing, the line number is the id.")
  var id = "id"
}
