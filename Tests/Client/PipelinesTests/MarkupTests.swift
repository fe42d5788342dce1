import Testing

@testable import Pipelines

@Suite struct MarkupTests {
  @Test func `texts are escaped and markup goes in as it is`() {
    let inner: Markup = "<b>\("a<b>&\"")</b>"
    #expect(inner.text == "<b>a&lt;b&gt;&amp;&quot;</b>")
    let outer: Markup = "<i>\(inner)\([inner, inner])</i>"
    #expect(outer.text == "<i>" + inner.text + inner.text + inner.text + "</i>")
  }

  @Test func `characters that XML forbids are replaced`() {
    let markup: Markup = "\("a\u{1}b\u{fffe}\tc\u{7f}")"
    #expect(markup.text == "a\u{fffd}b\u{fffd}\tc\u{fffd}")
  }
}
