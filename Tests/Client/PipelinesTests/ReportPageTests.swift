import Foundation
import FoundationXML
import Testing

@testable import Pipelines

@Suite struct ReportPageTests {
  private func issues(in html: String) -> String? {
    let parser = XMLParser(data: Data(html.utf8))
    return parser.parse() ? nil : "line \(parser.lineNumber): \(parser.parserError as Any)"
  }

  @Test(arguments: [true, false], [true, false])
  func `a report is well-formed and needs nothing else`(hasTest: Bool, helped: Bool) throws {
    let html = ReportPage(SampleResult.content(hasTest: hasTest, helped: helped)).html
    #expect(issues(in: html) == nil)
    #expect(html.utf8.count < 2 << 20)
    let loads = ["src=", "href=", "@import", "url(", "<script", "<link"]
    #expect(loads.filter { html.contains($0) } == [])
    #expect(!html.contains("NaN") && !html.contains("inf"))
  }

  @Test func `the headline is honest when self-training did not help`() {
    let html = ReportPage(SampleResult.content(helped: false)).html
    #expect(html.contains("<h1>Self-training did not help"))
    #expect(html.contains("The do-no-harm guard rejected round 4."))
  }

  @Test func `texts of users stay texts`() {
    let html = ReportPage(SampleResult.content()).html
    #expect(html.contains("&lt;script&gt;alert(1)&lt;/script&gt;"))
    #expect(html.contains("<td>&lt;math&gt; &amp; &quot;logic&quot;</td>"))
  }

  @Test func `the command in the report is one that a shell understands`() {
    #expect("out/my run".shellQuoted == "'out/my run'")
    #expect("it's".shellQuoted == #"'it'\''s'"#)
    #expect("out/run-1.2".shellQuoted == "out/run-1.2")
    #expect("".shellQuoted == "''")
  }

  @Test(arguments: [
    ("a  b\nc", 10, "a b c"), ("abcdefghij", 5, "abcd…"), ("abc def ghi", 8, "abc def …"),
    ("", 5, ""),
  ])
  func `long texts are clipped at words`(text: String, count: Int, clipped: String) {
    #expect(text.clipped(to: count) == clipped)
  }
}
