import AutodidactClient
import Messages
import Pipelines

/// The samples of one call of `Generate`, put together while they stream in.
struct StreamedAnswer: Sendable {
  /// The samples so far, by their numbers.
  private(set) var samples: [Completion]
  /// SHA-256 of the model file in hexadecimal.
  private(set) var modelDigest = ""
  /// What the work cost, once it is done.
  private(set) var statistics: GenerationStatistics?

  /// Calls the daemon and gives each new piece of the first sample's text to `show`.
  init(
    _ request: GenerateRequest, _ client: InferenceClient, show: (String) -> Void
  ) async throws {
    samples = (0..<max(1, request.sampleCount)).map { Completion(sampleIndex: $0) }
    let call = try await client.generate(request)
    for try await response in call.responses {
      switch response.event {
      case .start(let start): modelDigest = start.modelDigest
      case .delta(let delta):
        let index = Int(delta.sampleIndex)
        guard samples.indices.contains(index) else { continue }
        samples[index].text += delta.text
        samples[index].tokenIDs += delta.tokens.map(\.id)
        if index == 0, !delta.text.isEmpty { show(delta.text) }
      case .end(let end):
        let index = Int(end.sampleIndex)
        guard samples.indices.contains(index) else { continue }
        samples[index].reason = end.reason
        samples[index].logProbability = end.logProbability
      case .statistics(let statistics): self.statistics = statistics
      case nil: break
      }
    }
  }
}

extension GenerationStatistics {
  /// What the work cost, for people.
  var text: String {
    let speed = decodeSeconds > 0 ? Double(generatedTokenCount) / decodeSeconds : 0
    var lines = [
      "\(Int(generatedTokenCount).counted("token")) in \(decodeSeconds.fixed(2)) s "
        + "(\(speed.fixed(1)) tokens/s); first after \(firstTokenSeconds.fixed(2)) s",
      "prompt \(Int(promptTokenCount).counted("token")) in \(prefillSeconds.fixed(2)) s, "
        + "\(cachedTokenCount) known already; waited \(queueSeconds.fixed(2)) s",
    ]
    guard let drafts = speculation, drafts.stepCount > 0 else {
      return lines.joined(separator: "\n")
    }
    let perStep = Double(generatedTokenCount) / Double(drafts.stepCount)
    lines.append(
      "\(perStep.fixed(2)) tokens a step; \(drafts.acceptedCount) of \(drafts.proposedCount) "
        + "guesses right; guessing \((drafts.draftSeconds * 1_000).fixed(1)) ms, confirming "
        + "\((drafts.verifySeconds * 1_000).fixed(1)) ms")
    lines += drafts.sources.map {
      "  \($0.method): \($0.acceptedCount) of \($0.proposedCount) guesses right"
    }
    return lines.joined(separator: "\n")
  }
}
