/// How the samples of one prompt vote for answers.
package struct MajorityVote: Sendable, Equatable {
  /// One answer with its votes.
  package struct Candidate: Sendable, Equatable {
    /// The answer.
    package let answer: ReadAnswer
    /// The samples that give it.
    package let count: Int
    /// Its first sample.
    package let firstIndex: Int
  }

  /// The answers, most votes first; equals in the order of their first sample.
  package let candidates: [Candidate]
  /// All samples.
  package let sampleCount: Int
  /// The samples that cannot be read; they vote for nothing.
  package let unreadableCount: Int

  /// Counts the answers of `samples`.
  package init(among samples: [String], reader: AnswerReader) {
    var numbers: [ReadAnswer: Int] = [:]
    var found: [(answer: ReadAnswer, count: Int, firstIndex: Int)] = []
    var unreadable = 0
    for (index, sample) in samples.enumerated() {
      guard let answer = reader.answer(in: sample) else {
        unreadable += 1
        continue
      }
      if let number = numbers[answer] {
        found[number].count += 1
      } else {
        numbers[answer] = found.count
        found.append((answer, 1, index))
      }
    }
    candidates = found.map {
      Candidate(answer: $0.answer, count: $0.count, firstIndex: $0.firstIndex)
    }
    .sorted { ($1.count, $0.firstIndex) < ($0.count, $1.firstIndex) }
    sampleCount = samples.count
    unreadableCount = unreadable
  }

  /// The answers with the most votes; several where they are equal, none where nothing was read.
  package var winners: [Candidate] {
    guard let best = candidates.first?.count else { return [] }
    return candidates.filter { $0.count == best }
  }

  /// The votes for an answer.
  package func count(of answer: ReadAnswer) -> Int {
    candidates.first { $0.answer == answer }?.count ?? 0
  }

  /// The probability that an answer wins where one of the equals is drawn.
  package func probabilityOfWinning(_ answer: ReadAnswer) -> Double {
    let winners = winners
    return winners.contains { $0.answer == answer } ? 1 / Double(winners.count) : 0
  }

  /// The probability that the majority is right: the share of the winners for which `isRight`
  /// holds, 0 where nothing was read.
  package func expectedAccuracy(_ isRight: (ReadAnswer) -> Bool) -> Double {
    let winners = winners
    guard !winners.isEmpty else { return 0 }
    return Double(winners.count { isRight($0.answer) }) / Double(winners.count)
  }
}
