package import Messages
package import OODDetection

internal import Methods

extension OODMethod {
  /// Fits the method of the message; zero values and a missing method are the defaults.
  package static func fit(
    _ method: OODMethod?, on reference: ReferenceSet, encoderDigest: String
  ) throws(FitError) -> OODDetector {
    func fitted<Scorer: OODScorer>(
      _ type: Scorer.Type, _ change: (inout Scorer.Parameters) -> Void = { _ in }
    ) throws(FitError) -> OODDetector {
      var parameters = Scorer.Parameters()
      change(&parameters)
      return try OODDetector(
        fitting: type, parameters, on: reference, encoderDigest: encoderDigest)
    }
    switch method?.parameters {
    case .msp: return try fitted(MaximumSoftmaxProbability.self)
    case .energy(let message):
      return try fitted(EnergyScore.self) { $0.temperature = message.temperature.orDefault(1) }
    case .knn(let message):
      return try fitted(NearestNeighborDistance.self) { $0.k = max(Int(message.k), 1) }
    case .mahalanobis(let message):
      return try fitted(Mahalanobis.self) { $0.shrinkage = message.shrinkage }
    case .relativeMahalanobis(let message):
      return try fitted(RelativeMahalanobis.self) { $0.shrinkage = message.shrinkage }
    case .fusion(let message):
      return try fitted(ScoreFusion.self) {
        $0.temperature = message.temperature.orDefault(1)
        $0.k = max(Int(message.k), 1)
        $0.shrinkage = message.shrinkage
      }
    case nil:
      return try fittedByDefault(
        OODMethods.defaultMethod(hasHead: reference.head != nil), reference, encoderDigest)
    }
  }

  private static func fittedByDefault<Scorer: OODScorer>(
    _ type: Scorer.Type, _ reference: ReferenceSet, _ encoderDigest: String
  ) throws(FitError) -> OODDetector {
    try OODDetector(
      fitting: type, Scorer.Parameters(), on: reference, encoderDigest: encoderDigest)
  }

  /// The method and the parameters of a fitted scorer.
  package init(of scorer: any OODScorer) {
    switch scorer {
    case is MaximumSoftmaxProbability:
      self.init(parameters: .msp(MaximumSoftmaxProbabilityParameters()))
    case let scorer as EnergyScore:
      self.init(
        parameters: .energy(EnergyParameters(temperature: scorer.parameters.temperature)))
    case let scorer as NearestNeighborDistance:
      self.init(parameters: .knn(NearestNeighborParameters(k: UInt32(scorer.parameters.k))))
    case let scorer as Mahalanobis:
      self.init(
        parameters: .mahalanobis(MahalanobisParameters(shrinkage: scorer.parameters.shrinkage)))
    case let scorer as RelativeMahalanobis:
      self.init(
        parameters: .relativeMahalanobis(
          RelativeMahalanobisParameters(shrinkage: scorer.parameters.shrinkage)))
    case let scorer as ScoreFusion:
      self.init(
        parameters: .fusion(
          FusionParameters(
            temperature: scorer.parameters.temperature, k: UInt32(scorer.parameters.k),
            shrinkage: scorer.parameters.shrinkage)))
    default: preconditionFailure("the method \(type(of: scorer)) has no message")
    }
  }
}

extension Double {
  fileprivate func orDefault(_ value: Double) -> Double { self == 0 ? value : self }
}
