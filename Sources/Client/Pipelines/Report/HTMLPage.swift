/// A page that needs nothing else: the style sheet is in it, and it is well-formed XML too.
struct HTMLPage {
  var title: String
  var body: Markup

  /// The whole page.
  var text: String {
    let page: Markup = """
      <!DOCTYPE html>
      <html lang="en" xmlns="http://www.w3.org/1999/xhtml"><head><meta charset="utf-8"/>
      <meta name="viewport" content="width=device-width, initial-scale=1"/>
      <title>\(title)</title>
      <style>\(ReportStyle.sheet)</style></head>
      <body><main>
      \(body)
      </main></body></html>

      """
    return page.text
  }
}
