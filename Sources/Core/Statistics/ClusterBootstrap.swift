/// Draws whole clusters of items with replacement, for intervals of figures over grouped items.
///
/// Items of one cluster (the answers to one prompt) depend on each other, so clusters are drawn,
/// not items.
/// Source: A. C. Davison and D. V. Hinkley, Bootstrap Methods and their Application, 1997, 3.8 and
/// 5.3 (the percentile interval).
package struct ClusterBootstrap: Sendable {
  /// The items of each cluster.
  package let clusters: [[Int]]

  /// Groups the items by their cluster's name, clusters in the order of their first item.
  package init(clusterOfItem: [String]) {
    var numbers: [String: Int] = [:]
    var clusters: [[Int]] = []
    for (item, name) in clusterOfItem.enumerated() {
      if let number = numbers[name] {
        clusters[number].append(item)
      } else {
        numbers[name] = clusters.count
        clusters.append([item])
      }
    }
    self.clusters = clusters
  }

  /// The interval of a figure between the 2.5th and the 97.5th percentile of `resampleCount` draws;
  /// nil where it is defined for fewer than half of them.
  ///
  /// `statistic` gets the numbers of the clusters drawn, some of them several times, and returns
  /// nil where it is not defined. The same seed gives the same interval.
  /// Cost: `resampleCount` times the statistic's.
  package func interval(
    resampleCount: Int, seed: UInt64, isCancelled: () -> Bool = { false },
    ofClusters statistic: ([Int]) -> Double?
  ) -> ClosedRange<Double>? {
    guard !clusters.isEmpty, resampleCount > 0 else { return nil }
    var generator = SeededGenerator(seed: seed)
    var values: [Double] = []
    for _ in 0..<resampleCount {
      guard !isCancelled() else { return nil }
      let drawn = clusters.indices.map { _ in generator.index(below: clusters.count) }
      if let value = statistic(drawn) { values.append(value) }
    }
    guard values.count * 2 >= resampleCount else { return nil }
    values.sort()
    return quantile(0.025, of: values)...quantile(0.975, of: values)
  }

  /// The same for a figure of items: an item comes once for each time that its cluster was drawn.
  package func interval(
    resampleCount: Int, seed: UInt64, isCancelled: () -> Bool = { false },
    ofItems statistic: ([Int]) -> Double?
  ) -> ClosedRange<Double>? {
    interval(
      resampleCount: resampleCount, seed: seed, isCancelled: isCancelled,
      ofClusters: { statistic($0.flatMap { clusters[$0] }) })
  }
}

/// The quantile of sorted values, interpolated between neighbours as NumPy does by default.
private func quantile(_ share: Double, of sorted: [Double]) -> Double {
  let position = share * Double(sorted.count - 1)
  let below = Int(position)
  guard below + 1 < sorted.count else { return sorted[sorted.count - 1] }
  return sorted[below] + (position - Double(below)) * (sorted[below + 1] - sorted[below])
}
