internal import Messages
internal import PseudoLabeling
internal import Tensors

extension LinearHead {
  /// The head of a message, its parts and its digest checked.
  init(_ message: Messages.Head) throws(TeacherServiceError) {
    try checkClassNames(message.classes)
    let weights = try (message.weights ?? Tensor()).rows(place: "the head's weights")
    let bias = try (message.bias ?? Tensor()).checkedFloats()
    guard weights.rowCount == message.classes.count else {
      throw .countsDiffer(
        what: "classes", count: message.classes.count, rowCount: weights.rowCount)
    }
    guard bias.count == weights.rowCount else {
      throw .countsDiffer(what: "biases", count: bias.count, rowCount: weights.rowCount)
    }
    guard bias.allSatisfy({ $0.isFinite }) else {
      throw .outOfRange(name: "bias", value: "NaN or infinite", range: "finite numbers")
    }
    guard message.temperature >= 0, message.temperature.isFinite else {
      throw .outOfRange(
        name: "temperature", value: "\(message.temperature)", range: "positive numbers")
    }
    self.init(
      weights: weights, bias: bias,
      temperature: message.temperature == 0 ? 1 : message.temperature)
    let actual = digest(classNames: message.classes)
    guard message.digest.isEmpty || message.digest == actual else {
      throw .headDigest(expected: message.digest, actual: actual)
    }
  }
}

extension Messages.Head {
  /// The message of a head.
  init(_ head: LinearHead, classNames: [String]) {
    self.init(
      classes: classNames, weights: Tensor(head.weights),
      bias: Tensor(shape: [head.classCount], floats: head.bias), temperature: head.temperature,
      digest: head.digest(classNames: classNames))
  }
}

extension Tensor {
  /// The elements of a vector of floats.
  fileprivate func checkedFloats() throws(TeacherServiceError) -> [Float] {
    do throws(TensorError) {
      return try floats()
    } catch {
      throw .tensor(error)
    }
  }
}

/// Checks that there are at least two class names, none empty and none twice.
func checkClassNames(_ names: [String]) throws(TeacherServiceError) {
  guard names.count >= 2 else {
    throw .classNames("\(names.count) class names; at least two are needed")
  }
  guard names.count <= 10_000 else {
    throw .beyondLimit(what: "classes", value: names.count, limit: 10_000)
  }
  var seen = Set<String>()
  for name in names {
    guard !name.isEmpty else { throw .classNames("a class name is empty") }
    guard name.utf8.count <= TeacherConfiguration.nameBytesMax else {
      throw .beyondLimit(
        what: "bytes of a class name", value: name.utf8.count,
        limit: TeacherConfiguration.nameBytesMax)
    }
    guard seen.insert(name).inserted else {
      throw .classNames("the class name `\(name.prefix(160))` appears twice")
    }
  }
}
