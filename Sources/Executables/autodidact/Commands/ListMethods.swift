import ArgumentParser
import AutodidactClient
import Messages
import Pipelines

/// The methods of the running daemons.
struct ListMethods: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "methods",
    abstract: "List the methods that the daemons offer, with their sources.",
    discussion: """
      Examples:
        autodidact methods
        autodidact methods --family ood --format json
      """)

  /// The families of methods.
  enum Family: String, ExpressibleByArgument, CaseIterable {
    case encoder, ood, teacher, drafter, judge
  }

  @Option(help: "One family only.")
  var family: Family?
  @OptionGroup var format: FormatOption

  /// One method.
  private struct Record: Encodable {
    var id: String
    var title: String
    var family: String
    var source: String
    var needs: [String]
    var summary: String
  }

  func run() async throws {
    let suite = AutodidactClient.Autodidact()
    var records: [Record] = []
    var failures: [String] = []
    for family in family.map({ [$0] }) ?? Family.allCases {
      do throws(CallError) {
        let methods = try await Self.methods(of: family, suite)
        records += methods.map {
          Record(
            id: $0.id, title: $0.title, family: $0.family, source: $0.source, needs: $0.needs,
            summary: $0.summary)
        }
      } catch {
        failures.append(error.message)
      }
    }
    await suite.close()
    for failure in failures { StandardError.write("note: \(failure)\n") }
    guard !records.isEmpty || failures.isEmpty else {
      throw CommandFailure("no daemon answered")
    }
    try format.printResult(records, text: Self.text(records))
  }

  private static func methods(
    of family: Family, _ suite: AutodidactClient.Autodidact
  ) async throws(CallError) -> [Method] {
    switch family {
    case .encoder: try await suite.encoder.listMethods(.init()).methods
    case .ood: try await suite.ood.listMethods(.init()).methods
    case .teacher: try await suite.teacher.listMethods(.init()).methods
    case .drafter: try await suite.inference.listMethods(.init()).methods
    case .judge: try await suite.judge.listMethods(.init()).methods
    }
  }

  private static func text(_ records: [Record]) -> String {
    records.map { record in
      let needs =
        record.needs.isEmpty ? "" : "\n    needs \(record.needs.joined(separator: ", "))"
      return "\(record.family)  \(record.id)  \(record.title)\n    \(record.summary)"
        + "\n    \(record.source)" + needs
    }.joined(separator: "\n")
  }
}
