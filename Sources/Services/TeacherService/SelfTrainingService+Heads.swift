package import Daemon
internal import Gradients
package import Messages
internal import PseudoLabeling
internal import Scheduling
package import TTRPC
internal import Tensors

extension SelfTrainingService {
  /// Fits a head on the chunks of the stream and calibrates it where the labels allow.
  package func fitHead(
    _ requests: MessageSource<FitHeadRequest>, context: ServerContext
  ) async throws -> FitHeadResponse {
    var iterator = requests.makeAsyncIterator()
    guard case .header(let header)? = try await iterator.next()?.part else {
      throw TeacherServiceError.missingFirst(expected: "the header")
    }
    try checkClassNames(header.classes)
    let settings = try (header.options ?? HeadOptions()).engineHead()
    let start = try header.warmStart.map { message throws(TeacherServiceError) in
      guard message.classes == header.classes else {
        throw .classNames("the classes of the head to start from are others")
      }
      return try LinearHead(message)
    }
    var intake = TrainingIntake(classCount: header.classes.count, limits: configuration)
    while let request = try await iterator.next() {
      guard case .chunk(let chunk)? = request.part else {
        throw TeacherServiceError.unexpected(part: "the header")
      }
      try intake.append(chunk)
    }
    let rows = try intake.finished(classNames: header.classes)
    if let start, start.dimensions != rows.set.features.columnCount {
      throw TeacherServiceError.dimensions(
        expected: start.dimensions, actual: rows.set.features.columnCount)
    }
    let skips = header.options?.skipCalibration ?? false
    return try await compute.run {
      var fit = settings.fit(on: rows.set, from: start)
      var response = FitHeadResponse(
        loss: fit.loss, iterationCount: UInt32(fit.iterationCount), converged: fit.isConverged)
      if !skips, let labels = rows.labels,
        let logits = outOfFoldLogits(rows.set, labels: labels, settings)
      {
        fit.head.temperature = fittedTemperature(logits: logits, labels: labels)
        response.calibration = Calibration(
          logits: logits, labels: labels, temperature: fit.head.temperature)
      }
      response.head = Messages.Head(fit.head, classNames: header.classes)
      return response
    }
  }

  /// Classifies one batch.
  package func predict(
    _ request: PredictRequest, context: ServerContext
  ) async throws -> PredictResponse {
    try await NamedHead(request.head, of: self).prediction(request, isFirst: true, of: self)
  }

  /// Classifies batches in order with the head of the first request.
  package func predictStream(
    _ requests: MessageSource<PredictRequest>, context: ServerContext,
    responses: MessageSink<PredictResponse>
  ) async throws {
    var head: NamedHead?
    for try await request in requests {
      let isFirst = head == nil
      let named: NamedHead
      if let head { named = head } else { named = try await NamedHead(request.head, of: self) }
      head = named
      try await responses.send(
        try await named.prediction(request, isFirst: isFirst, of: self))
    }
    guard head != nil else { throw TeacherServiceError.missingFirst(expected: "the head") }
  }
}

/// A head with its class names, resolved once for a call.
private struct NamedHead: Sendable {
  let head: LinearHead
  let classNames: [String]
  let digest: String

  init(_ reference: HeadReference?, of service: SelfTrainingService) async throws {
    switch reference?.reference {
    case .head(let message):
      head = try LinearHead(message)
      classNames = message.classes
    case .runID(let id):
      let stored = try await service.store.run(id)
      head = try service.head(of: stored, round: nil).head
      classNames = stored.header.classes
    case nil: throw TeacherServiceError.missingFirst(expected: "the head")
    }
    digest = head.digest(classNames: classNames)
  }

  func prediction(
    _ request: PredictRequest, isFirst: Bool, of service: SelfTrainingService
  ) async throws -> PredictResponse {
    let features = try (request.features ?? Tensor()).rows(place: "the request")
    guard features.columnCount == head.dimensions else {
      throw TeacherServiceError.dimensions(
        expected: head.dimensions, actual: features.columnCount)
    }
    let (head, classNames, digest) = (head, classNames, digest)
    return try await service.predicting.run {
      let probabilities = head.probabilities(of: features)
      var response = PredictResponse(
        sequence: request.sequence, classes: isFirst ? classNames : [], headDigest: digest)
      for row in 0..<features.rowCount {
        let values = probabilities.row(row)
        let best = values.indices.reduce(0) { values[$1] > values[$0] ? $1 : $0 }
        response.labels.append(UInt32(best))
        response.confidences.append(values[best])
      }
      if request.probabilities { response.probabilities = Tensor(probabilities) }
      return response
    }
  }
}

/// The logits of every row from a head that did not see it; nil where a class has a single row.
private func outOfFoldLogits(
  _ set: TrainingSet, labels: [Int], _ settings: LogisticHead
) -> Matrix<Double>? {
  let folds = StratifiedFolds(labels: labels, classCount: set.classCount, seed: 0)
  guard folds.count > 0 else { return nil }
  return Matrix(rowCount: labels.count, columnCount: set.classCount) { target in
    for fold in 0..<folds.count {
      let rows = folds.training(fold)
      let part = TrainingSet(
        features: set.features.selecting(rows: rows), targets: .hard(rows.map { labels[$0] }),
        weights: set.weights.map { weights in rows.map { weights[$0] } },
        classCount: set.classCount)
      let heldOut = folds.heldOut(fold)
      let logits = settings.fitted(on: part, from: nil)
        .logits(of: set.features.selecting(rows: heldOut))
      for (index, row) in heldOut.enumerated() {
        for (column, value) in logits.row(index).enumerated() {
          target[row * set.classCount + column] = Double(value)
        }
      }
    }
  }
}
