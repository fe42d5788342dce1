/// The printable characters by which byte-level vocabularies write bytes.
///
/// Bytes that print in Latin-1 stand for themselves; the 68 others are U+0100 and following, in
/// order. Source: the encoder of GPT-2, Radford et al., 2019.
enum ByteAlphabet {
  /// The byte that each scalar below U+0144 stands for, −1 where it stands for none.
  private static let byteOfScalar: [Int16] = {
    var table = [Int16](repeating: -1, count: 0x144)
    var next = 0x100
    for byte in 0..<256 {
      let prints = (0x21...0x7e).contains(byte) || (0xa1...0xff).contains(byte) && byte != 0xad
      table[prints ? byte : next] = Int16(byte)
      if !prints { next += 1 }
    }
    return table
  }()

  /// Appends the bytes that `text`, UTF-8, stands for; false where a character stands for none.
  static func decode(_ text: UnsafeRawBufferPointer, into bytes: inout [UInt8]) -> Bool {
    var index = 0
    while index < text.count {
      var scalar = Int(text[index])
      index += 1
      if scalar >= 0x80 {
        // Only two-byte sequences can be below U+0144.
        guard scalar >> 5 == 0b110, index < text.count, text[index] >> 6 == 0b10 else {
          return false
        }
        scalar = (scalar & 0x1f) << 6 | Int(text[index] & 0x3f)
        index += 1
      }
      guard scalar < byteOfScalar.count, byteOfScalar[scalar] >= 0 else { return false }
      bytes.append(UInt8(byteOfScalar[scalar]))
    }
    return true
  }
}
