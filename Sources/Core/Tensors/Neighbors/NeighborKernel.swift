internal import CKernels
private import Synchronization

/// A way to compute the products of a neighbour search, chosen by what the processor has.
package enum NeighborKernel: Int, Sendable, CaseIterable {
  /// Plain C.
  case portable
  /// AVX2 with FMA.
  case avx2
  /// AVX-512.
  case avx512
  /// AVX-512 with BF16: half the bytes and twice the products an instruction.
  case bfloat16

  /// Whether this processor can run it.
  package var isAvailable: Bool { functions.scan != nil }

  /// The fastest that this processor can run and the limit allows.
  package static var best: NeighborKernel {
    let limit = limit.load(ordering: .relaxed)
    return allCases.last { $0.rawValue <= limit && $0.isAvailable } ?? .portable
  }

  /// Makes `best` no faster than `kernel`, for banks that are made from now on.
  ///
  /// A daemon calls this once, before it makes a bank.
  package static func limit(to kernel: NeighborKernel) {
    limit.store(kernel.rawValue, ordering: .relaxed)
  }

  /// The fastest kernel that goes with `path`, or of all where `path` is nil.
  package init(fastestOn path: KernelPath?) {
    self =
      switch path {
      case .portable: .portable
      case .avx2: .avx2
      case .avx512, nil: .bfloat16
      }
  }

  private static let limit = Atomic(NeighborKernel.bfloat16.rawValue)

  /// The other kernels that go with this one.
  package var path: KernelPath {
    switch self {
    case .portable: .portable
    case .avx2: .avx2
    case .avx512, .bfloat16: .avx512
    }
  }

  var functions: autodidact_neighbor_kernel {
    switch self {
    case .portable: autodidact_neighbor_kernel_portable()
    case .avx2: autodidact_neighbor_kernel_avx2()
    case .avx512: autodidact_neighbor_kernel_avx512()
    case .bfloat16: autodidact_neighbor_kernel_bfloat16()
    }
  }

  /// The number of queries that are compared together.
  var tileHeight: Int { Int(functions.tile_height) }
  /// The number of rows that are compared together.
  var panelWidth: Int { Int(functions.panel_width) }

  /// The number of elements of one step: two where the operands are bfloat16.
  var elementsPerStep: Int { self == .bfloat16 ? 2 : 1 }
}
