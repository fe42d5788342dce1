import AutodidactClient
import Dispatch
import Messages
import Scheduling
import TTRPC
import ServiceFixtures
import TestSupport
import Testing

@testable import TeacherService

@Suite(.timeLimit(.minutes(1))) struct FitHeadTests {
  private func fit(
    _ teacher: TeacherClient, _ header: FitHeadHeader, _ chunks: [TrainingChunk]
  ) async throws -> FitHeadResponse {
    let call = try await teacher.fitHead()
    try await call.send(FitHeadRequest(part: .header(header)))
    for chunk in chunks { try await call.send(FitHeadRequest(part: .chunk(chunk))) }
    try await call.finish()
    return try await call.response()
  }

  @Test func `a head is fitted, calibrated and starts another fit`() async throws {
    let folder = try TemporaryFolder()
    try await withTeacher(state: folder) { teacher in
      var sample = Sample()
      let (features, labels) = sample.rows(60)
      let chunk = TrainingChunk(features: features, labels: labels)
      let cold = try await fit(teacher, FitHeadHeader(classes: Sample.classes), [chunk])
      #expect(cold.converged)
      #expect(cold.loss > 0)
      #expect(cold.calibration?.rowCount == 60)
      #expect(cold.head?.temperature == cold.calibration?.temperature)
      let warm = try await fit(
        teacher, FitHeadHeader(classes: Sample.classes, warmStart: cold.head), [chunk])
      #expect(warm.iterationCount < cold.iterationCount)
      #expect(abs(warm.loss / cold.loss - 1) < 1e-5)
    }
  }

  @Test func `soft targets of one and zero give the head of the labels`() async throws {
    let folder = try TemporaryFolder()
    try await withTeacher(state: folder) { teacher in
      var sample = Sample()
      let (features, labels) = sample.rows(30)
      let hard = try await fit(
        teacher, FitHeadHeader(classes: Sample.classes),
        [TrainingChunk(features: features, labels: labels)])
      let targets: [Float] = labels.flatMap { own in (0..<3).map { $0 == own ? 1 : 0 } }
      let soft = try await fit(
        teacher, FitHeadHeader(classes: Sample.classes),
        [
          TrainingChunk(
            features: features, targets: Tensor(rowCount: 30, columnCount: 3, floats: targets))
        ])
      #expect(abs(soft.loss / hard.loss - 1) < 1e-5)
      #expect(soft.calibration == nil)
      #expect(soft.head?.temperature == 1)
    }
  }

  @Test func `what does not fit together is refused`() async throws {
    let folder = try TemporaryFolder()
    try await withTeacher(state: folder) { teacher in
      var sample = Sample()
      let (features, labels) = sample.rows(6)
      let header = FitHeadHeader(classes: Sample.classes)
      let short = await failure {
        _ = try await fit(
          teacher, header, [TrainingChunk(features: features, labels: Array(labels.dropLast()))])
      }
      #expect(short?.message == "5 labels for 6 rows")
      let beyond = await failure {
        _ = try await fit(
          teacher, header, [TrainingChunk(features: features, labels: [0, 1, 2, 3, 0, 1])])
      }
      #expect(beyond?.message.contains("the label 3 of labelled row 3") == true)
      let twice = await failure {
        _ = try await fit(teacher, FitHeadHeader(classes: ["a", "a"]), [])
      }
      #expect(twice?.message == "the class name `a` appears twice")
      let none = await failure { _ = try await fit(teacher, header, []) }
      #expect(none?.message == "there is no labelled row")
      let unlabelled = await failure {
        _ = try await teacher.predict(PredictRequest(features: features))
      }
      #expect(unlabelled?.code == .invalidArgument)
    }
  }

  @Test func `a head with another digest than it says is refused`() async throws {
    let folder = try TemporaryFolder()
    try await withTeacher(state: folder) { teacher in
      var sample = Sample()
      let (features, labels) = sample.rows(30)
      var head = try #require(
        try await fit(
          teacher, FitHeadHeader(classes: Sample.classes),
          [TrainingChunk(features: features, labels: labels)]
        ).head)
      head.temperature *= 2
      let tampered = head
      let error = await failure {
        _ = try await teacher.predict(
          PredictRequest(head: HeadReference(reference: .head(tampered)), features: features))
      }
      #expect(error?.code == .invalidArgument)
      #expect(error?.message.contains("has the digest") == true)
    }
  }

  @Test func `predictions do not wait for fits and runs`() async throws {
    let compute = ComputeExecutor(name: "teacher", threadCount: 1)
    let gate = DispatchSemaphore(value: 0)
    let (begun, begin) = AsyncStream.makeStream(of: Void.self)
    async let long: Void = compute.run {
      begin.finish()
      gate.wait()
    }
    for await _ in begun {}
    try await withTeacher(state: try TemporaryFolder(), compute: compute) { teacher in
      let head = Head(
        classes: ["a", "b"], weights: Tensor(rowCount: 2, columnCount: 1, floats: [1, -1]),
        bias: Tensor(shape: [2], floats: [0, 0]))
      let answer = try await teacher.predict(
        PredictRequest(
          head: HeadReference(reference: .head(head)),
          features: Tensor(rowCount: 2, columnCount: 1, floats: [3, -3])))
      #expect(answer.labels == [0, 1])
    }
    gate.signal()
    try await long
  }

  @Test func `the self-check passes on this machine`() throws {
    try checkTeacherArithmetic()
  }
}
