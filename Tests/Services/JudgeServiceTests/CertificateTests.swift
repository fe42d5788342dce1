import AutodidactClient
import Messages
import TTRPC
import ServiceFixtures
import TestSupport
import Testing

@Suite struct CertificateTests {
  private let policy = Policy(
    modelDigest: "m1", sampling: SamplingOptions(temperature: 0.8, topP: 0.9, seed: 1))

  private func header(alpha: Double) -> CertifyHeader {
    CertifyHeader(judge: "l", alpha: alpha, policy: policy)
  }

  @Test func `accepted answers keep the risk, and the certificate is void for other policies`()
    async throws
  {
    let state = try TemporaryFolder()
    try await withJudge(state: state) { judge in
      try await judge.fit("l", .length(LengthParameters()))
      let certificate = try await judge.certify(
        header(alpha: 0.3), on: labelledItems(2000, seed: 1))
      #expect(certificate.certified && certificate.risk < 0.3 && certificate.pValue <= 0.05)
      #expect(certificate.coverage > 0.1 && certificate.moreLabelsNeeded == 0)
      #expect(certificate.itemCount == 1800 && certificate.curve.count > 5)
      let same = try await judge.certify(header(alpha: 0.3), on: labelledItems(2000, seed: 1))
      #expect(same.certificateID == certificate.certificateID)

      let fresh = labelledItems(2000, seed: 2, prefix: "fresh")
      // The seed does not change the distribution of the answers.
      var reseeded = policy
      reseeded.sampling?.seed = 77
      let decisions = try await judge.select(
        certificate.certificateID, policy: reseeded, run: "fresh", items: fresh)
      let accepted = zip(decisions, fresh).filter { $0.0.accepted }
      let wrong = accepted.count { $0.1.label == 0 }
      #expect(accepted.count > 200)
      #expect(Double(wrong) / Double(accepted.count) < 0.33)
      #expect(decisions.allSatisfy { $0.accepted == $0.reason.isEmpty })
      #expect(
        decisions.allSatisfy { $0.cause == ($0.accepted ? .aboveThreshold : .belowThreshold) })
      let id = try #require(decisions[0].score?.scoreID)
      let told = try await judge.explainScore(ExplainScoreRequest(scoreID: id))
      #expect(told.decisions.map(\.accepted) == [decisions[0].accepted])
      #expect(told.decisions.map(\.cause) == [decisions[0].cause])

      for change in 0..<3 {
        var other = policy
        if change == 0 { other.modelDigest = "m2" }
        if change == 1 { other.sampling?.temperature = 0.9 }
        if change == 2 { other.remark = "another template" }
        let void = try await judge.select(
          certificate.certificateID, policy: other, items: Array(fresh.prefix(20)))
        #expect(void.allSatisfy { !$0.accepted && $0.cause == .voidCertificate })
        #expect(void.allSatisfy { $0.reason.hasPrefix("void certificate") })
      }
    }
    try await withJudge(state: state) { judge in
      let known = try await judge.listCertificates(ListCertificatesRequest(judge: "l"))
      #expect(known.certificates.count == 1 && known.certificates[0].curve.isEmpty)
      #expect(
        try await judge.listCertificates(ListCertificatesRequest(judge: "x")).certificates == [])
      _ = try await judge.removeJudge(RemoveJudgeRequest(name: "l"))
      let decisions = try await judge.select(
        known.certificates[0].certificateID, policy: policy,
        items: labelledItems(5, seed: 3, prefix: "late"))
      #expect(decisions.allSatisfy { $0.reason.contains("was removed") })
      #expect(decisions.allSatisfy { $0.cause == .voidCertificate })
    }
  }

  @Test func `where nothing can be promised it says what is missing and accepts nothing`()
    async throws
  {
    try await withJudge(state: try TemporaryFolder()) { judge in
      try await judge.fit("l", .length(LengthParameters()))
      let few = try await judge.certify(header(alpha: 0.1), on: labelledItems(30, seed: 1))
      #expect(!few.certified && few.reason.hasPrefix("the calibration set is too small"))
      #expect(few.moreLabelsNeeded > 0)
      let decisions = try await judge.select(
        few.certificateID, policy: policy, items: labelledItems(5, seed: 9, prefix: "x"))
      #expect(decisions.allSatisfy { !$0.accepted })
      #expect(decisions[0].reason.hasPrefix("nothing is certified"))
      #expect(decisions.allSatisfy { $0.cause == .nothingCertified })

      let same = (0..<200).map { index in
        JudgedItem(
          itemID: "\(index)", promptID: "\(index)", response: "one word",
          label: index % 2 == 0 ? 1 : 0)
      }
      let constant = try await judge.certify(header(alpha: 0.1), on: same)
      #expect(!constant.certified && constant.reason.contains("are the same"))
      #expect(constant.moreLabelsNeeded == 0)
      let none = try await judge.certify(header(alpha: 0.1), on: [])
      #expect(!none.certified && none.moreLabelsNeeded > 0)
    }
  }

  @Test func `of each prompt one answer counts, whichever order they come in`() async throws {
    try await withJudge(state: try TemporaryFolder()) { judge in
      try await judge.fit("l", .length(LengthParameters()))
      let items = labelledItems(800, seed: 4).enumerated().map { index, item in
        var item = item
        item.promptID = "prompt \(index / 4)"
        return item
      }
      let first = try await judge.certify(header(alpha: 0.4), on: items)
      let second = try await judge.certify(header(alpha: 0.4), on: items.reversed())
      #expect(first.itemCount == 180)
      #expect(first == second)
      #expect(first.reason.contains("200 prompts with 800 scored items"))
    }
  }

  @Test func `wrong questions are refused`() async throws {
    try await withJudge(state: try TemporaryFolder()) { judge in
      try await judge.fit("l", .length(LengthParameters()))
      for alpha in [0, 1, -0.5, .nan] {
        let error = await failure { _ = try await judge.certify(header(alpha: alpha), on: []) }
        #expect(error?.code == .invalidArgument, "\(alpha)")
      }
      let unlabelled = [JudgedItem(itemID: "a", response: "x")]
      let error = await failure {
        _ = try await judge.certify(header(alpha: 0.1), on: unlabelled)
      }
      #expect(error?.code == .invalidArgument && error?.message.contains("label") == true)
      let unknown = await failure {
        _ = try await judge.select("nothing", policy: policy, items: unlabelled)
      }
      #expect(unknown?.code == .notFound)
    }
  }
}
