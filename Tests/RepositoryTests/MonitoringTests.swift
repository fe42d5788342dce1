import Foundation
import Testing

/// What operators load into Prometheus, Grafana and Nagios is whole.
@Suite struct MonitoringTests {
  private static let folder = SourceTree.root.appending(path: "ops/monitoring")

  private static func text(_ name: String) throws -> String {
    try String(contentsOf: folder.appending(path: name), encoding: .utf8)
  }

  @Test func `each alert has a section in the runbook, and each section an alert`() throws {
    let alerts = try Self.text("alerts.yml")
      .matches(of: /- alert: (\w+)/).map { String($0.1) }
    let runbook = try String(
      contentsOf: SourceTree.root.appending(path: "ops/runbook.md"), encoding: .utf8)
    let sections = runbook.matches(of: /\n## (Autodidact\w+)\n/).map { String($0.1) }
    #expect(alerts.sorted() == sections.sorted())
    for alert in alerts {
      #expect(try Self.text("alerts.yml").contains("runbook.md#\(alert.lowercased())\""))
    }
  }

  @Test func `the dashboard is JSON and its panels have queries`() throws {
    struct Dashboard: Decodable {
      struct Panel: Decodable {
        struct Target: Decodable { var expr: String }
        var id: Int
        var title: String
        var targets: [Target]
      }
      var panels: [Panel]
    }
    let dashboard = try JSONDecoder().decode(
      Dashboard.self, from: Data(try Self.text("grafana.json").utf8))
    #expect(dashboard.panels.count > 10)
    #expect(Set(dashboard.panels.map(\.id)).count == dashboard.panels.count)
    for panel in dashboard.panels { #expect(!panel.targets.isEmpty, "\(panel.title)") }
  }

  @Test func `metrics that are watched are metrics that a daemon or the timer's script writes`()
    throws
  {
    var sources = try String(
      contentsOf: SourceTree.root.appending(path: "systemd/libexec/textfile"), encoding: .utf8)
    sources += SourceTree.swiftSources.map { $0.lines.joined(separator: "\n") }.joined()
    for name in ["alerts.yml", "grafana.json"] {
      // The daemon is a name, or any of them.
      let names = try Self.text(name)
        .matches(of: /\bautodidact_(?:[a-z]+|\.\+)_([a-z_]+[a-z])\b/)
        .map { (whole: String($0.0), part: String($0.1.trimmingSuffix("_bucket"))) }
      #expect(names.count > 10)
      for metric in names {
        // What every daemon has is written once, with the daemon's name filled in.
        #expect(
          sources.contains(metric.whole) || sources.contains(")_\(metric.part)\""),
          "\(metric.whole) in \(name)")
      }
    }
  }
}

extension Substring {
  fileprivate func trimmingSuffix(_ suffix: String) -> Substring {
    hasSuffix(suffix) ? dropLast(suffix.count) : self
  }
}
