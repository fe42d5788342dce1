private import CKernels

/// A version of the transformer kernels, chosen by what the processor has.
///
/// All versions compute the same sums in the same order; they differ in the last bits, because only
/// some processors multiply and add with one rounding. The raw value is the name that an operator
/// gives to force a version.
package enum KernelPath: String, Sendable, CaseIterable {
  /// Plain C, for any processor.
  case portable
  /// AVX2 with FMA.
  case avx2
  /// AVX-512 (F, DQ, BW, VL).
  case avx512

  /// Whether this processor runs the version.
  package var isSupported: Bool { kernels_path_is_supported(number) != 0 }

  /// The versions that this processor runs, slowest first.
  package static let supported: [KernelPath] = allCases.filter(\.isSupported)

  /// The fastest version that this processor runs.
  package static let best: KernelPath = supported.last ?? .portable

  /// The version that an operator named, which the processor has to run; the fastest where the name
  /// is that of none.
  package static func chosen(_ name: String) throws(ProductCheckFailure) -> KernelPath {
    let path = KernelPath(rawValue: name) ?? .best
    guard path.isSupported else { throw .unsupported(path: path, best: .best) }
    return path
  }

  var number: Int32 {
    switch self {
    case .portable: Int32(KERNELS_PORTABLE)
    case .avx2: Int32(KERNELS_AVX2)
    case .avx512: Int32(KERNELS_AVX512)
    }
  }
}
