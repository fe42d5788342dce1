package import Messages
package import TTRPC

/// Answers whether the daemon's services can work now.
package struct HealthService: HealthServing {
  private let registry: HealthRegistry

  /// The name under which clients of gRPC's health protocol ask.
  package static let wellKnownName = "grpc.health.v1.Health"

  /// Creates a service that answers from a registry.
  package init(registry: HealthRegistry) {
    self.registry = registry
  }

  /// The service under both of its names.
  package var rpcServices: [RPCService] {
    let own = rpcService
    return [own, RPCService(name: Self.wellKnownName, methods: own.methods)]
  }

  /// Returns the state now; an unknown service is NOT_FOUND.
  package func check(
    _ request: HealthCheckRequest, context: ServerContext
  ) async throws -> HealthCheckResponse {
    guard let status = registry.status(of: request.service) else {
      throw RPCError(code: .notFound, message: "there is no service \"\(request.service)\" here")
    }
    return response(status)
  }

  /// Sends the state now, then each change.
  package func watch(
    _ request: HealthCheckRequest, context: ServerContext,
    responses: MessageSink<HealthCheckResponse>
  ) async throws {
    for await status in registry.changes(of: request.service) {
      try await responses.send(response(status))
    }
  }

  private func response(_ status: ServingStatus) -> HealthCheckResponse {
    var response = HealthCheckResponse()
    response.status = status
    return response
  }
}
