import Digests
import Statistics
import TestSupport
import Tensors
import Testing

@testable import OODDetection

@Suite struct OODDetectorStateTests {
  static func decode(_ bytes: [UInt8]) throws -> OODDetector {
    try bytes.withUnsafeBytes { try OODDetector(decoding: $0) }
  }

  /// The bytes with a checksum that fits them.
  static func sealed(_ bytes: [UInt8]) -> [UInt8] {
    let content = Array(bytes.dropLast(32))
    return content + content.withUnsafeBytes { SHA256.hash(data: $0) }
  }

  @Test func `every method comes back with the same scores`() throws {
    let fixture = try Fixture.load()
    let queries = fixture.matrix(fixture.queries)
    for detector in try detectors() {
      let scores = try detector.scores(queries)
      let calibrated = try detector.calibrated(
        onScores: try detector.scores(fixture.matrix(fixture.heldOut)), falseAlarmRate: 0.1)
      for original in [detector, calibrated] {
        let bytes = original.encoded()
        let copy = try Self.decode(bytes)
        #expect(try copy.scores(queries) == scores)
        #expect(copy.card == original.card)
        #expect(copy.survey == original.survey)
        #expect(copy.referenceDigest == original.referenceDigest)
        #expect(copy.encoderDigest == "ab12")
        #expect(copy.calibration == original.calibration)
        #expect(copy.encoded() == bytes)
      }
    }
  }

  @Test func `every cut is refused`() throws {
    for detector in try detectors() {
      let bytes = detector.encoded()
      for count in 0..<bytes.count {
        #expect(throws: StateError.self) { try Self.decode(Array(bytes.prefix(count))) }
      }
    }
  }

  @Test func `every flipped bit is refused`() throws {
    let bytes = try detectors()[2].encoded()
    for index in bytes.indices {
      var damaged = bytes
      damaged[index] ^= 1 << UInt8(index % 8)
      #expect(throws: StateError.self) { try Self.decode(damaged) }
    }
  }

  @Test(arguments: 0..<400 as Range<UInt64>)
  func `hostile bytes under a good checksum never crash`(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let all = try detectors()
    var bytes = all[Int(seed) % all.count].encoded()
    for _ in 0..<Int.random(in: 1...4, using: &random) {
      let index = Int.random(in: 8..<bytes.count - 32, using: &random)
      bytes[index] =
        [0, 0x7f, 0x80, 0xff, UInt8.random(in: 0...255, using: &random)]
        .randomElement(using: &random) ?? 0
    }
    do {
      let detector = try Self.decode(Self.sealed(bytes))
      let features = Matrix<Float>(rowCount: 2, columnCount: detector.dimensionCount) { _ in }
      _ = try detector.scores(features)
    } catch is StateError {
    }
  }

  @Test func `each kind of wrong bytes has its error`() throws {
    let bytes = try detectors()[2].encoded()
    #expect(throws: StateError.notAState) { try Self.decode([]) }
    #expect(throws: StateError.notAState) { try Self.decode(Array("GGUF and other things".utf8)) }
    #expect(throws: StateError.checksumMismatch) { try Self.decode(bytes + [0]) }
    var newer = bytes
    newer[8] = 2
    #expect(throws: StateError.unsupportedVersion(found: 2, supported: 1)) {
      try Self.decode(newer)
    }
    var other = bytes
    other[24] = UInt8(ascii: "x")
    #expect(throws: StateError.unknownMethod("xnn")) { try Self.decode(Self.sealed(other)) }
    let longer = Array(bytes.dropLast(32)) + [0, 0] + [UInt8](repeating: 0, count: 32)
    #expect(throws: StateError.trailingBytes(count: 2)) { try Self.decode(Self.sealed(longer)) }
  }
}
