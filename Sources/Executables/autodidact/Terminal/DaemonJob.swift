import AutodidactClient
import Pipelines

/// Runs a job with the daemons, shows its progress, and closes the connections.
///
/// An interrupt cancels the job, whose error counts then.
func withDaemons<Result: Sendable>(
  isQuiet: Bool = false,
  _ job:
    @escaping @Sendable (AutodidactClient.Autodidact, @escaping PipelineObserver) async throws ->
    Result
) async throws -> Result {
  let suite = AutodidactClient.Autodidact()
  let progress = TerminalProgress(isQuiet: isQuiet)
  let observer = progress.observer
  do {
    let result = try await cancellingOnInterrupt { try await job(suite, observer) }
    progress.finish()
    await suite.close()
    return result
  } catch {
    progress.finish()
    await suite.close()
    throw error
  }
}
