package import Tensors

/// The weight formats of GGUF, encoded and decoded by plain loops.
package enum PlainWeights {
  /// The bytes of `values` in a format; blocks of 32 where it has blocks.
  package static func encode(_ values: [Float], _ format: WeightFormat) -> [UInt8] {
    switch format {
    case .f32: values.flatMap { little($0.bitPattern) }
    case .f16: values.flatMap { little(Float16($0).bitPattern) }
    case .bf16: values.flatMap { little(UInt16($0.bitPattern >> 16)) }
    case .q4_0, .q4_1, .q8_0:
      stride(from: 0, to: values.count, by: 32).flatMap { first in
        block(Array(values[first..<first + 32]), format)
      }
    }
  }

  /// The values that `bytes` stand for.
  package static func decode(_ bytes: UnsafeRawBufferPointer, _ format: WeightFormat) -> [Float] {
    switch format {
    case .f32:
      (0..<bytes.count / 4).map {
        Float(bitPattern: bytes.loadUnaligned(fromByteOffset: 4 * $0, as: UInt32.self))
      }
    case .f16: (0..<bytes.count / 2).map { half(bytes, 2 * $0) }
    case .bf16:
      (0..<bytes.count / 2).map {
        let upper = bytes.loadUnaligned(fromByteOffset: 2 * $0, as: UInt16.self)
        return Float(bitPattern: UInt32(upper) << 16)
      }
    case .q4_0:
      blocks(bytes, 18) { start, index in
        half(bytes, start) * Float(nibble(bytes, start + 2, index) - 8)
      }
    case .q4_1:
      blocks(bytes, 20) { start, index in
        half(bytes, start) * Float(nibble(bytes, start + 4, index)) + half(bytes, start + 2)
      }
    case .q8_0:
      blocks(bytes, 34) { start, index in
        half(bytes, start) * Float(Int8(bitPattern: bytes[start + 2 + index]))
      }
    }
  }

  private static func blocks(
    _ bytes: UnsafeRawBufferPointer, _ byteCount: Int, _ value: (Int, Int) -> Float
  ) -> [Float] {
    var values: [Float] = []
    values.reserveCapacity(bytes.count / byteCount * 32)
    for start in stride(from: 0, to: bytes.count, by: byteCount) {
      for index in 0..<32 { values.append(value(start, index)) }
    }
    return values
  }

  private static func half(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> Float {
    Float(Float16(bitPattern: bytes.loadUnaligned(fromByteOffset: offset, as: UInt16.self)))
  }

  private static func nibble(_ bytes: UnsafeRawBufferPointer, _ start: Int, _ index: Int) -> Int {
    let byte = bytes[start + index % 16]
    return Int(index < 16 ? byte & 15 : byte >> 4)
  }

  private static func block(_ values: [Float], _ format: WeightFormat) -> [UInt8] {
    let top = values.reduce(0) { max($0, $1.magnitude) }
    let (low, high) = (values.min() ?? 0, values.max() ?? 0)
    switch format {
    case .q8_0:
      let d = Float16(top / 127)
      return little(d.bitPattern)
        + values.map { UInt8(bitPattern: Int8(clamped($0, Float(d), 0, -127...127))) }
    case .q4_0:
      let d = Float16(top / 7)
      return little(d.bitPattern) + nibbles(values.map { clamped($0, Float(d), 8, 0...15) })
    default:
      let (d, m) = (Float16((high - low) / 15), Float16(low))
      return little(d.bitPattern) + little(m.bitPattern)
        + nibbles(values.map { clamped($0 - Float(m), Float(d), 0, 0...15) })
    }
  }

  private static func clamped(
    _ value: Float, _ d: Float, _ offset: Int, _ range: ClosedRange<Int>
  ) -> Int {
    guard d != 0 else { return min(max(offset, range.lowerBound), range.upperBound) }
    return min(max(Int((value / d).rounded()) + offset, range.lowerBound), range.upperBound)
  }

  private static func nibbles(_ quants: [Int]) -> [UInt8] {
    (0..<16).map { UInt8(quants[$0] | quants[$0 + 16] << 4) }
  }

  private static func little(_ number: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: number.littleEndian) { Array($0) }
  }
}
