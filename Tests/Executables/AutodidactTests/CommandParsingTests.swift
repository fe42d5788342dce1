import ArgumentParser
import AutodidactClient
import TTRPC
import Testing

@testable import autodidact

@Suite struct CommandParsingTests {
  /// The exit code that the parser gives for a command line.
  private func code(_ arguments: [String]) -> ExitCode {
    do {
      _ = try Autodidact.parseAsRoot(arguments)
      return .success
    } catch {
      return Autodidact.exitCode(for: error)
    }
  }

  @Test func `--version prints three numbers and succeeds`() {
    do {
      _ = try Autodidact.parseAsRoot(["--version"])
      Issue.record("a command was parsed")
    } catch {
      #expect(Autodidact.message(for: error).wholeMatch(of: /[0-9]+\.[0-9]+\.[0-9]+/) != nil)
      #expect(Autodidact.exitCode(for: error) == .success)
    }
  }

  @Test(arguments: [
    ["selftrain"], ["selftrain", "--labelled", "l", "--unlabelled", "u"],
    ["selftrain", "--labelled", "l", "--unlabelled", "u", "--output", "o", "--strategy", "magic"],
    ["selftrain", "--labelled", "l", "--unlabelled", "u", "--output", "o", "--detector", "magic"],
    [
      "selftrain", "--labelled", "l", "--unlabelled", "u", "--output", "o",
      "--false-alarm-rate", "1.5",
    ],
    ["encode", "--input", "a", "--output", "a.txt"], ["teacher", "explain", "--sample", "1"],
    ["teacher", "explain", "--sample", "1", "--model", "m", "--run", "r"],
    ["teacher", "next", "--model", "m", "--count", "0"], ["methods", "--family", "drinks"],
    ["health", "--warning", "1"], ["health", "--watch", "--format", "nagios"], ["health", "moon"],
    ["health", "--format", "nagios", "--critical", "0"], ["reload"], ["reload", "moon"],
    ["judge", "fit", "--name", "n", "--method", "magic"], ["judge", "score", "--judge", "n"],
    ["judge", "fit", "--name", "n", "--method", "consensus", "--form", "poem"],
    ["judge", "fit", "--name", "n", "--method", "bert-score", "--length-weight", "1"],
    ["judge", "fit", "--name", "n", "--method", "length", "--unit", "pages"],
    ["judge", "fit", "--name", "n", "--method", "rules", "--unit", "tokens"],
    ["judge", "select", "--input", "a", "--output", "b"],
    ["judge", "select", "--certificate", "c", "--judge", "n", "--input", "a", "--output", "b"],
    ["judge", "select", "--certificate", "c", "--alpha", "0.1", "--input", "a", "--output", "b"],
    ["judge", "select", "--certificate", "c", "--joint", "--input", "a", "--output", "b"],
    ["judge", "select", "--calibration", "c", "--judge", "n", "--input", "a", "--output", "b"],
    [
      "judge", "select", "--calibration", "c", "--judge", "n", "--alpha", "1.5", "--input", "a",
      "--output", "b",
    ],
    ["judge", "replay"], ["judge", "replay", "r", "--tolerance", "0"], ["judge", "explain"],
    ["generate", "--prompt", "a", "--chat", "c"], ["generate", "--input", "i"],
    ["generate", "--prompt", "a", "--top-p", "0"], ["generate", "--prompt", "a", "--samples", "0"],
    ["generate", "--prompt", "a", "--speculate", "swift"],
    ["nothing"],
    ["rejection-sample", "--questions", "q"],
    ["rejection-sample", "--questions", "q", "--output", "o", "--judge", "magic"],
    ["rejection-sample", "--questions", "q", "--output", "o", "--n", "1"],
    ["rejection-sample", "--questions", "q", "--output", "o", "--n", "0", "--judge", "rules"],
    ["rejection-sample", "--questions", "q", "--output", "o", "--alpha", "0"],
    ["rejection-sample", "--questions", "q", "--output", "o", "--calibration-share", "0"],
    ["rejection-sample", "--questions", "q", "--output", "o", "--temperature", "11"],
    ["rejection-sample", "--questions", "q", "--output", "o", "--stop", ""],
  ])
  func `wrong usage is told apart from failure`(arguments: [String]) {
    #expect(code(arguments) == .validationFailure)
  }

