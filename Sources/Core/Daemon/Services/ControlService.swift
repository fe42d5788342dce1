package import Messages
package import TTRPC

/// Describes the daemon, gives out its metrics and reloads its configuration.
package struct ControlService: ControlServing {
  private let description: @Sendable () -> DescribeResponse
  private let families: @Sendable () -> [MetricFamily]
  private let reloading: @Sendable () async throws -> ReloadResponse

  /// Creates a service from what it asks on each call.
  package init(
    description: @escaping @Sendable () -> DescribeResponse,
    families: @escaping @Sendable () -> [MetricFamily],
    reloading: @escaping @Sendable () async throws -> ReloadResponse
  ) {
    self.description = description
    self.families = families
    self.reloading = reloading
  }

  /// Returns version, limits, kernels and configuration.
  package func describe(
    _ request: DescribeRequest, context: ServerContext
  ) async throws -> DescribeResponse {
    description()
  }

  /// Returns all metrics as samples and as text.
  package func metrics(
    _ request: MetricsRequest, context: ServerContext
  ) async throws -> MetricsResponse {
    var response = MetricsResponse()
    response.families = families()
    response.prometheusText = prometheusText(of: response.families)
    return response
  }

  /// Reads the configuration again.
  package func reload(
    _ request: ReloadRequest, context: ServerContext
  ) async throws -> ReloadResponse {
    try await reloading()
  }
}
