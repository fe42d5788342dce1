private import CZlib

/// The CRC-32 of `bytes`, for journals whose end a kill may have torn.
func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
  UInt32(crc32_z(0, bytes.baseAddress?.assumingMemoryBound(to: Bytef.self), bytes.count))
}
