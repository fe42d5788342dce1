internal import Decoding
internal import Messages
internal import Methods

// What requests ask for, as jobs of the engine. Ranges are checked by the engine, with the names
// of the fields; a zero means what the message says.

extension SamplingParameters {
  init(_ options: SamplingOptions?) {
    self.init()
    guard let options else { return }
    temperature = options.temperature
    topK = Int(options.topK)
    topP = options.topP == 0 ? 1 : options.topP
    minP = options.minP
    repetitionPenalty = options.repetitionPenalty == 0 ? 1 : options.repetitionPenalty
    frequencyPenalty = options.frequencyPenalty
    presencePenalty = options.presencePenalty
    penaltyWindow = Int(options.penaltyWindow)
    seed = options.seed
    biases = options.biases.map {
      TokenWeight(token: Int32(clamping: $0.id), bias: Double($0.bias))
    }
  }
}

extension StopConditions {
  init(_ options: StopOptions?) {
    self.init()
    guard let options else { return }
    if options.tokensMax > 0 { tokensMax = Int(options.tokensMax) }
    strings = options.strings
    tokens = options.tokenIDs.map { Int32(clamping: $0) }
    ignoresEndTokens = options.ignoreEndToken
  }
}

extension SpeculationMode {
  init(_ message: Speculation?) throws(InferenceServiceError) {
    switch message?.method {
    case nil: self = .automatic(Automatic.Parameters())
    case .automatic(let options):
      var parameters = Automatic.Parameters()
      parameters.draftTokensMax = Int(options.draftTokensMax)
      self = .automatic(parameters)
    case .off: self = .off
    case .lookup(let options):
      var parameters = Lookup.Parameters()
      parameters.draftTokensMax = Int(options.draftTokensMax)
      if options.matchTokensMin > 0 { parameters.matchTokensMin = Int(options.matchTokensMin) }
      self = .lookup(parameters)
    case .layerSkip: throw .speculation("layer-skip")
    case .draftModel: throw .speculation("draft-model")
    case .deferredHead: throw .speculation("deferred-head")
    }
  }
}

extension TokenReport {
  init(_ detail: TokenDetail?) {
    self.init(
      logProbabilities: detail?.logProbabilities ?? false, topCount: Int(detail?.topCount ?? 0))
  }
}

extension GenerationJob {
  /// The job of a request whose prompt was read already.
  init(
    _ request: GenerateRequest, prompt: [Int32], deadline: Double?
  ) throws(InferenceServiceError) {
    self.init(prompt: prompt)
    sampling = SamplingParameters(request.sampling)
    stop = StopConditions(request.stop)
    speculation = try SpeculationMode(request.speculation)
    report = TokenReport(request.detail)
    sampleCount = request.sampleCount == 0 ? 1 : Int(request.sampleCount)
    self.deadline = deadline
  }

  /// Refuses options that no prompt could make right, before any prompt is read.
  func checkOptions() throws(InferenceServiceError) {
    let violation = sampling.violation ?? stop.violation ?? speculation.violation
    if let violation { throw .admission(.parameter(violation)) }
    let range = 1...GenerationJob.sampleCountMax
    guard range.contains(sampleCount) else {
      throw .admission(
        .count(
          name: "sample_count", count: sampleCount, lowest: range.lowerBound,
          highest: range.upperBound))
    }
  }
}

extension HiddenPooling {
  init(_ pooling: StatePooling) {
    switch pooling {
    case .unspecified, .last: self = .last
    case .mean: self = .mean
    case .all: self = .all
    }
  }
}
