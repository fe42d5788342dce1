import NIOCore

/// One method of one service, as a server looks it up.
final class Route: Sendable {
  let service: String
  let method: RPCMethod

  private let serviceBytes: [UInt8]
  private let methodBytes: [UInt8]

  init(service: String, method: RPCMethod) {
    self.service = service
    self.method = method
    serviceBytes = Array(service.utf8)
    methodBytes = Array(method.name.utf8)
  }

  /// Whether the names on the wire are those of this route.
  func matches(service: UnsafeRawBufferPointer, method: UnsafeRawBufferPointer) -> Bool {
    method.count == methodBytes.count && service.count == serviceBytes.count
      && method.elementsEqual(methodBytes) && service.elementsEqual(serviceBytes)
  }
}

/// All methods of a server.
struct RouteTable: Sendable {
  private let routes: [Route]

  init(services: [RPCService]) {
    precondition(
      Set(services.map { $0.name }).count == services.count,
      "two services of one name: \(services.map { $0.name })")
    routes = services.flatMap { service in
      service.methods.map { Route(service: service.name, method: $0) }
    }
  }

  /// The route that a request names, or the refusal: 12 for a name that is not here and 3 for
  /// one that is no name.
  func route(
    for envelope: RequestEnvelope, in bytes: UnsafeRawBufferPointer
  ) -> Result<Route, RPCError> {
    let service = UnsafeRawBufferPointer(rebasing: bytes[envelope.service])
    let method = UnsafeRawBufferPointer(rebasing: bytes[envelope.method])
    // There are some dozens of methods, most of them told apart by their length.
    for route in routes where route.matches(service: service, method: method) {
      return .success(route)
    }
    guard let serviceName = bytes.validString(envelope.service),
      let methodName = bytes.validString(envelope.method)
    else {
      return .failure(
        RPCError(code: .invalidArgument, message: "the name of service or method is not UTF-8"))
    }
    return .failure(notServed(service: serviceName, method: methodName))
  }

  private func notServed(service: String, method: String) -> RPCError {
    let isKnown = routes.contains { $0.service == service }
    let name = isKnown ? "method \(service)/\(method)" : "service \(service)"
    return RPCError(
      code: .unimplemented, message: "\(name.prefixOfUTF8(bytesMax: 512)) is not served here")
  }
}
