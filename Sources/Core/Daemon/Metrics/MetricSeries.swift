internal import CoreMetrics
internal import Messages
private import Synchronization

/// One line of values of a metric: a family with one combination of labels.
protocol MetricSeries: AnyObject, Sendable {
  /// Returns the values now, without labels.
  func sample() -> MetricSample
}

/// A number that only grows.
package final class CounterSeries: MetricSeries, CounterHandler {
  private let count = Atomic<Int64>(0)

  /// Adds an amount; a negative one counts as zero.
  package func increment(by amount: Int64) {
    count.add(max(0, amount), ordering: .relaxed)
  }

  /// Starts again from zero.
  package func reset() { count.store(0, ordering: .relaxed) }

  func sample() -> MetricSample {
    var sample = MetricSample()
    sample.value = Double(count.load(ordering: .relaxed))
    return sample
  }
}

/// A number that goes up and down.
package final class GaugeSeries: MetricSeries, MeterHandler, RecorderHandler {
  private let value = Mutex(0.0)

  /// Sets the value.
  package func set(_ value: Int64) { set(Double(value)) }
  /// Sets the value.
  package func set(_ value: Double) { self.value.withLock { $0 = value } }
  /// Adds an amount.
  package func increment(by amount: Double) { value.withLock { $0 += amount } }
  /// Takes an amount away.
  package func decrement(by amount: Double) { value.withLock { $0 -= amount } }
  /// Sets the value.
  package func record(_ value: Int64) { set(Double(value)) }
  /// Sets the value.
  package func record(_ value: Double) { set(value) }

  func sample() -> MetricSample {
    var sample = MetricSample()
    sample.value = value.withLock { $0 }
    return sample
  }
}

/// Counts observations by size.
///
/// A bucket holds the observations at most its upper bound and above the one before; samples are
/// cumulative. Cost of an observation: `O(log buckets)`.
package final class HistogramSeries: MetricSeries, TimerHandler, RecorderHandler {
  private struct State {
    var counts: [UInt64]
    var sum = 0.0
  }

  private let upperBounds: [Double]
  private let state: Mutex<State>

  /// Bounds for the duration of calls, from 100 microseconds to a minute.
  package static let secondBounds = [
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
    30, 60,
  ]

  /// Creates a histogram with ascending finite bounds; a last bucket without bound is added.
  package init(_ upperBounds: [Double]) {
    precondition(
      zip(upperBounds, upperBounds.dropFirst()).allSatisfy { $0 < $1 }
        && upperBounds.allSatisfy { $0.isFinite },
      "bounds must ascend and be finite: \(upperBounds)")
    self.upperBounds = upperBounds
    state = Mutex(State(counts: [UInt64](repeating: 0, count: upperBounds.count + 1)))
  }

  /// Counts a duration, in seconds.
  package func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1e9) }
  /// Counts an observation.
  package func record(_ value: Int64) { record(Double(value)) }

  /// Counts an observation; not-a-number is none.
  package func record(_ value: Double) {
    guard !value.isNaN else { return }
    var low = 0
    var high = upperBounds.count
    while low < high {
      let middle = (low + high) / 2
      if upperBounds[middle] < value { low = middle + 1 } else { high = middle }
    }
    state.withLock { state in
      state.counts[low] += 1
      state.sum += value
    }
  }

  func sample() -> MetricSample {
    let state = state.withLock { $0 }
    var sample = MetricSample()
    sample.value = state.sum
    var cumulative: UInt64 = 0
    for (bound, count) in zip(upperBounds + [.infinity], state.counts) {
      cumulative += count
      var bucket = HistogramBucket()
      bucket.upperBound = bound
      bucket.cumulativeCount = cumulative
      sample.buckets.append(bucket)
    }
    sample.observationCount = cumulative
    return sample
  }
}
