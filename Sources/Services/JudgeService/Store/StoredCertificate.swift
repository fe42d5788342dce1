internal import Messages
internal import Storage

/// A certificate as its row says.
struct StoredCertificate: Sendable {
  let judgeRow: Int
  let policyDigest: String
  let certificate: Certificate
}

/// What a certificate says about one score.
struct NewDecision: Sendable {
  let scoreRow: Int
  let isAccepted: Bool
  let cause: DecisionCause
  let reason: String
}

extension JudgeStore {
  /// Stores a certificate, unless there is one of its id, and returns the stored one.
  func add(
    _ certificate: Certificate, judge: StoredJudge, policy: Policy
  ) async throws -> Certificate {
    let encoded = try certificate.encoded()
    let encodedPolicy = try policy.encoded()
    let policyDigest = try policy.settingsDigest()
    let rows = try await write { transaction throws(StorageError) in
      try transaction.execute(
        "INSERT INTO policies VALUES (?, ?) ON CONFLICT DO NOTHING",
        [.text(policyDigest), .blob(encodedPolicy)])
      try transaction.execute(
        "INSERT INTO certificates VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        [
          .text(certificate.certificateID), .integer(judge.row), .text(policyDigest),
          .blob(encoded), .integer(certificate.createdUnixNanoseconds),
        ])
      return try transaction.rows(
        "SELECT certificate FROM certificates WHERE id = ?", [.text(certificate.certificateID)])
    }
    return try stored(
      Certificate.self, rows.first?.blob(0),
      what: "the certificate `\(certificate.certificateID)`")
  }

  /// The certificate of an id.
  func certificate(_ id: String) async throws -> StoredCertificate {
    let rows = try await select(
      "SELECT judge, policy, certificate FROM certificates WHERE id = ?", [.text(id)])
    guard let row = rows.first, let judge = row.integer(0), let policy = row.text(1) else {
      throw JudgeServiceError.unknownCertificate(id)
    }
    return StoredCertificate(
      judgeRow: judge, policyDigest: policy,
      certificate: try stored(Certificate.self, row.blob(2), what: "the certificate `\(id)`"))
  }

  /// All certificates, those of one judge where a name is given, newest first, without curves.
  func certificates(ofJudge name: String) async throws -> [Certificate] {
    let rows = try await select(
      """
      SELECT certificate FROM certificates JOIN judges ON judges.id = certificates.judge
      WHERE ?1 = '' OR name = ?1 ORDER BY certificates.created DESC, certificates.id
      """, [.text(name)])
    return try rows.map { row in
      var certificate = try stored(Certificate.self, row.blob(0), what: "a certificate")
      certificate.curve = []
      return certificate
    }
  }

  /// Stores decisions; those that are there already stay.
  func add(_ decisions: [NewDecision], certificateID: String, now: Int64) async throws {
    try await write { transaction throws(StorageError) in
      for decision in decisions {
        try transaction.execute(
          "INSERT INTO decisions VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
          [
            .integer(decision.scoreRow), .text(certificateID),
            .integer(decision.isAccepted ? 1 : 0), .text(decision.reason), .integer(now),
            .integer(Int(decision.cause.rawValue)),
          ])
      }
    }
  }

  /// The decisions that stand on a score.
  func decisions(onScore row: Int, itemID: String) async throws -> [Decision] {
    let rows = try await select(
      "SELECT accepted, reason, cause FROM decisions WHERE score = ? ORDER BY created, certificate",
      [.integer(row)])
    return rows.map { row in
      Decision(
        itemID: itemID, accepted: row.integer(0) == 1, reason: row.text(1) ?? "",
        cause: DecisionCause(rawValue: Int32(row.integer(2) ?? 0)) ?? .unspecified)
    }
  }
}
