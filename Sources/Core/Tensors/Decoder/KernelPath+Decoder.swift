private import CKernels

extension KernelPath {
  /// The number of outputs of a panel of packed weights.
  package var panelRowCount: Int { kernels_weights_panel_rows(number) }

  /// The bytes of activations `[tokens, columns]` that `quantize` writes.
  package static func activationByteCount(tokenCount: Int, columnCount: Int) -> Int {
    kernels_activations_bytes(tokenCount, columnCount)
  }

  /// Rounds some activations of one token, from and to a multiple of 32, to bytes with a scale for
  /// each 32.
  ///
  /// `x` is the token's row of `columnCount` floats; `bytes` is that of all `tokenCount` tokens.
  /// The value of the largest magnitude of each 32 is kept beside them as it is, so that an outlier
  /// does not cost the others their digits; they are off by at most 1/254 of the second largest.
  package func quantize(
    _ x: UnsafePointer<Float>, columns: Range<Int>, of columnCount: Int, token: Int,
    of tokenCount: Int, to bytes: UnsafeMutableRawPointer
  ) {
    kernels_activations_quantize(
      number, tokenCount, token, columnCount, columns.lowerBound, columns.upperBound, x, bytes)
  }

  /// Scales `x` by the inverse of its root mean square and by `gamma`, `count` numbers.
  ///
  /// Source: Zhang and Sennrich, "Root Mean Square Layer Normalization", NeurIPS 2019,
  /// arXiv:1910.07467.
  package func rmsNorm(
    count: Int, x: UnsafePointer<Float>, gamma: UnsafePointer<Float>, epsilon: Float,
    out: UnsafeMutablePointer<Float>
  ) {
    kernels_rms_norm(number, count, x, gamma, epsilon, out)
  }

  /// Replaces `gate` by `gate · sigmoid(gate) · up`, `count` numbers.
  ///
  /// Source: Shazeer, "GLU Variants Improve Transformer", 2020, arXiv:2002.05202.
  package func swiGLU(
    count: Int, gate: UnsafeMutablePointer<Float>, up: UnsafePointer<Float>
  ) {
    kernels_swiglu(number, count, gate, up)
  }

  /// Turns neighbouring pairs of `x` by the angles with these cosines and sines, and scales them.
  ///
  /// Source: Su et al., "RoFormer: Enhanced Transformer with Rotary Position Embedding", 2021,
  /// arXiv:2104.09864.
  package func rotate(
    pairCount: Int, cosines: UnsafePointer<Float>, sines: UnsafePointer<Float>, scale: Float,
    x: UnsafeMutablePointer<Float>
  ) {
    kernels_rotate(number, pairCount, cosines, sines, scale, x)
  }
}
