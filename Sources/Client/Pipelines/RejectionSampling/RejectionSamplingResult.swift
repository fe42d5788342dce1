/// What a rejection-sampling run found: the content of `metrics.json`, and what the report shows.
///
/// Nothing here depends on the clock; what does is `SamplingSpeed`.
package struct RejectionSamplingResult: Codable, Sendable, Equatable {
  /// A figure with its 95 % interval, over questions drawn with replacement.
  package struct Estimate: Codable, Sendable, Equatable {
    /// The figure.
    package var value: Double
    /// The lower end of the interval.
    package var lower: Double
    /// The upper end of the interval.
    package var upper: Double
  }

  /// What went in and what came of it.
  package struct Counts: Codable, Sendable, Equatable {
    /// All questions that were asked.
    package var questions: Int
    /// Those that calibrate.
    package var calibration: Int
    /// Those whose gold answer only measures.
    package var measured: Int
    /// Those without a gold answer.
    package var unlabelled: Int
    /// Questions that stand in the files a second time and were asked once.
    package var repeated: Int
    /// Questions that the model could not be asked.
    package var failed: Int
    /// All answers.
    package var answers: Int
    /// Answers that did not come to their own end.
    package var cutOff: Int
    /// Answers in which nothing can be read.
    package var unreadable: Int
    /// Questions of the pool whose best answer is kept.
    package var kept: Int
    /// Rows of the preference file.
    package var pairs: Int
  }

  /// The promise, or why there is none.
  package struct Promise: Codable, Sendable, Equatable {
    /// There is one.
    package var isCertified: Bool
    /// In words.
    package var reason: String
    /// An estimate of the further questions with gold answers that a promise takes; 0: not known.
    package var moreLabelsNeeded: Int
    /// The share of wrong answers among the kept ones that is allowed.
    package var alpha: Double
    /// The probability that the promise fails.
    package var delta: Double
    /// Scores of at least this are kept.
    package var threshold: Double?
    /// The share of the calibration questions at or above the threshold.
    package var coverage: Double?
    /// The share of wrong answers among them.
    package var risk: Double?
    /// Of the hypothesis that the risk is above alpha.
    package var pValue: Double?
    /// The calibration questions with a score.
    package var itemCount: Int
  }

  /// How many answers are right, on questions whose gold answers nothing else used.
  package struct Precision: Codable, Sendable, Equatable {
    /// The questions.
    package var questionCount: Int
    /// Of all answers.
    package var sampled: Estimate
    /// Of the best answer of each question, without abstention.
    package var selected: Estimate
    /// Of the kept answers; none where none was kept.
    package var kept: Estimate?
    /// The kept answers' share minus that of all answers.
    package var gain: Estimate?
    /// The kept answers.
    package var keptCount: Int
    /// Those of them that are right.
    package var keptRightCount: Int
  }

  /// One kind of questions.
  package struct Task: Codable, Sendable, Equatable {
    /// Its name; empty: without one.
    package var name: String
    /// Its questions in the pool.
    package var questionCount: Int
    /// Those whose answer was kept.
    package var keptCount: Int
    /// Right among all answers, where gold answers are known.
    package var sampledShare: Double?
    /// Right among the best answers.
    package var selectedShare: Double?
    /// Right among the kept answers.
    package var keptShare: Double?
  }

  /// What one score says about right and wrong; what is not defined is absent.
  package struct Figures: Codable, Sendable, Equatable {
    /// The area under the risk–coverage curve of the best answers.
    package var aurc: Estimate?
    /// That a right best answer scores above a wrong one.
    package var auroc: Estimate?
    /// The share of pairs of answers to one question that are ordered as right and wrong.
    package var pairAccuracy: Estimate?
  }

  /// A point of the risk–coverage curve.
  package struct CurvePoint: Codable, Sendable, Equatable {
    /// The share answered.
    package var coverage: Double
    /// The share of wrong answers among them.
    package var risk: Double
    /// The lower end of the risk's 95 % interval.
    package var lower: Double
    /// The upper end.
    package var upper: Double
    /// Scores of at least this are answered.
    package var threshold: Double
  }

  /// How well the judge tells right from wrong, beside the length of the answer.
  package struct JudgeQuality: Codable, Sendable, Equatable {
    /// The judge.
    package var judge: Figures
    /// The length alone.
    package var length: Figures
    /// The correlation of score and length; nothing where one of them is the same for all.
    package var lengthCorrelation: Double?
    /// The best possible area.
    package var aurcOracle: Double
    /// The share of wrong best answers without abstention.
    package var baseRisk: Double
    /// The numbers stand on the calibration questions, because no others have gold answers.
    package var isOnCalibration: Bool
    /// The risk–coverage curve.
    package var curve: [CurvePoint]
  }

  /// The vote shares of the best answers in the pool.
  package struct VoteShares: Codable, Sendable, Equatable {
    /// Of right answers.
    package var right: ValueHistogram
    /// Of wrong answers.
    package var wrong: ValueHistogram
    /// Of answers that nothing compares with.
    package var unknown: ValueHistogram
  }

  /// What was used, to the digit.
  package struct Identity: Codable, Sendable, Equatable {
    /// The language model.
    package var model: String
    /// SHA-256 of its file.
    package var modelDigest: String
    /// The judge's name and version.
    package var judge: String
    /// SHA-256 of the judge.
    package var judgeDigest: String
    /// The run of the judge's scores.
    package var run: String
    /// SHA-256 over all answers.
    package var answersDigest: String
    /// SHA-256 over the questions and options of this job.
    package var inputDigest: String
  }

  /// What was asked for.
  package struct Settings: Codable, Sendable, Equatable {
    /// The judge's wire id.
    package var judge: String
    /// Samples a question.
    package var sampleCount: Int
    /// The temperature.
    package var temperature: Double
    /// The most tokens of an answer.
    package var tokensMax: Int
    /// Seeds every draw.
    package var seed: UInt64
  }

  /// Marks the file's format.
  package var format = "autodidact-rejection-sampling"
  /// The version of the format.
  package var formatVersion = 1
  /// The result in one sentence.
  package var verdict: String
  /// What went in and came out.
  package var counts: Counts
  /// The promise.
  package var promise: Promise
  /// How many answers are right, where gold answers are left to measure with.
  package var precision: Precision?
  /// Kind by kind.
  package var tasks: [Task]
  /// The judge beside the length.
  package var quality: JudgeQuality?
  /// The vote shares.
  package var voteShares: VoteShares
  /// What was asked for.
  package var settings: Settings
  /// Things worth knowing.
  package var remarks: [String]
  /// Names and digests.
  package var identity: Identity
}
