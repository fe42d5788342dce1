/// Everything that `report.html` shows.
package struct ReportContent: Sendable {
  /// A text that stands for many.
  package struct Example: Sendable, Equatable {
    /// The sample's id.
    package var id: String
    /// The text.
    package var text: String
    /// The predicted class.
    package var label: String
    /// Its calibrated probability.
    package var confidence: Double
    /// Higher is more foreign.
    package var oodScore: Double
    /// Why, in words.
    package var reason: String

    /// Creates an example.
    package init(
      id: String, text: String, label: String, confidence: Double, oodScore: Double,
      reason: String = ""
    ) {
      self.id = id
      self.text = text
      self.label = label
      self.confidence = confidence
      self.oodScore = oodScore
      self.reason = reason
    }
  }

  /// The numbers.
  package var result: SelfTrainingResult
  /// Pseudo-labelled texts.
  package var pseudoLabelled: [Example]
  /// Quarantined texts.
  package var quarantined: [Example]
  /// The folder of the model as a person would write it in a command.
  package var folder: String

  /// Creates the content of a report.
  package init(
    result: SelfTrainingResult, pseudoLabelled: [Example], quarantined: [Example], folder: String
  ) {
    self.result = result
    self.pseudoLabelled = pseudoLabelled
    self.quarantined = quarantined
    self.folder = folder
  }
}
