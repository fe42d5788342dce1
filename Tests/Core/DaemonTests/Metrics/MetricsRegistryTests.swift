import CoreMetrics
import Messages
import Testing

@testable import Daemon

@Suite struct MetricsRegistryTests {
  @Test func `the same name and labels are the same counter`() {
    let registry = MetricsRegistry()
    for _ in 0..<3 {
      registry.counter("a_total", help: "A.", labels: [("code", "OK")]).increment()
    }
    registry.counter("a_total", help: "A.", labels: [("code", "INTERNAL")]).increment(by: 5)
    let family = registry.snapshot()[0]
    #expect(family.samples.map { $0.labels[0].value } == ["INTERNAL", "OK"])
    #expect(family.samples.map { $0.value } == [5, 3])
    #expect(family.kind == .counter)
    #expect(family.help == "A.")
  }

  @Test func `gauges go up and down`() {
    let registry = MetricsRegistry()
    let gauge = registry.gauge("a_open", help: "A.")
    gauge.increment(by: 3)
    gauge.decrement()
    #expect(registry.snapshot()[0].samples[0].value == 2)
    gauge.set(-1.5)
    #expect(registry.snapshot()[0].samples[0].value == -1.5)
  }

  @Test func `buckets include their bound and are cumulative`() {
    let registry = MetricsRegistry()
    let histogram = registry.histogram("a_rows", help: "A.", upperBounds: [1, 2, 4])
    for value in [0.0, 1, 1.5, 2, 3, 100, -Double.infinity] as [Double] { histogram.record(value) }
    histogram.record(Double.nan)
    let sample = registry.snapshot()[0].samples[0]
    #expect(sample.buckets.map { $0.upperBound } == [1, 2, 4, .infinity])
    #expect(sample.buckets.map { $0.cumulativeCount } == [3, 5, 6, 7])
    #expect(sample.observationCount == 7)
  }

  @Test func `timers are in seconds`() {
    let registry = MetricsRegistry()
    registry.timer("a_seconds", help: "A.").recordNanoseconds(2_000_000_000)
    #expect(registry.snapshot()[0].samples[0].value == 2)
  }

  @Test func `a metric of two kinds is a mistake of the program`() async {
    await #expect(processExitsWith: .failure) {
      let registry = MetricsRegistry()
      registry.counter("a_total", help: "A.").increment()
      _ = registry.gauge("a_total", help: "A.")
    }
  }

  @Test func `labels without end are a mistake of the program`() async {
    await #expect(processExitsWith: .failure) {
      let registry = MetricsRegistry()
      for number in 0...MetricsRegistry.seriesCountMax {
        _ = registry.counter("a_total", help: "A.", labels: [("n", "\(number)")])
      }
    }
  }
}

@Suite struct PrometheusTextTests {
  @Test func `the text has help, type and one line a sample`() {
    let registry = MetricsRegistry()
    registry.counter("a_total", help: "Say \\ \n.", labels: [("code", "a\"b\\c\nd")]).increment()
    registry.gauge("b_open", help: "B.").set(0.25)
    registry.histogram("c_rows", help: "C.", labels: [("k", "v")], upperBounds: [1]).record(
      Int64(1))
    #expect(
      prometheusText(of: registry.snapshot()) == """
        # HELP a_total Say \\\\ \\n.
        # TYPE a_total counter
        a_total{code="a\\"b\\\\c\\nd"} 1
        # HELP b_open B.
        # TYPE b_open gauge
        b_open 0.25
        # HELP c_rows C.
        # TYPE c_rows histogram
        c_rows_bucket{k="v",le="1"} 1
        c_rows_bucket{k="v",le="+Inf"} 1
        c_rows_sum{k="v"} 1
        c_rows_count{k="v"} 1

        """)
  }

  @Test func `every line of a full registry parses`() throws {
    let registry = MetricsRegistry()
    for code in 0..<17 {
      registry.counter("a_total", help: "A.", labels: [("c", "\(code)")]).increment()
    }
    registry.timer("b_seconds", help: "B.", labels: [("m", "x")]).recordNanoseconds(1)
    let sample = /[a-z_0-9]+(\{[a-z]+="[^"]*"(,[a-z]+="[^"]*")*\})? (\+Inf|-?[0-9.e+-]+)/
    for line in prometheusText(of: registry.snapshot()).split(separator: "\n") {
      let isComment = line.hasPrefix("# HELP ") || line.hasPrefix("# TYPE ")
      #expect(try isComment || sample.wholeMatch(in: line) != nil, "\(line)")
    }
  }
}
