/// The results of a run of a language model, in buffers that every run reuses.
///
/// Confined to one thread at a time.
package final class ModelOutput {
  /// The logits `[wanted rows, vocabulary]`, row-major, in the order of the step's rows.
  ///
  /// The buffer may be longer than what the last step wrote.
  package var logits: [Float] = []
  /// The hidden states `[wanted rows, hidden size]`, likewise.
  package var hiddenStates: [Float] = []

  /// Creates empty buffers.
  package init() {}

  /// Grows the buffers to what `step` writes; they never shrink.
  package func reserve(for step: ModelStep, vocabularySize: Int, hiddenSize: Int) {
    grow(&logits, to: step.logitRowCount * vocabularySize)
    grow(&hiddenStates, to: step.hiddenRowCount * hiddenSize)
  }

  private func grow(_ buffer: inout [Float], to count: Int) {
    guard count > buffer.count else { return }
    buffer.append(contentsOf: repeatElement(0, count: count - buffer.count))
  }
}
