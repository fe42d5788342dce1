package import Encoding
package import Messages
internal import ModelFiles

extension Encoding.EncodingOptions {
  /// The options of a request; what it leaves open is the model's own way.
  package init(_ options: EncodeOptions?) {
    self.init()
    guard let options else { return }
    pooling =
      switch options.pooling {
      case .unspecified: nil
      case .mean: .mean
      case .cls: .cls
      case .max: .max
      }
    normalizes =
      switch options.normalization {
      case .unspecified: nil
      case .l2: true
      case .none: false
      }
    truncation =
      switch options.truncation {
      case .unspecified, .right: .right
      case .left: .left
      case .refuse: .refuse
      }
    specialText = options.specialTokens == .asText ? .plain : .recognized
    tokenCountMax = Int(options.tokensMax)
    dimensionCount = Int(options.dimensions)
    prompt = options.prompt
    returnsTokenStates = options.tokenStates
  }
}
