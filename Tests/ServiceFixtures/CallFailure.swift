package import AutodidactClient
import Testing

/// The status with which the call in `body` fails; nil where it succeeds.
package func failure(of body: () async throws -> some Any) async -> CallError? {
  do {
    _ = try await body()
  } catch let error as CallError {
    return error
  } catch {
    Issue.record("\(error)")
  }
  return nil
}
