package import ModelFiles

/// Why a file is no model of the Llama family that this suite runs.
package enum LlamaError: Error, Equatable {
  /// The file lacks something or holds something of another type.
  case file(GGUFError)
  /// The model has another architecture.
  case architecture(String)
  /// A value of the metadata asks for something that is not computed here.
  case unsupported(key: String, value: String)
  /// An integer of the metadata is outside its range.
  case value(key: String, value: Int, range: ClosedRange<Int>)
  /// A number of the metadata is not above zero.
  case notPositive(key: String, value: Double)
  /// An integer of the metadata is not a multiple of what it must be.
  case notMultiple(key: String, value: Int, of: Int)
  /// A tensor has another shape than the metadata says.
  case shape(tensor: String, expected: [Int], actual: [Int])
  /// A tensor that the architecture does not have; the result would be wrong without it.
  case unknownTensor(String)
}

extension LlamaError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .file(let error): error.description
    case .architecture(let name):
      "the model has the architecture \(name); supported is llama"
    case .unsupported(let key, let value): "\(key) is \(value), which is not supported"
    case .value(let key, let value, let range):
      "\(key) is \(value); \(range.lowerBound) to \(range.upperBound) are allowed"
    case .notPositive(let key, let value): "\(key) is \(value), which is not above zero"
    case .notMultiple(let key, let value, let factor):
      "\(key) is \(value), which is no multiple of \(factor)"
    case .shape(let tensor, let expected, let actual):
      "tensor \(tensor) has the shape \(actual); the metadata says \(expected)"
    case .unknownTensor(let name):
      "the file has the tensor \(name), which a model of the Llama family has not"
    }
  }
}
