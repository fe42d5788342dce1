package import Methods

/// A named strategy: parameters and the composition that they give.
package protocol SelfTrainingMethod: Sendable {
  /// The settings of the strategy.
  associatedtype Parameters: MethodParameters
  /// What the strategy is.
  static var card: MethodCard { get }
  /// The composition for valid parameters, with `head` fitting the classifier.
  static func strategy(_ parameters: Parameters, head: LogisticHead) -> Strategy
}
