import Testing

@testable import autodidact

@Suite struct HealthReportTests {
  private func report(_ states: HealthReport.State...) -> HealthReport {
    HealthReport(
      entries: states.enumerated().map { index, state in
        HealthReport.Entry(
          daemon: ["encoder", "ood", "teacher"][index], state: state, seconds: 0.0012,
          detail: state == .down ? "no socket | here" : "")
      })
  }

  @Test func `nagios codes put the broken before the unknown`() {
    #expect(report(.serving, .serving).nagiosExitCode == 0)
    #expect(report(.serving, .unknown).nagiosExitCode == 1)
    #expect(report(.forbidden, .down).nagiosExitCode == 2)
    #expect(report(.notServing).nagiosExitCode == 2)
    #expect(report(.unknown, .forbidden).nagiosExitCode == 3)
    #expect(report().nagiosExitCode == 3)
  }

  @Test(
    arguments: [
      (["health", "moon", "--format", "nagios"], 3),
      (["health", "--format=nagios", "--warning", "x"], 3), (["health", "moon"], 2),
      (["health", "--format", "json", "nagios"], 2), (["encode", "--format", "nagios"], 2),
      ([], 2),
    ] as [([String], Int32)])
  func `wrong usage is unknown to Nagios and 2 to others`(arguments: [String], code: Int32) {
    #expect(Autodidact.usageExitCode(of: arguments) == code)
  }

  @Test func `the nagios line has performance data and no stray bar`() {
    let lines = report(.serving, .down).nagios.split(separator: "\n")
    #expect(
      lines == [
        "AUTODIDACT CRITICAL - encoder serving, ood down | 'encoder'=0.0012s;;;0",
        "ood: no socket / here",
      ])
  }

  @Test func `a slow answer is a warning or critical from its bound on`() {
    func check(_ warning: Double?, _ critical: Double?) -> HealthReport {
      var report = report(.serving, .serving)
      report.limits = HealthReport.Limits(warning: warning, critical: critical)
      return report
    }
    #expect(check(nil, nil).nagiosExitCode == 0)
    #expect(check(0.0013, 0.002).nagiosExitCode == 0)
    #expect(check(0.0012, 0.002).nagiosExitCode == 1)
    #expect(check(0.001, 0.0012).nagiosExitCode == 2)
    #expect(
      check(0.5, 2.0).nagios
        == "AUTODIDACT OK - encoder serving, ood serving "
        + "| 'encoder'=0.0012s;0.5;2.0;0 'ood'=0.0012s;0.5;2.0;0")
  }

  @Test func `the text is aligned and the exit code tells of any trouble`() {
    #expect(report(.serving, .serving).text == "encoder  serving  1.2 ms\nood      serving  1.2 ms")
    #expect(report(.serving).exitCode == 0)
    #expect(report(.serving, .unknown).exitCode == 1)
  }

  @Test func `prometheus gets one sample a daemon, and a time of each that answered`() {
    let text = report(.serving, .down).prometheus
    #expect(
      text.contains("autodidact_up{daemon=\"encoder\"} 1\nautodidact_up{daemon=\"ood\"} 0\n"))
    #expect(text.hasSuffix("\nautodidact_health_answer_seconds{daemon=\"encoder\"} 0.0012\n"))
    #expect(!report(.down).prometheus.contains("answer_seconds"))
  }
}

@Suite struct RestartPolicyTests {
  @Test func `pauses double up to thirty seconds and start afresh after a minute`() {
    var policy = RestartPolicy()
    for seconds in [1, 2, 4, 8, 16, 30, 30] {
      #expect(
        policy.decision(exitCode: 1, after: .seconds(1)) == .restart(after: .seconds(seconds)))
    }
    #expect(policy.decision(exitCode: 134, after: .seconds(60)) == .restart(after: .seconds(1)))
  }

  @Test(arguments: [78, 70] as [Int32])
  func `wrong configuration and a failed self-check are not tried again`(code: Int32) {
    var policy = RestartPolicy()
    #expect(policy.decision(exitCode: code, after: .seconds(1)) == .giveUp)
  }
}

@Suite struct ChildProcessTests {
  @Test func `output arrives line by line whatever the pieces`() {
    let lines = Lines()
    let buffer = LineBuffer { lines.append($0) }
    for piece in ["a", "b\nc\n\nd", "", "e\n"] { buffer.append(Array(piece.utf8)) }
    #expect(lines.all == ["ab", "c", "d", "e"])
  }

  @Test func `exit codes and signals are told apart`() async throws {
    let failed = try ChildProcess(
      executable: "/bin/sh", arguments: ["-c", "exit 7"], environment: [:], onLine: { _ in })
    let failedCode = await failed.exitCode()
    #expect(failedCode == 7)
    let killed = try ChildProcess(
      executable: "/bin/sh", arguments: ["-c", "kill -9 $$"], environment: [:], onLine: { _ in })
    let killedCode = await killed.exitCode()
    #expect(killedCode == 137)
  }

  @Test func `a child can be stopped whatever thread started it`() async throws {
    // Dispatch's threads block signals, which a child would inherit.
    let blocked = Lines()
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<8 {
        group.addTask {
          do {
            let child = try ChildProcess(
              executable: "/bin/sh", arguments: ["-c", "grep SigBlk /proc/self/status"],
              environment: ["PATH": "/usr/bin:/bin"], onLine: { blocked.append($0) })
            _ = await child.exitCode()
          } catch {
            blocked.append("\(error)")
          }
        }
      }
    }
    #expect(blocked.all.allSatisfy { $0 == "SigBlk:\t0000000000000000" }, "\(blocked.all)")
  }

  @Test func `a child's sign of readiness arrives`() async throws {
    let socket = try #require(
      NotifySocket(name: "autodidact-test-\(UInt64.random(in: 0...(.max)))"))
    let script = """
      import os, socket
      s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
      s.sendto(b"READY=1", "\\0" + os.environ["NOTIFY_SOCKET"][1:])
      """
    let child = try ChildProcess(
      executable: "/usr/bin/env", arguments: ["python3", "-c", script],
      environment: ["NOTIFY_SOCKET": socket.address, "PATH": "/usr/local/bin:/usr/bin:/bin"],
      onLine: { _ in })
    let code = await child.exitCode()
    try #require(code == 0, "needs python3")
    var messages = socket.messages.makeAsyncIterator()
    let first = await messages.next()
    #expect(first == "READY=1")
    socket.end()
  }
}
