private import CKernels

extension KernelPath {
  /// Normalises each of `rowCount` rows of `x` to mean 0 and variance 1, scales and shifts it.
  ///
  /// `x` and `out` have `columnCount` columns and the row strides `ldx` and `ldo`; they may be the
  /// same memory. The variance is that of the differences from the mean. Source: Ba, Kiros and
  /// Hinton, "Layer Normalization", 2016, arXiv:1607.06450.
  package func layerNorm(
    rowCount: Int, columnCount: Int, x: UnsafePointer<Float>, ldx: Int,
    gamma: UnsafePointer<Float>, beta: UnsafePointer<Float>, epsilon: Float,
    out: UnsafeMutablePointer<Float>, ldo: Int
  ) {
    kernels_layer_norm(
      number, rowCount, columnCount, x, ldx, gamma, beta, epsilon, out, ldo)
  }

  /// The floats of scratch memory that `attention` needs for a sequence of `tokenCount`.
  package func attentionScratchCount(tokenCount: Int, headSize: Int) -> Int {
    kernels_attention_scratch_count(number, tokenCount, headSize)
  }

  /// Self-attention of one sequence: `softmax(scale · Q Kᵀ) V` for each head.
  ///
  /// `qkv` `[tokenCount, 3 · headCount · headSize]` holds queries, keys and values side by side.
  /// Cost: `4 tokenCount² · headCount · headSize` operations. Source: Vaswani et al., "Attention Is
  /// All You Need", NeurIPS 2017, arXiv:1706.03762.
  package func attention(
    tokenCount: Int, headCount: Int, headSize: Int, qkv: UnsafePointer<Float>, ldqkv: Int,
    scale: Float, scratch: UnsafeMutablePointer<Float>, out: UnsafeMutablePointer<Float>, ldo: Int
  ) {
    kernels_attention(
      number, tokenCount, headCount, headSize, qkv, ldqkv, scale, scratch, out, ldo)
  }

  /// Replaces each of `count` numbers by `x Φ(x)`, with the normal distribution function `Φ`.
  ///
  /// Absolute error below 1e-6. Source: Hendrycks and Gimpel, "Gaussian Error Linear Units", 2016,
  /// arXiv:1606.08415, in its exact form.
  package func gelu(count: Int, x: UnsafeMutablePointer<Float>) { kernels_gelu(number, count, x) }

  /// Replaces each row of `x` `[rowCount, columnCount]` by `softmax(scale · row)`.
  package func softmax(
    rowCount: Int, columnCount: Int, scale: Float, x: UnsafeMutablePointer<Float>, ldx: Int
  ) {
    kernels_softmax(number, rowCount, columnCount, scale, x, ldx)
  }

  /// The sum of the products of `count` pairs.
  package func dot(count: Int, _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>) -> Float {
    kernels_dot(number, count, a, b)
  }

  /// Adds `alpha · x` to `y`, `count` numbers.
  package func axpy(
    count: Int, alpha: Float, x: UnsafePointer<Float>, y: UnsafeMutablePointer<Float>
  ) {
    kernels_axpy(number, count, alpha, x, y)
  }
}
