package import Messages

/// What a rejection-sampling run is asked to do.
package struct RejectionSamplingRequest: Sendable {
  /// Who decides which answer of a question is the best, and how good it is.
  package enum JudgeName: String, Sendable, CaseIterable {
    /// The share of the samples that give the same answer.
    case consensus
    /// Equality with the gold answer.
    case rules
    /// The log-probability of the whole answer.
    case sequenceLogProbability = "sequence-logprob"
  }

  /// Which turns of a conversation are the prompt of a training row.
  package enum PromptTurns: String, Sendable, CaseIterable {
    /// All of them, as the model saw them.
    case all
    /// The system's and the last one: what examples taught is learnt without them.
    case last
  }

  /// The file with the questions.
  package var questions: String
  /// The file with questions and gold answers that the certificate stands on; nil: a part of the
  /// questions with gold answers.
  package var calibration: String?
  /// The folder for the results.
  package var output: String
  /// The names of the fields in both files.
  package var fields = QuestionFields()
  /// Model, sampling, stop and speculation; the seed counts, the prompt does not.
  package var generation = GenerateRequest()
  /// Who judges.
  package var judge = JudgeName.consensus
  /// How an answer is read before it is compared.
  package var extraction = AnswerExtraction(form: .text)
  /// The share of wrong answers among the kept ones that the certificate allows.
  package var alpha = 0.2
  /// The probability that the certificate's promise fails.
  package var delta = 0.05
  /// The share of the questions with gold answers that calibrate, where there is no file for it.
  package var calibrationShare = 0.5
  /// Which turns the training rows hold.
  package var promptTurns = PromptTurns.all
  /// Replaces results from other inputs.
  package var overwrites = false

  /// A run on these files with 8 samples a question at temperature 0.8.
  package init(questions: String, calibration: String? = nil, output: String) {
    self.questions = questions
    self.calibration = calibration
    self.output = output
    generation.sampleCount = 8
    generation.sampling = SamplingOptions(temperature: 0.8)
    generation.stop = StopOptions(tokensMax: 64)
    generation.speculation = Speculation(method: .automatic(AutomaticSpeculation()))
    generation.detail = TokenDetail(logProbabilities: true)
  }
}

extension RejectionSamplingRequest {
  /// The wanted samples of a question.
  var sampleCount: Int { Int(generation.sampleCount) }

  /// The seed of the whole run.
  var seed: UInt64 { generation.sampling?.seed ?? 0 }

  /// The method of the judge called `name`.
  func method(of name: JudgeName) -> JudgeMethod {
    switch name {
    case .consensus:
      JudgeMethod(parameters: .consensus(ConsensusParameters(extraction: extraction)))
    case .rules:
      JudgeMethod(
        parameters: .rules(
          RulesParameters(rules: [
            Rule(name: "gold", check: .exact(ExactCheck(extraction: extraction)))
          ])))
    case .sequenceLogProbability:
      JudgeMethod(
        parameters: .sequenceLogProbability(
          SequenceLogProbabilityParameters(model: generation.model)))
    }
  }
}
