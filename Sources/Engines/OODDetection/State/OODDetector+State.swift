internal import Methods
internal import Statistics

private import Digests
private import Foundation

/// The stored form of a detector, version 1: magic, version, method, parameters as JSON, the digest
/// of its data, what was found in it, the calibration, what fitting found, and a SHA-256 of all
/// before.
extension OODDetector {
  private static let magic: [UInt8] = Array("ADOODDET".utf8)
  private static let version = 1
  private static let checksumBytes = 32

  /// The bytes that `init(decoding:)` reads back.
  ///
  /// Cost: one copy of the fitted state.
  package func encoded() -> [UInt8] {
    var state = StateWriter()
    state.append(raw: Self.magic)
    state.append(Self.version)
    state.append(card.id)
    state.append(Self.json(scorer))
    state.append(raw: referenceDigest)
    state.append(encoderDigest)
    for count in [
      survey.rowCount, survey.classCount, survey.constantDimensionCount, survey.duplicateRowCount,
      survey.singleRowClassCount, survey.zeroRowCount,
    ] { state.append(count) }
    write(calibration, to: &state)
    scorer.write(to: &state)
    let digest = state.bytes.withUnsafeBytes { SHA256.hash(data: $0) }
    state.append(raw: digest)
    return state.bytes
  }

  /// Reads a detector, or says what is wrong with the bytes; nothing is read before the checksum
  /// matches.
  package init(decoding bytes: UnsafeRawBufferPointer) throws(StateError) {
    let magicCount = Self.magic.count
    guard bytes.count >= magicCount, bytes.prefix(magicCount).elementsEqual(Self.magic) else {
      throw .notAState
    }
    let headCount = magicCount + 8
    guard bytes.count >= headCount + Self.checksumBytes else {
      throw .truncated(
        offset: 0, needed: headCount + Self.checksumBytes, available: bytes.count)
    }
    let content = UnsafeRawBufferPointer(rebasing: bytes.dropLast(Self.checksumBytes))
    var state = StateReader(content)
    _ = try state.raw(magicCount)
    let version = try state.integer()
    guard version == Self.version else {
      throw .unsupportedVersion(found: version, supported: Self.version)
    }
    guard SHA256.hash(data: content).elementsEqual(bytes.suffix(Self.checksumBytes)) else {
      throw .checksumMismatch
    }
    let id = try state.text()
    guard let method = OODMethods.named(id) else { throw .unknownMethod(id) }
    let parameters = try state.text()
    referenceDigest = try state.raw(32)
    encoderDigest = try state.text()
    survey = ReferenceSurvey(
      rowCount: try state.count(), classCount: try state.count(),
      constantDimensionCount: try state.count(), duplicateRowCount: try state.count(),
      singleRowClassCount: try state.count(), zeroRowCount: try state.count())
    calibration = try Self.readCalibration(&state)
    scorer = try Self.read(method, json: parameters, from: &state)
    guard state.remainingCount == 0 else { throw .trailingBytes(count: state.remainingCount) }
  }

  private static func json<Scorer: OODScorer>(_ scorer: Scorer) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    do {
      return String(decoding: try encoder.encode(scorer.parameters), as: UTF8.self)
    } catch {
      preconditionFailure("the parameters \(scorer.parameters) have no JSON: \(error)")
    }
  }

  private static func read<Scorer: OODScorer>(
    _ method: Scorer.Type, json: String, from state: inout StateReader
  ) throws(StateError) -> any OODScorer {
    let parameters: Scorer.Parameters
    do {
      parameters = try JSONDecoder().decode(Scorer.Parameters.self, from: Data(json.utf8))
    } catch {
      throw .inconsistent("parameters \(json)")
    }
    if let violation = parameters.violation { throw .inconsistent("parameter \(violation.name)") }
    return try Scorer(reading: &state, parameters: parameters)
  }

  private func write(_ calibration: Calibration?, to state: inout StateWriter) {
    guard let calibration else {
      state.append(0)
      return
    }
    state.append(1)
    state.append(calibration.threshold.falseAlarmRate)
    switch calibration.threshold.guarantee {
    case .marginal: state.append(0.0)
    case .conditional(let confidence): state.append(confidence)
    }
    state.append(calibration.scores)
  }

  private static func readCalibration(
    _ state: inout StateReader
  ) throws(StateError) -> Calibration? {
    guard try state.count() != 0 else { return nil }
    let rate = try state.double()
    let confidence = try state.double()
    let scores = try state.floats()
    do throws(ConformalThreshold.Failure) {
      return try Calibration(
        scores: scores, falseAlarmRate: rate,
        guarantee: confidence == 0 ? .marginal : .conditional(confidence: confidence))
    } catch {
      throw .inconsistent("calibration")
    }
  }
}
