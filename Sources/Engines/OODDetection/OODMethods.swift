private import Methods

/// The out-of-distribution detectors of the suite.
package enum OODMethods {
  /// Every method, in the order in which they are listed to people.
  package static let all: [any OODScorer.Type] = [
    MaximumSoftmaxProbability.self, EnergyScore.self, NearestNeighborDistance.self,
    Mahalanobis.self, RelativeMahalanobis.self, ScoreFusion.self,
  ]

  /// The method of this id, if there is one.
  package static func named(_ id: String) -> (any OODScorer.Type)? {
    all.first { $0.card.id == id }
  }

  /// The method for sentence features when the caller names none: the fusion where a head is there,
  /// the nearest neighbour where none is.
  package static func defaultMethod(hasHead: Bool) -> any OODScorer.Type {
    hasHead ? ScoreFusion.self : NearestNeighborDistance.self
  }
}
