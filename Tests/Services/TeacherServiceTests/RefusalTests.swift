import AutodidactClient
import Messages
import TTRPC
import ServiceFixtures
import TestSupport
import Testing

@testable import TeacherService

@Suite(.timeLimit(.minutes(1))) struct RefusalTests {
  /// What creating a run says that `change` spoils.
  private func refusal(_ change: (inout RunRequests) -> Void) async throws -> CallError? {
    let folder = try TemporaryFolder()
    var requests = RunRequests("one")
    change(&requests)
    nonisolated(unsafe) var refusal: CallError?
    let sent = requests
    try await withTeacher(state: folder) { teacher in
      refusal = await failure { try await teacher.create(sent) }
      let runs = try await teacher.listRuns(ListRunsRequest()).runs
      #expect(runs.isEmpty)
    }
    return refusal
  }

  @Test func `labels of one class only are refused by the class's name`() async throws {
    let error = try await refusal { $0.chunks[0].labels = [UInt32](repeating: 1, count: 12) }
    #expect(error?.code == .invalidArgument)
    #expect(error?.message.contains("all labels are of the class `green`") == true)
  }

  @Test func `a class without a label is named`() async throws {
    let error = try await refusal { requests in
      requests.chunks[0].labels = (0..<12).map { UInt32($0 % 2) }
    }
    #expect(error?.message == "no labelled row is of the class `blue`")
  }

  @Test func `no labels are refused`() async throws {
    let error = try await refusal { $0.chunks.removeFirst() }
    #expect(error?.code == .invalidArgument)
    #expect(error?.message == "there is no labelled row")
  }

  @Test func `no unlabelled rows are refused`() async throws {
    let error = try await refusal { $0.chunks.remove(at: 1) }
    #expect(error?.message == "there is no unlabelled row to learn from")
  }

  @Test func `a feature that is not a number is named by row and column`() async throws {
    let error = try await refusal { requests in
      var elements = [Float](repeating: 0.5, count: 60 * 6)
      elements[17 * 6 + 3] = .nan
      requests.chunks[1].features = Tensor(rowCount: 60, columnCount: 6, floats: elements)
    }
    #expect(error?.code == .invalidArgument)
    #expect(
      error?.message == "the feature at row 17, column 3 of the unlabelled rows is NaN or infinite")
  }

  @Test func `rows are counted over the chunks of a role`() async throws {
    let error = try await refusal { requests in
      var chunk = requests.chunks[1]
      chunk.ids = chunk.ids.map { "again-\($0)" }
      var elements = [Float](repeating: 0.5, count: 60 * 6)
      elements[2 * 6] = .infinity
      chunk.features = Tensor(rowCount: 60, columnCount: 6, floats: elements)
      requests.chunks.append(chunk)
    }
    #expect(error?.message.hasPrefix("the feature at row 62, column 0") == true)
  }

  @Test func `an id that appears twice is named`() async throws {
    let error = try await refusal { $0.chunks[1].ids[5] = "unlabelled-4" }
    #expect(
      error?.message == "the id `unlabelled-4` appears twice among the unlabelled rows")
  }

  @Test(arguments: ["", "a b", "../x", String(repeating: "x", count: 129)])
  func `a name with other characters or too many is refused`(name: String) async throws {
    let error = try await refusal { $0.header.runID = name }
    #expect(error?.code == .invalidArgument)
    #expect(error?.message.contains("1 to 128 letters") == true)
  }

  @Test func `a parameter out of its range is named with the range`() async throws {
    let error = try await refusal { requests in
      requests.header.options = RunOptions(
        strategy: Strategy(
          parameters: .balancedQuotas(BalancedQuotasParameters(roundCount: 65))))
    }
    #expect(error?.message == "round_count is 65, not in 1...64")
  }

  @Test func `an id or a class name that is too long is refused`() async throws {
    let long = String(repeating: "é", count: 129)
    let id = try await refusal { $0.chunks[1].ids[5] = long }
    #expect(id?.code == .resourceExhausted)
    #expect(id?.message == "258 bytes of an id are more than the limit of 256")
    let name = try await refusal { $0.header.classes[1] = long }
    #expect(name?.message == "258 bytes of a class name are more than the limit of 256")
  }

  @Test func `the same name with other data is a failed precondition`() async throws {
    let folder = try TemporaryFolder()
    try await withTeacher(state: folder) { teacher in
      try await teacher.create(RunRequests("one"))
      let error = await failure { try await teacher.create(RunRequests("one", seed: 2)) }
      #expect(error?.code == .failedPrecondition)
      #expect(error?.message.contains("exists with other data or options") == true)
    }
  }

  @Test func `the same rows in other chunks are the same run`() async throws {
    let folder = try TemporaryFolder()
    try await withTeacher(state: folder) { teacher in
      let requests = RunRequests("one")
      try await teacher.create(requests)
      var cut = requests
      let pool = requests.chunks[1]
      let elements = try pool.features?.floats() ?? []
      cut.chunks.remove(at: 1)
      for range in [0..<7, 7..<60] {
        cut.chunks.append(
          RunChunk(
            role: .unlabelled, ids: Array(pool.ids[range]),
            features: Tensor(
              rowCount: range.count, columnCount: 6,
              floats: Array(elements[range.lowerBound * 6..<range.upperBound * 6]))))
      }
      #expect(try await teacher.create(cut).existed)
    }
  }

  @Test func `runs, rounds and samples that are not there are not found`() async throws {
    let folder = try TemporaryFolder()
    try await withTeacher(state: folder) { teacher in
      let unknown = await failure { _ = try await teacher.events(of: "none") }
      #expect(unknown?.code == .notFound)
      #expect(unknown?.message == "there is no run `none`")
      try await teacher.create(RunRequests("one"))
      let early = await failure { _ = try await teacher.getHead(GetHeadRequest(runID: "one")) }
      #expect(early?.code == .failedPrecondition)
      _ = try await teacher.events(of: "one")
      let round = await failure { _ = try await teacher.rows(of: "one", round: 5) }
      #expect(round?.code == .notFound)
      #expect(round?.message == "the run `one` has no round 5; 5 are done, from 0 on")
      let sample = await failure {
        _ = try await teacher.explain(ExplainRequest(runID: "one", sampleID: "x"))
      }
      #expect(sample?.code == .notFound)
    }
  }

  @Test func `a run beyond the row limit is refused with both numbers`() async throws {
    let folder = try TemporaryFolder()
    var configuration = TeacherConfiguration()
    configuration.rowCountMax = 70
    try await withTeacher(state: folder, configuration: configuration) { teacher in
      let error = await failure { try await teacher.create(RunRequests("one")) }
      #expect(error?.code == .resourceExhausted)
      #expect(error?.message == "72 rows are more than the limit of 70")
    }
  }
}
