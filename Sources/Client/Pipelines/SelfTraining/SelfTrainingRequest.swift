package import Messages

/// What a self-training run is asked to do.
package struct SelfTrainingRequest: Sendable {
  /// The file with texts and classes.
  package var labelled: String
  /// The file with texts alone.
  package var unlabelled: String
  /// The file with texts and classes that is used for measuring only.
  package var test: String?
  /// The folder for the results.
  package var output: String
  /// The names of the fields in all files.
  package var fields = SampleFields()
  /// The encoder model; empty: the encoder's default.
  package var model = ""
  /// The options of the teacher's run: strategy, quarantine, seed.
  package var options = RunOptions()
  /// The detector for `classify`; no parameters: the default.
  package var detector = OODMethod()
  /// The share of good texts that the detector may flag.
  package var falseAlarmRate = 0.05
  /// Replaces results from other inputs.
  package var overwrites = false

  /// A run on these files.
  package init(labelled: String, unlabelled: String, test: String?, output: String) {
    self.labelled = labelled
    self.unlabelled = unlabelled
    self.test = test
    self.output = output
  }
}
