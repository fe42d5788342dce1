import EchoServices
import TTRPC
import Testing

/// Containerd's client, unchanged, against our server.
@Suite(.timeLimit(.minutes(5)), .enabled(if: GoPrograms.isAvailable, GoPrograms.hint))
struct GoClientTests {
  private let service = EchoServices.name

  @Test func `bytes come back`() async throws {
    try await withServer { _, path in
      let line = try await GoPrograms.call(path, service, "Echo", "0102ff")
      #expect(line == "ok 0102ff")
    }
  }

  @Test func `an empty request has an empty answer`() async throws {
    try await withServer { _, path in
      let line = try await GoPrograms.call(path, service, "Echo", "")
      #expect(line == "ok ")
    }
  }

  @Test(arguments: [1, 3, 5, 7, 9, 13, 14, 16])
  func `every status arrives`(code: Int) async throws {
    try await withServer { _, path in
      let hex = "\(code)".utf8.map { String($0, radix: 16) }.joined()
      let line = try await GoPrograms.call(path, service, "Fail", hex)
      #expect(line.hasPrefix("error \(code) ") && line.contains("asked to fail"))
    }
  }

  @Test func `an unknown method and an unknown service are code 12`() async throws {
    try await withServer { _, path in
      let line = try await GoPrograms.call(path, service, "No", "")
      #expect(line.hasPrefix("error 12 "))
      let other = try await GoPrograms.call(path, "no.Such", "Echo", "")
      #expect(other.hasPrefix("error 12 "))
    }
  }

  @Test func `a reply over 4 MiB is an error and does not end the client`() async throws {
    try await withServer { _, path in
      let hex = "5000000".utf8.map { String($0, radix: 16) }.joined()
      let line = try await GoPrograms.call(path, service, "Grow", hex)
      #expect(line.hasPrefix("error 8 ") && !line.contains("connection lost"))
    }
  }

  @Test func `a request over 4 MiB is an error and does not end the connection`() async throws {
    try await withServer { _, path in
      let line = try await GoPrograms.call("-repeat", "5000000", path, service, "Echo", "")
      #expect(line.hasPrefix("error 8 ") && !line.contains("connection lost"))
    }
  }

  @Test func `a reply of exactly 4 MiB arrives`() async throws {
    try await withServer { _, path in
      let hex = "4194299".utf8.map { String($0, radix: 16) }.joined()
      let line = try await GoPrograms.call(path, service, "Grow", hex)
      #expect(line.utf8.count == 3 + 2 * 4_194_299)
    }
  }

  @Test func `the client's deadline cancels our handler`() async throws {
    try await withServer { _, path in
      // Whether Go reports its own deadline or our answer to it is a matter of microseconds.
      let line = try await GoPrograms.call("-timeout", "100ms", path, service, "Wait", "")
      #expect(line.hasPrefix("error "))
    }
  }

  @Test func `metadata arrives in lower case`() async throws {
    try await withServer { _, path in
      let line = try await GoPrograms.call("-metadata", "trace-id=ab", path, service, "Trace", "")
      #expect(line == "ok 6162")
    }
  }

  @Test(arguments: [0, 4000, 100_000])
  func `sixteen callers at once each get their own answers`(bytes: Int) async throws {
    try await withServer { _, path in
      let line = try await GoPrograms.call(
        "-callers", "16", "-echo", "100", "-repeat", "\(bytes)", path, service, "Echo", "")
      #expect(line == "ok 1600")
    }
  }
}
