import Foundation
import TestSupport
import Testing

/// The judge's reference numbers as a user gets them: daemons, command line, files.
@Suite(
  .enabled(if: SharedData.isAvailable, "\(SharedData.reason)"),
  .enabled(if: SharedModels.hasMiniLM, "\(SharedModels.reason)"),
  .enabled(
    if: ChildProcess.areBuilt(["autodidact", "autodidact-encoder", "autodidact-judge"]),
    "needs the executables beside the tests"),
  .timeLimit(.minutes(10)))
struct PandaLMEndToEndTests {
  @Test func `BERTScore with length orders 77.3 % of the pairs or more, length alone 68.1 %`()
    async throws
  {
    let daemons = try await RunningDaemons(["encoder", "judge"])
    let pairs = try PreferencePair.pandaLM()
    #expect(pairs.count == 590)
    let file = try daemons.folder.write(
      "pairs.jsonl",
      try pairs.enumerated().flatMap { try $1.line(id: "\($0)") })
    let fit = try await daemons.autodidact(
      "judge", "fit", "--name", "like", "--method", "bert-score", "--length-weight", "1",
      "--input", file, "--format", "json")
    #expect(fit.code == 0, "\(fit.errors)")
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    // Each answer counts once, in however many pairs it is.
    let judge = try decoder.decode(Fit.self, from: Data(fit.output.utf8))
    #expect(judge.fittedItemCount == 477)
    let compared = try await daemons.autodidact(
      "judge", "compare", "--judge", "like", "--input", file, "--output",
      daemons.folder.file("verdicts.jsonl"), "--format", "json")
    #expect(compared.code == 0, "\(compared.errors)")
    let summary = try decoder.decode(Summary.self, from: Data(compared.output.utf8))
    print("with length \(summary.accuracy), \(summary.lengthUnit) \(summary.lengthAccuracy)")
    #expect(summary.labelledCount == 590 && summary.unscoredCount == 0)
    #expect(summary.accuracy >= 0.773)
    #expect(summary.lengthUnit == "tokens" && abs(summary.lengthAccuracy - 0.681) < 0.001)
  }

  private struct Fit: Decodable {
    var fittedItemCount: Int
  }

  private struct Summary: Decodable {
    var labelledCount: Int
    var unscoredCount: Int
    var accuracy: Double
    var lengthAccuracy: Double
    var lengthUnit: String
  }
}
