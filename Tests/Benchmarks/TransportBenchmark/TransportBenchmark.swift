import Glibc
import TTRPC

/// One end of the echo benchmark; `ops/bench-transport` runs two of these as two processes.
///
///     TransportBenchmark server SOCKET
///     TransportBenchmark client SOCKET BYTES CALLERS SECONDS
///
/// The client prints calls per second, p50 and p99 in microseconds.
@main
struct TransportBenchmark {
  static func main() async throws {
    let arguments = CommandLine.arguments.dropFirst()
    switch (arguments.first, arguments.count) {
    case ("server", 2): try await serve(CommandLine.arguments[2])
    case ("client", 5):
      let numbers = arguments.dropFirst(2).compactMap { Double($0) }
      guard numbers.count == 3 else { fallthrough }
      try await measure(
        CommandLine.arguments[2], bytes: Int(numbers[0]), callers: Int(numbers[1]),
        seconds: numbers[2])
    default:
      print("usage: TransportBenchmark server SOCKET | client SOCKET BYTES CALLERS SECONDS")
    }
  }

  private static func serve(_ path: String) async throws {
    let echo = RPCMethod(name: "Echo", handler: .unary { request, _ in request })
    let server = TTRPCServer(
      configuration: ServerConfiguration(),
      services: [RPCService(name: "bench.Echo", methods: [echo])])
    try await server.run(listening: [.path(path)]) {
      print("listening")
      fflush(nil)  // Whoever reads this through a pipe waits for it.
    }
  }

  private static func measure(
    _ path: String, bytes: Int, callers: Int, seconds: Double
  ) async throws {
    let client = TTRPCClient(socketPath: path)
    let payload = Payload(bytes: [UInt8](repeating: 7, count: bytes))
    try await call(client, payload, for: .milliseconds(100))
    let start = ContinuousClock.now
    // The callers share the client's thread, as a program does that little else but calls.
    let latencies = try await withThrowingTaskGroup(of: [Duration].self) { group in
      for _ in 0..<callers {
        group.addTask(executorPreference: client.taskExecutor) {
          try await call(client, payload, for: .seconds(seconds))
        }
      }
      return try await group.reduce(into: []) { $0 += $1 }
    }
    let elapsed = (ContinuousClock.now - start) / Duration.seconds(1)
    let sorted = latencies.sorted()
    let rate = Double(sorted.count) / elapsed
    print(rate, microseconds(sorted, 0.5), microseconds(sorted, 0.99))
    await client.close()
  }

  @discardableResult
  private static func call(
    _ client: TTRPCClient, _ payload: Payload, for duration: Duration
  ) async throws -> [Duration] {
    var latencies: [Duration] = []
    let end = ContinuousClock.now + duration
    var before = ContinuousClock.now
    while before < end {
      let answer = try await client.unary(service: "bench.Echo", method: "Echo", payload: payload)
      precondition(answer.count == payload.count, "\(answer.count) bytes of \(payload.count)")
      let after = ContinuousClock.now
      latencies.append(after - before)
      before = after
    }
    return latencies
  }

  private static func microseconds(_ sorted: [Duration], _ quantile: Double) -> Double {
    guard !sorted.isEmpty else { return 0 }
    return sorted[Int(Double(sorted.count - 1) * quantile)] / Duration.microseconds(1)
  }
}
