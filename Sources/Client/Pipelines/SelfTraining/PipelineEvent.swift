/// What a pipeline tells while it works.
package enum PipelineEvent: Sendable {
  /// How far a stage is; a total of 0 is not known.
  case progress(stage: String, done: Int, total: Int)
  /// Something that a person should know.
  case note(String)
  /// A round of self-training is stored.
  case round(SelfTrainingResult.Round)
}

/// Receives the events of a pipeline, on whatever thread they happen.
package typealias PipelineObserver = @Sendable (PipelineEvent) -> Void
