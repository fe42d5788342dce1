internal import Messages

/// A run as its row in the database says.
struct StoredRun: Sendable {
  let header: RunHeader
  let upload: Int
  let digest: String
  let labelledCount: Int
  let unlabelledCount: Int
  let testCount: Int
  let dimensions: Int
  let createdUnixNanoseconds: Int64
  let state: RunState
  let failure: String
  /// The engine's state after the last step; nil before the first.
  let checkpoint: [UInt8]?
  /// The quarantine's message, once decided.
  let quarantine: Messages.Quarantine?
  /// What a finished run came to.
  let outcome: RunOutcome?
}

/// What a finished run came to: a part of its message, stored as such.
struct RunOutcome: Sendable {
  let chosenRound: Int
  let choiceReason: String
  let calibration: Calibration?
  let remarks: [String]
}

extension RunOutcome {
  /// The outcome as the fields of a run's message.
  var message: Run {
    Run(
      chosenRound: UInt32(chosenRound), choiceReason: choiceReason, calibration: calibration,
      remarks: remarks)
  }

  /// The outcome in a run's message.
  init(_ message: Run) {
    self.init(
      chosenRound: Int(message.chosenRound), choiceReason: message.choiceReason,
      calibration: message.calibration, remarks: message.remarks)
  }
}
