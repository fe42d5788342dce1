package import Methods

/// Why a generator refuses a job.
package enum AdmissionError: Error, Equatable {
  /// So many jobs wait already.
  case queueFull(count: Int, limit: Int)
  /// The prompt, and the longest continuation with it, does not fit into the context.
  case contextExceeded(tokenCount: Int, limit: Int)
  /// The job needs more positions than the whole cache has.
  case cacheExceeded(positionCount: Int, limit: Int)
  /// A token is not in the vocabulary.
  case unknownToken(id: Int32, vocabularySize: Int)
  /// A layer is not in the model.
  case unknownLayer(layer: Int, layerCount: Int)
  /// A list has too few or too many entries.
  case count(name: String, count: Int, lowest: Int, highest: Int)
  /// A prompt, continuation or candidate has no tokens.
  case empty(name: String, index: Int)
  /// Two candidates are the same tokens.
  case duplicate(index: Int, of: Int)
  /// A setting is out of its range.
  case parameter(ParameterViolation)
}
