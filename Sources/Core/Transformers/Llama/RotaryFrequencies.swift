import Glibc

/// The angle that one position turns each pair of a head's entries by.
///
/// `base^(−2 i / rotaryCount) / scale / factor_i`, the factors being 1 where there are none.
func rotaryFrequencies(_ sizes: LlamaConfiguration, factors: [Float]) -> [Double] {
  (0..<sizes.rotaryCount / 2).map { pair in
    let exponent = -2 * Double(pair) / Double(sizes.rotaryCount)
    let factor = factors.isEmpty ? 1 : Double(factors[pair])
    return pow(sizes.rotaryBase, exponent) / sizes.rotaryScale / factor
  }
}
