package import ModelFiles

/// Writes small GGUF files for tests.
package struct GGUFBuilder {
  /// A metadata value with its type in the file.
  package enum Value {
    case uint8(UInt8), uint32(UInt32), uint64(UInt64), int32(Int32), float32(Float)
    case boolean(Bool), string(String), strings([String]), int32s([Int32]), float32s([Float])
  }

  /// The version of the format.
  package var version: UInt32 = 3
  /// The alignment of the tensors; written as a key where it is not 32.
  package var alignment = 32
  private var keys: [(name: String, value: Value)] = []
  private var tensors: [(name: String, type: GGUFTensorType, shape: [Int], bytes: [UInt8])] = []

  /// Starts an empty file.
  package init() {}

  /// Adds a metadata value.
  package mutating func set(_ key: String, _ value: Value) { keys.append((key, value)) }

  /// Takes a metadata value out again.
  package mutating func removeKey(_ key: String) { keys.removeAll { $0.name == key } }

  /// Takes a tensor out again.
  package mutating func removeTensor(_ name: String) { tensors.removeAll { $0.name == name } }

  /// Adds a tensor; `shape` is outermost first.
  package mutating func add(
    tensor name: String, _ type: GGUFTensorType, shape: [Int], bytes: [UInt8]
  ) {
    tensors.append((name, type, shape, bytes))
  }

  /// Adds a float32 tensor.
  package mutating func add(tensor name: String, shape: [Int], _ elements: [Float]) {
    add(tensor: name, .f32, shape: shape, bytes: elements.flatMap { little($0.bitPattern) })
  }

  /// The file.
  package func bytes() -> [UInt8] {
    let keys = keys + (alignment == 32 ? [] : [("general.alignment", .uint32(UInt32(alignment)))])
    var file = Array("GGUF".utf8) + little(version)
    file += little(UInt64(tensors.count)) + little(UInt64(keys.count))
    for (name, value) in keys { file += text(name) + encoded(value) }
    var data: [UInt8] = []
    for tensor in tensors {
      data += [UInt8](repeating: 0, count: -data.count & (alignment - 1))
      file += text(tensor.name) + little(UInt32(tensor.shape.count))
      file += tensor.shape.reversed().flatMap { little(UInt64($0)) }
      file += little(tensor.type.number) + little(UInt64(data.count))
      data += tensor.bytes
    }
    return file + [UInt8](repeating: 0, count: -file.count & (alignment - 1)) + data
  }

  private func encoded(_ value: Value) -> [UInt8] {
    switch value {
    case .uint8(let number): little(UInt32(0)) + [number]
    case .uint32(let number): little(UInt32(4)) + little(number)
    case .int32(let number): little(UInt32(5)) + little(number)
    case .float32(let number): little(UInt32(6)) + little(number.bitPattern)
    case .boolean(let flag): little(UInt32(7)) + [flag ? 1 : 0]
    case .string(let string): little(UInt32(8)) + text(string)
    case .uint64(let number): little(UInt32(10)) + little(number)
    case .strings(let strings): array(of: 8, strings.count) + strings.flatMap(text)
    case .int32s(let numbers): array(of: 5, numbers.count) + numbers.flatMap { little($0) }
    case .float32s(let numbers):
      array(of: 6, numbers.count) + numbers.flatMap { little($0.bitPattern) }
    }
  }

  private func array(of type: UInt32, _ count: Int) -> [UInt8] {
    little(UInt32(9)) + little(type) + little(UInt64(count))
  }

  private func text(_ string: String) -> [UInt8] {
    little(UInt64(string.utf8.count)) + Array(string.utf8)
  }

  private func little(_ number: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: number.littleEndian) { Array($0) }
  }
}
