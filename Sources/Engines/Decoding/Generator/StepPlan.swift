internal import Transformers

/// The rows of the next run of the model, and whose they are.
struct StepPlan {
  /// What a run gives the owner of some rows.
  struct Part {
    /// The job.
    var job: JobID
    /// Which part of the job, in the job's own numbering.
    var lane: Int
    var rows: SequenceRows
  }

  private(set) var parts: [Part] = []
  /// How many more prompt tokens the step takes.
  private(set) var prefillTokensLeft: Int
  /// How many more rows of logits the step takes.
  private(set) var logitRowsLeft: Int
  /// Whether there are rows of samples only.
  private(set) var isDecoding = true

  init(prefillTokensMax: Int, logitRowsMax: Int) {
    prefillTokensLeft = prefillTokensMax
    logitRowsLeft = logitRowsMax
  }

  /// Adds rows of a prompt or a continuation, which count against the bound of the step.
  mutating func addPrefill(_ rows: SequenceRows, job: JobID, lane: Int) {
    prefillTokensLeft -= rows.tokens.count
    isDecoding = false
    add(rows, job: job, lane: lane)
  }

  /// Adds rows of a sample.
  mutating func add(_ rows: SequenceRows, job: JobID, lane: Int) {
    logitRowsLeft -= rows.logitRowCount
    parts.append(Part(job: job, lane: lane, rows: rows))
  }

  var step: ModelStep { ModelStep(rows: parts.map(\.rows)) }
}

/// What a run gave for some rows.
struct StepResult {
  /// Which part of the job.
  let lane: Int
  let rows: SequenceRows
  /// The first row of logits, in the output's buffer.
  let logitRow: Int
  /// The first hidden state, in the output's buffer.
  let hiddenRow: Int
  let output: ModelOutput
  let vocabularySize: Int
  let hiddenSize: Int
  /// When the run ended, and how much of its time each token took.
  let time: Double
  let secondsPerToken: Double

  /// Calls `body` with the logits `[vocabulary]` of the `index`th wanted row.
  func withLogits<Value>(_ index: Int, _ body: (Span<Float>) -> Value) -> Value {
    let row = logitRow + index
    return output.logits.withUnsafeBufferPointer { logits in
      body(logits.extracting(row * vocabularySize..<(row + 1) * vocabularySize).span)
    }
  }

  /// The hidden states `[tokens, hidden size]` of the rows.
  var hiddenStates: ArraySlice<Float> {
    output.hiddenStates[
      hiddenRow * hiddenSize..<(hiddenRow + rows.tokens.count) * hiddenSize]
  }
}
