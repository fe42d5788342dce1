package import CoreMetrics
package import Messages
private import Synchronization

/// Keeps the metrics of one daemon in memory, ready to be read.
///
/// Metrics are those of swift-metrics, made here with a help text instead of through a global
/// factory. Names are `autodidact_<service>_<noun>_<unit>`; the values of labels come from closed
/// sets, never from a peer. Asking twice for the same name and labels gives the same metric.
package final class MetricsRegistry: Sendable {
  private struct Family: Sendable {
    let help: String
    let kind: MetricKind
    var series: [[Dimension]: any MetricSeries] = [:]
  }

  private struct Dimension: Sendable, Hashable {
    let name: String
    let value: String
  }

  private let families = Mutex<[String: Family]>([:])

  /// The most series that one family may have.
  package static let seriesCountMax = 1000

  /// Creates an empty registry.
  package init() {}

  /// Returns a number that only grows; its name ends in `_total`.
  package func counter(
    _ name: String, help: String, labels: [(String, String)] = []
  ) -> Counter {
    let series = series(name, help, .counter, labels) { CounterSeries() }
    return Counter(label: name, dimensions: labels, handler: series, factory: self)
  }

  /// Returns a number that goes up and down.
  package func gauge(_ name: String, help: String, labels: [(String, String)] = []) -> Meter {
    let series = series(name, help, .gauge, labels) { GaugeSeries() }
    return Meter(label: name, dimensions: labels, handler: series, factory: self)
  }

  /// Returns a histogram of durations; its name ends in `_seconds`.
  package func timer(
    _ name: String, help: String, labels: [(String, String)] = [],
    upperBounds: [Double] = HistogramSeries.secondBounds
  ) -> CoreMetrics.Timer {
    let series = series(name, help, .histogram, labels) { HistogramSeries(upperBounds) }
    return CoreMetrics.Timer(label: name, dimensions: labels, handler: series, factory: self)
  }

  /// Returns a histogram of plain numbers such as batch sizes.
  package func histogram(
    _ name: String, help: String, labels: [(String, String)] = [], upperBounds: [Double]
  ) -> Recorder {
    let series = series(name, help, .histogram, labels) { HistogramSeries(upperBounds) }
    return Recorder(
      label: name, dimensions: labels, aggregate: true, handler: series, factory: self)
  }

  /// Returns all families with their samples, sorted by name and labels.
  package func snapshot() -> [MetricFamily] {
    families.withLock { $0 }.sorted { $0.key < $1.key }.map { name, family in
      var result = MetricFamily()
      result.name = name
      result.help = family.help
      result.kind = family.kind
      let order = family.series.sorted { first, second in
        first.key.map { $0.value }.lexicographicallyPrecedes(second.key.map { $0.value })
      }
      result.samples = order.map { dimensions, series in
        var sample = series.sample()
        sample.labels = dimensions.map { dimension in
          var label = Label()
          label.name = dimension.name
          label.value = dimension.value
          return label
        }
        return sample
      }
      return result
    }
  }

  private func series<Series: MetricSeries>(
    _ name: String, _ help: String, _ kind: MetricKind, _ labels: [(String, String)],
    make: () -> Series
  ) -> Series {
    precondition(isMetricName(name), "\"\(name)\" is not a metric name")
    let dimensions = labels.map { Dimension(name: $0.0, value: $0.1) }
    return families.withLock { families in
      var family = families[name] ?? Family(help: help, kind: kind)
      precondition(
        family.kind == kind, "metric \(name) is a \(family.kind) and is used as a \(kind)")
      if let known = family.series[dimensions] as? Series { return known }
      precondition(
        family.series.count < Self.seriesCountMax,
        "metric \(name) has \(family.series.count) series; label values must be a closed set")
      let made = make()
      family.series[dimensions] = made
      families[name] = family
      return made
    }
  }
}

/// Returns whether a text is a metric name of Prometheus in lower case.
private func isMetricName(_ name: String) -> Bool {
  guard let first = name.utf8.first, first >= UInt8(ascii: "a"), first <= UInt8(ascii: "z") else {
    return false
  }
  return name.utf8.allSatisfy { byte in
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
      || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: "_")
  }
}

/// Metrics that are made by name alone, as libraries that know swift-metrics do.
extension MetricsRegistry: MetricsFactory {
  package func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
    series(label, label, .counter, dimensions) { CounterSeries() }
  }

  package func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
    series(label, label, .gauge, dimensions) { GaugeSeries() }
  }

  package func makeRecorder(
    label: String, dimensions: [(String, String)], aggregate: Bool
  ) -> any RecorderHandler {
    guard aggregate else { return series(label, label, .gauge, dimensions) { GaugeSeries() } }
    return series(label, label, .histogram, dimensions) {
      HistogramSeries(HistogramSeries.secondBounds)
    }
  }

  package func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
    series(label, label, .histogram, dimensions) { HistogramSeries(HistogramSeries.secondBounds) }
  }

  package func destroyCounter(_ handler: any CounterHandler) {}
  package func destroyMeter(_ handler: any MeterHandler) {}
  package func destroyRecorder(_ handler: any RecorderHandler) {}
  package func destroyTimer(_ handler: any TimerHandler) {}
}
