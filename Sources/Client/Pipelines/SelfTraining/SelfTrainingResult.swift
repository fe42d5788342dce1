/// What a self-training run found: the content of `metrics.json`, and what the report shows.
///
/// Nothing here depends on the clock, so that an interrupted run gives the same bytes when it is
/// gone on with.
package struct SelfTrainingResult: Codable, Sendable, Equatable {
  /// Where the compared numbers come from.
  package enum Basis: String, Codable, Sendable {
    /// Rows that no training saw.
    case test
    /// The labelled rows themselves, each predicted by heads that did not see it.
    case crossValidation = "cross_validation"
  }

  /// How good predictions are.
  ///
  /// What was not measured is absent.
  package struct Scores: Codable, Sendable, Equatable {
    /// The share of right predictions.
    package var accuracy: Double
    /// The standard error of `accuracy`.
    package var standardError: Double
    /// The mean of the classes' F1.
    package var macroF1: Double?
    /// The expected calibration error over 15 equal bins.
    package var ece: Double?
    /// The mean negative log-likelihood in nats.
    package var nll: Double?
    /// The Brier score, summed over classes.
    package var brier: Double?

    /// Creates scores.
    package init(
      accuracy: Double, standardError: Double, macroF1: Double? = nil, ece: Double? = nil,
      nll: Double? = nil, brier: Double? = nil
    ) {
      self.accuracy = accuracy
      self.standardError = standardError
      self.macroF1 = macroF1
      self.ece = ece
      self.nll = nll
      self.brier = brier
    }
  }

  /// The labels alone against the self-trained classifier.
  package struct Comparison: Codable, Sendable, Equatable {
    /// Where the numbers come from.
    package var basis: Basis
    /// The rows that they stand on.
    package var rowCount: Int
    /// The classifier from the labels alone.
    package var baseline: Scores
    /// The classifier that was chosen.
    package var selfTrained: Scores
    /// Test rows that only the chosen classifier has right.
    package var gainedCount: Int?
    /// Test rows that only the labels alone have right.
    package var lostCount: Int?
    /// The verdict in one sentence.
    package var verdict: String
  }

  /// One round of self-training; round 0 is the labels alone.
  package struct Round: Codable, Sendable, Equatable {
    /// The number of the round.
    package var round: Int
    /// The pseudo-labels that it was trained on.
    package var pseudoLabelCount: Int
    /// Their mean calibrated confidence.
    package var meanConfidence: Double
    /// Cross-validated on the true labels.
    package var validation: Scores
    /// On the test rows.
    package var test: Scores?
    /// The guard found it worse than an earlier round.
    package var rejectedByGuard: Bool
    /// Classes that vanished or grew more than three times.
    package var collapseAlarms: [String]
  }

  /// A bin of a reliability diagram.
  package struct ReliabilityBin: Codable, Sendable, Equatable {
    /// The mean confidence of its rows.
    package var meanConfidence: Double
    /// The share of them that are right.
    package var accuracy: Double
    /// Its rows.
    package var count: Int

    /// Creates a bin.
    package init(meanConfidence: Double, accuracy: Double, count: Int) {
      self.meanConfidence = meanConfidence
      self.accuracy = accuracy
      self.count = count
    }
  }

  /// Counts in equal bins.
  package typealias Histogram = ValueHistogram

  /// Precision, recall and F1 of one class.
  package struct ClassScores: Codable, Sendable, Equatable {
    /// Right among those predicted as the class.
    package var precision: Double
    /// Found among those of the class.
    package var recall: Double
    /// Their harmonic mean.
    package var f1: Double

    /// Creates scores.
    package init(precision: Double, recall: Double, f1: Double) {
      self.precision = precision
      self.recall = recall
      self.f1 = f1
    }
  }

  /// What is known of one class.
  package struct ClassResult: Codable, Sendable, Equatable {
    /// The class.
    package var name: String
    /// Its true labels.
    package var labelledCount: Int
    /// Its pseudo-labels in the chosen round.
    package var pseudoLabelCount: Int
    /// The share of the pool that is predicted as it.
    package var predictedShare: Double
    /// Its test rows.
    package var testCount: Int?
    /// With the labels alone, on the test rows.
    package var baseline: ClassScores?
    /// With the chosen classifier, on the test rows.
    package var selfTrained: ClassScores?
  }

  /// Test rows of one class that the chosen classifier takes for another.
  package struct Confusion: Codable, Sendable, Equatable {
    /// The true class.
    package var trueClass: String
    /// What was predicted.
    package var predictedClass: String
    /// How many rows.
    package var count: Int
    /// Their share of the true class.
    package var share: Double
  }

  /// What the quarantine of foreign samples did.
  package struct Quarantine: Codable, Sendable, Equatable {
    /// It was applied.
    package var isActive: Bool
    /// The estimated share of foreign samples in the pool.
    package var estimatedShare: Double
    /// The samples set aside.
    package var count: Int
    /// A score above it is foreign.
    package var threshold: Double
    /// Why, in words.
    package var reason: String
    /// The scores of the pool.
    package var poolScores: Histogram
    /// The scores of the labelled rows.
    package var labelledScores: Histogram
  }

  /// How well probabilities mean what they say, on out-of-fold predictions of the labelled rows.
  package struct Calibration: Codable, Sendable, Equatable {
    /// The temperature.
    package var temperature: Double
    /// The expected calibration error at temperature 1.
    package var eceBefore: Double
    /// The expected calibration error at the temperature.
    package var eceAfter: Double
    /// The rows.
    package var rowCount: Int
  }

  /// What went in.
  package struct Counts: Codable, Sendable, Equatable {
    /// The labelled texts.
    package var labelled: Int
    /// The texts of the pool.
    package var unlabelled: Int
    /// The test texts.
    package var test: Int
    /// Lines of the pool that were passed over because their text is empty.
    package var emptySkipped: Int
    /// Texts that are cut to what the model or a message can take.
    package var truncated: Int
    /// Texts that stand in a file more than once and were encoded once.
    package var duplicates: Int
    /// Test texts that are in the labelled file too.
    package var testInLabelled: Int
  }

  /// The detector for `classify`.
  package struct Detector: Codable, Sendable, Equatable {
    /// The wire id of its method.
    package var method: String
    /// SHA-256 of its state.
    package var digest: String
    /// A score above it is out of distribution.
    package var threshold: Double
    /// The share of good texts that are flagged.
    package var falseAlarmRate: Double
    /// The held-out rows behind the threshold.
    package var calibrationRowCount: Int
    /// Whether the threshold is calibrated.
    package var isCalibrated: Bool
  }

  /// What was used, to the digit.
  package struct Identity: Codable, Sendable, Equatable {
    /// The encoder model.
    package var encoder: String
    /// SHA-256 of its weights.
    package var encoderDigest: String
    /// SHA-256 of the head.
    package var headDigest: String
    /// The run in the teacher.
    package var run: String
    /// SHA-256 over the run's data and options.
    package var dataDigest: String
    /// SHA-256 over the input files and options of this job.
    package var inputDigest: String
  }

  /// Marks the file's format.
  package var format = "autodidact-metrics"
  /// The version of the format.
  package var formatVersion = 1
  /// The result in short.
  package var comparison: Comparison
  /// What went in.
  package var counts: Counts
  /// The strategy's wire id.
  package var strategy: String
  /// Seeds every draw.
  package var seed: UInt64
  /// All rounds.
  package var rounds: [Round]
  /// The round whose classifier was chosen.
  package var chosenRound: Int
  /// Why, in words.
  package var choiceReason: String
  /// The reliability of the labels alone on the test rows.
  package var baselineReliability: [ReliabilityBin]
  /// The reliability of the chosen classifier on the test rows.
  package var chosenReliability: [ReliabilityBin]
  /// Calibration on the labelled rows, where there were enough.
  package var calibration: Calibration?
  /// Class by class.
  package var classes: [ClassResult]
  /// The most frequent mistakes.
  package var confusions: [Confusion]
  /// The confidence of the pseudo-labelled texts.
  package var selectedConfidence: Histogram
  /// The confidence of the rest of the pool.
  package var otherConfidence: Histogram
  /// The quarantine.
  package var quarantine: Quarantine
  /// The detector.
  package var detector: Detector?
  /// Things worth knowing.
  package var remarks: [String]
  /// Names and digests.
  package var identity: Identity
}
