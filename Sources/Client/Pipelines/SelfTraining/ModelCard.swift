/// What `model.json` says: all that `classify` needs to know about a self-trained model.
package struct ModelCard: Codable, Sendable, Equatable {
  /// The name of the file.
  package static let fileName = "model.json"
  /// The format that this code writes and reads.
  package static let formatName = "autodidact-classifier"

  /// A file beside the card.
  package struct FileReference: Codable, Sendable, Equatable {
    /// Its name.
    package var name: String
    /// Its SHA-256 in hexadecimal.
    package var sha256: String
  }

  /// The encoder model that made the features.
  package struct EncoderReference: Codable, Sendable, Equatable {
    /// Its name in the encoder.
    package var model: String
    /// SHA-256 of its weights.
    package var digest: String
    /// The dimensions of its features.
    package var dimensions: Int
  }

  /// The linear classifier.
  package struct HeadReference: Codable, Sendable, Equatable {
    /// Its weights and bias.
    package var file: FileReference
    /// The teacher's digest of it.
    package var digest: String
    /// The calibration temperature.
    package var temperature: Double
  }

  /// The out-of-distribution detector.
  package struct DetectorReference: Codable, Sendable, Equatable {
    /// Its exported state.
    package var file: FileReference
    /// Its name in the OOD service.
    package var name: String
    /// The service's digest of it.
    package var digest: String
    /// The wire id of its method.
    package var method: String
    /// A score above it is out of distribution.
    package var threshold: Double
    /// The share of good texts that it may flag.
    package var falseAlarmRate: Double
  }

  /// Where the model comes from.
  package struct Training: Codable, Sendable, Equatable {
    /// The run in the teacher.
    package var run: String
    /// The strategy's wire id.
    package var strategy: String
    /// The round whose head was chosen.
    package var chosenRound: Int
    /// SHA-256 over the input files and options.
    package var inputDigest: String
    /// SHA-256 over the run's data and options.
    package var dataDigest: String
  }

  /// Marks the file's format.
  package var format = Self.formatName
  /// The version of the format.
  package var formatVersion = 1
  /// The classes, in the order of the head's rows.
  package var classes: [String]
  /// The names of the fields in the training files.
  package var fields: SampleFields
  /// The encoder.
  package var encoder: EncoderReference
  /// The head.
  package var head: HeadReference
  /// The detector.
  package var detector: DetectorReference?
  /// The training.
  package var training: Training
}