  @Test(arguments: [
    ["selftrain", "--labelled", "l", "--unlabelled", "u", "--output", "o"],
    ["classify", "--model", "m", "--input", "-", "--output", "-"],
    ["encode", "--model", "minilm", "--input", "a.jsonl.gz", "--field", "t", "--output", "a.npy"],
    ["ood", "fit", "--method", "knn", "--features", "f.npy", "--name", "n"],
    ["ood", "score", "--detector", "n", "--features", "f.npy", "--output", "s.npy"],
    ["ood", "evaluate", "--detector", "n", "--id", "i.npy", "--ood", "o.npy"],
    ["teacher", "fit", "--features", "f.npy", "--labels", "l", "--output", "h.safetensors"],
    ["teacher", "label", "--head", "h.safetensors", "--features", "f.npy", "--output", "-"],
    ["teacher", "explain", "--model", "m", "--sample", "7"],
    ["teacher", "next", "--run", "r", "--count", "5", "--format", "json"],
    ["judge", "fit", "--name", "n", "--method", "rules", "--rules", "r.json", "--calibrate", "c"],
    ["judge", "score", "--judge", "n", "--input", "-", "--output", "-", "--run", "r"],
    ["judge", "rank", "--judge", "n", "--input", "a", "--output", "b", "--temperature", "0.8"],
    ["judge", "compare", "--judge", "n", "--version", "2", "--input", "a", "--output", "b"],
    [
      "judge", "select", "--judge", "n", "--calibration", "c", "--alpha", "0.1", "--input", "a",
      "--output", "b",
    ],
    ["judge", "select", "--certificate", "c", "--input", "a", "--output", "b"],
    ["judge", "explain", "12", "--format", "json"], ["judge", "replay", "r", "--judge", "other"],
    ["judge", "list"], ["methods", "--family", "ood"], ["health", "--watch", "--format", "json"],
    ["health", "ood", "--format", "nagios", "--warning", "0.5", "--critical", "2"],
    ["reload", "encoder", "judge", "--timeout", "5"],
    [
      "rejection-sample", "--questions", "q", "--n", "8", "--judge", "consensus", "--alpha", "0.2",
      "--output", "o",
    ],
    [
      "rejection-sample", "--questions", "q", "--calibration", "c", "--n", "1", "--judge",
      "sequence-logprob", "--answer-form", "first-number", "--stop", ".", "--stop", "\n",
      "--speculate", "off", "--prompt-turns", "last", "--output", "o",
    ],
    ["methods", "--family", "drafter"],
    ["generate"], ["generate", "--prompt", "", "--stop", "a", "--stop", "b", "--stats"],
    [
      "generate", "--model", "m", "--input", "i", "--output", "o", "--max-tokens", "8",
      "--temperature", "0.7", "--top-p", "0.9", "--top-k", "40", "--min-p", "0.05",
      "--frequency-penalty", "-0.5", "--seed", "3", "-n", "4", "--speculate", "lookup",
    ],
    ["generate", "--chat", "c.jsonl", "--format", "json"],
  ])
  func `the commands of the manual parse`(arguments: [String]) {
    #expect(code(arguments) == .success)
  }

  @Test func `a command's calls are logged under the given id or under a new one`() {
    #expect(Autodidact.traceID(environment: ["AUTODIDACT_TRACE_ID": "nightly-7"]) == "nightly-7")
    let long = String(repeating: "x", count: 300)
    #expect(Autodidact.traceID(environment: ["AUTODIDACT_TRACE_ID": long]).count == 128)
    let first = Autodidact.traceID(environment: ["AUTODIDACT_TRACE_ID": ""])
    let second = Autodidact.traceID(environment: [:])
    #expect(first != second && first.count == 16 && second.allSatisfy(\.isHexDigit))
  }

  @Test func `a command names its trace where a daemon is at fault and its log tells of it`() {
    func said(_ code: RPCCode, cause: (any Error)? = nil) -> String {
      let error = CallError(
        code: code, message: "m", daemon: .judge, method: "autodidact.v1.Judge/Fit", cause: cause)
      return Autodidact.message("no luck", because: error)
    }
    let traced = "no luck (in the daemons' logs: TRACE_ID=\(Autodidact.traceID))"
    #expect([RPCCode.internal, .unknown, .dataLoss].map { said($0) } == [traced, traced, traced])
    for code in [RPCCode.notFound, .unavailable, .cancelled, .resourceExhausted] {
      #expect(said(code) == "no luck")
    }
    #expect(said(.internal, cause: CancellationError()) == "no luck")
  }

  @Test func `every command has an abstract, and each but the groups an example`() {
    var commands: [any ParsableCommand.Type] = Autodidact.configuration.subcommands
    while let command = commands.popLast() {
      let configuration = command.configuration
      #expect(!configuration.abstract.isEmpty, "\(command)")
      commands += configuration.subcommands
      guard configuration.subcommands.isEmpty else { continue }
      #expect(configuration.discussion.contains("autodidact "), "\(command) has no example")
    }
  }
}
