import Testing

@testable import autodidact

@Suite struct TerminalProgressTests {
  @Test func `a bar shows stage, share, counts and the time that is left`() {
    #expect(
      TerminalProgress.line(
        stage: "encoding", done: 1500, total: 6000, elapsed: .seconds(10), isTerminal: true)
        == "encoding ━━━━━━━┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄ 25 % · 1,500 of 6,000 · 30 s left")
  }

  @Test func `a line without a terminal has no bar`() {
    #expect(
      TerminalProgress.line(
        stage: "encoding", done: 100, total: 6000, elapsed: .seconds(10), isTerminal: false)
        == "encoding · 100 of 6,000")
    #expect(
      TerminalProgress.line(
        stage: "encoding", done: 600, total: 6000, elapsed: .seconds(60), isTerminal: false)
        == "encoding · 600 of 6,000 · 9 min left")
  }

  @Test func `without a total the count stands alone`() {
    #expect(
      TerminalProgress.line(
        stage: "classifying", done: 12_000, total: 0, elapsed: .zero, isTerminal: true)
        == "classifying · 12,000")
    #expect(
      TerminalProgress.line(
        stage: "reading", done: 0, total: 0, elapsed: .zero, isTerminal: true) == "reading")
  }
}
