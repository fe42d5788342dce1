private import CKernels

/// How the weights of a matrix are stored, in the names of GGUF.
package enum WeightFormat: Sendable, CaseIterable {
  /// IEEE 754 binary32.
  case f32
  /// IEEE 754 binary16.
  case f16
  /// The upper half of binary32.
  case bf16
  /// Blocks of 32 inputs: `d · (q − 8)` with 4-bit `q`.
  case q4_0
  /// Blocks of 32 inputs: `d · q + m` with 4-bit `q`.
  case q4_1
  /// Blocks of 32 inputs: `d · q` with signed bytes `q`.
  case q8_0

  /// Whether it stores blocks, whose products take activations rounded to bytes.
  package var hasBlocks: Bool {
    switch self {
    case .f32, .f16, .bf16: false
    case .q4_0, .q4_1, .q8_0: true
    }
  }

  /// The bytes of `columnCount` weights of one output.
  package func rowByteCount(columnCount: Int) -> Int {
    kernels_weights_row_bytes(number, columnCount)
  }

  var number: Int32 {
    switch self {
    case .f32: Int32(WEIGHTS_F32)
    case .f16: Int32(WEIGHTS_F16)
    case .bf16: Int32(WEIGHTS_BF16)
    case .q4_0: Int32(WEIGHTS_Q4_0)
    case .q4_1: Int32(WEIGHTS_Q4_1)
    case .q8_0: Int32(WEIGHTS_Q8_0)
    }
  }
}
