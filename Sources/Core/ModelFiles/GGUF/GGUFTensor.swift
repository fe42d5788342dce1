/// The element types of tensors in GGUF files.
package enum GGUFTensorType: Sendable, Hashable {
  /// IEEE 754 binary32.
  case f32
  /// IEEE 754 binary16.
  case f16
  /// The upper half of binary32.
  case bf16
  /// Blocks of 32: one half-precision scale `d`, 4 bits a value; `d · (q − 8)`.
  case q4_0
  /// Blocks of 32: half-precision scale `d` and minimum `m`, 4 bits a value; `d · q + m`.
  case q4_1
  /// Blocks of 32: one half-precision scale `d`, 8 bits a value; `d · q`.
  case q8_0
  /// A type that this suite does not compute with, by its number in the file.
  case other(UInt32)

  /// The types that this suite computes with.
  package static let supported: [GGUFTensorType] = [.f32, .f16, .bf16, .q4_0, .q4_1, .q8_0]

  /// The type with a number of the format.
  package init(number: UInt32) {
    self = Self.supported.first { $0.number == number } ?? .other(number)
  }

  /// The type's number in the format.
  package var number: UInt32 {
    switch self {
    case .f32: 0
    case .f16: 1
    case .bf16: 30
    case .q4_0: 2
    case .q4_1: 3
    case .q8_0: 8
    case .other(let number): number
    }
  }

  /// The values and the bytes of a block; nil for a type that is not supported.
  package var block: (elementCount: Int, byteCount: Int)? {
    switch self {
    case .f32: (1, 4)
    case .f16, .bf16: (1, 2)
    case .q4_0: (32, 18)
    case .q4_1: (32, 20)
    case .q8_0: (32, 34)
    case .other: nil
    }
  }
}

extension GGUFTensorType: CustomStringConvertible {
  /// The name that the format gives to the type, or its number.
  package var description: String {
    switch self {
    case .f32: "F32"
    case .f16: "F16"
    case .bf16: "BF16"
    case .q4_0: "Q4_0"
    case .q4_1: "Q4_1"
    case .q8_0: "Q8_0"
    case .other(let number): Self.otherNames[number] ?? "number \(number)"
    }
  }

  private static let otherNames: [UInt32: String] = [
    6: "Q5_0", 7: "Q5_1", 9: "Q8_1", 10: "Q2_K", 11: "Q3_K", 12: "Q4_K", 13: "Q5_K", 14: "Q6_K",
    15: "Q8_K", 16: "IQ2_XXS", 17: "IQ2_XS", 18: "IQ3_XXS", 19: "IQ1_S", 20: "IQ4_NL",
    21: "IQ3_S", 22: "IQ2_S", 23: "IQ4_XS", 24: "I8", 25: "I16", 26: "I32", 27: "I64", 28: "F64",
    29: "IQ1_M", 34: "TQ1_0", 35: "TQ2_0", 39: "MXFP4",
  ]
}

/// One tensor of a GGUF file.
package struct GGUFTensor: Sendable, Equatable {
  /// The tensor's name.
  package let name: String
  /// The type of its elements.
  package let type: GGUFTensorType
  /// The extents, outermost first: a matrix is `[rows, columns]`, the reverse of the file's order.
  package let shape: [Int]
  /// The tensor's bytes, counted from the start of the file; empty for an unsupported type.
  package let byteRange: Range<Int>

  /// The number of elements.
  package var elementCount: Int { shape.reduce(1, *) }
}
