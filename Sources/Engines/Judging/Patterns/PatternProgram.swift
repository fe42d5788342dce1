/// A pattern as instructions for a machine that follows all alternatives at once.
struct PatternProgram: Sendable {
  private enum Instruction: Sendable {
    case scalar(Unicode.Scalar)
    case any
    case set(ScalarSet)
    case textStart, textEnd
    case boundary(isNegated: Bool)
    /// Goes on at both places; the first has the higher priority.
    case split(Int, Int)
    case jump(Int)
    case save(Int)
    case match
  }

  /// The places of the whole match and of the first group.
  struct Slots: Sendable {
    fileprivate var places = SIMD4<Int32>(repeating: -1)

    var whole: Range<Int>? { range(0) }
    var group: Range<Int>? { range(2) }

    private func range(_ index: Int) -> Range<Int>? {
      guard places[index] >= 0, places[index + 1] >= places[index] else { return nil }
      return Int(places[index])..<Int(places[index + 1])
    }
  }

  /// The most instructions of a pattern, which bounds the time a search takes a character.
  static let instructionCountMax = 2000

  private(set) var hasGroup = false
  private let flags: PatternFlags
  private var instructions: [Instruction] = []

  init(_ node: PatternNode, flags: PatternFlags) throws(PatternError) {
    self.flags = flags
    try emit(.save(0))
    try compile(node)
    try emit(.save(1))
    try emit(.match)
  }

  private mutating func emit(_ instruction: Instruction) throws(PatternError) {
    guard instructions.count < Self.instructionCountMax else {
      throw PatternError(
        position: 0, reason: "it repeats more than \(Self.instructionCountMax) steps in all")
    }
    instructions.append(instruction)
  }

  private mutating func compile(_ node: PatternNode) throws(PatternError) {
    switch node {
    case .empty: break
    case .scalar(let scalar): try emit(.scalar(flags.ignoresCase ? scalar.folded : scalar))
    case .any: try emit(.any)
    case .set(let set): try emit(.set(set))
    case .textStart: try emit(.textStart)
    case .textEnd: try emit(.textEnd)
    case .boundary(let isNegated): try emit(.boundary(isNegated: isNegated))
    case .group(let inner):
      guard !hasGroup else { return try compile(inner) }
      hasGroup = true
      try emit(.save(2))
      try compile(inner)
      try emit(.save(3))
    case .sequence(let parts): for part in parts { try compile(part) }
    case .alternatives(let parts): try compile(alternatives: parts)
    case .repetition(let inner, let minimum, let maximum, let isLazy):
      // Copies of a group are the same group.
      let hadGroup = hasGroup
      for index in 0..<minimum {
        let count = instructions.count
        if index > 0 { hasGroup = hadGroup }
        try compile(inner)
        // A copy without instructions is as good as a thousand of a thousand of them, which the
        // limit of instructions would not stop.
        if instructions.count == count { break }
      }
      if minimum > 0 { hasGroup = hadGroup }
      try compile(optional: inner, count: maximum.map { $0 - minimum }, isLazy: isLazy)
    }
  }

  private mutating func compile(alternatives parts: [PatternNode]) throws(PatternError) {
    var exits: [Int] = []
    for (index, part) in parts.enumerated() {
      guard index + 1 < parts.count else {
        try compile(part)
        break
      }
      let split = instructions.count
      try emit(.split(split + 1, 0))
      try compile(part)
      exits.append(instructions.count)
      try emit(.jump(0))
      instructions[split] = .split(split + 1, instructions.count)
    }
    for exit in exits { instructions[exit] = .jump(instructions.count) }
  }

  /// Up to `count` more copies of `node`, any number where it is nil.
  private mutating func compile(
    optional node: PatternNode, count: Int?, isLazy: Bool
  ) throws(PatternError) {
    let hadGroup = hasGroup
    var splits: [Int] = []
    for index in 0..<(count ?? 1) {
      if index > 0 { hasGroup = hadGroup }
      splits.append(instructions.count)
      try emit(.split(0, 0))
      try compile(node)
      if count == nil { try emit(.jump(splits[0])) }
    }
    let exit = instructions.count
    for split in splits {
      instructions[split] = isLazy ? .split(exit, split + 1) : .split(split + 1, exit)
    }
    // A group that may be missing is still the pattern's group.
    if count == 0 { hasGroup = hadGroup || node.holdsGroup }
  }

  /// The slots of the first match; nil where there is none.
  func search(_ text: [Unicode.Scalar]) -> Slots? {
    var current = Threads(instructionCount: instructions.count)
    var next = Threads(instructionCount: instructions.count)
    var found: Slots?
    for position in 0...text.count {
      if found == nil { follow(0, Slots(), position, text, &current) }
      if current.isEmpty, found != nil { break }
      next.removeAll()
      for index in 0..<current.count {
        let (counter, slots) = current[index]
        if case .match = instructions[counter] {
          found = slots
          // Threads behind this one have a lower priority.
          break
        }
        if position < text.count, takes(instructions[counter], text[position]) {
          follow(counter + 1, slots, position + 1, text, &next)
        }
      }
      swap(&current, &next)
    }
    return found
  }

  private func takes(_ instruction: Instruction, _ scalar: Unicode.Scalar) -> Bool {
    switch instruction {
    case .scalar(let expected):
      scalar == expected || flags.ignoresCase && scalar.folded == expected
    case .any: flags.dotMatchesNewline || scalar != "\n"
    case .set(let set): set.contains(scalar, ignoringCase: flags.ignoresCase)
    default: false
    }
  }

  /// Adds the threads that wait for a character from `start` on, in the order of their priority.
  private func follow(
    _ start: Int, _ slots: Slots, _ position: Int, _ text: [Unicode.Scalar],
    _ threads: inout Threads
  ) {
    threads.stack.append((start, slots))
    while let (counter, slots) = threads.stack.popLast() {
      guard threads.visit(counter) else { continue }
      switch instructions[counter] {
      case .jump(let target): threads.stack.append((target, slots))
      case .split(let first, let second):
        threads.stack.append((second, slots))
        threads.stack.append((first, slots))
      case .save(let slot):
        var changed = slots
        changed.places[slot] = Int32(truncatingIfNeeded: position)
        threads.stack.append((counter + 1, changed))
      case .textStart:
        let holds = position == 0 || flags.hasLines && text[position - 1] == "\n"
        if holds { threads.stack.append((counter + 1, slots)) }
      case .textEnd:
        let holds = position == text.count || flags.hasLines && text[position] == "\n"
        if holds { threads.stack.append((counter + 1, slots)) }
      case .boundary(let isNegated):
        let before = position > 0 && text[position - 1].isOfWord
        let after = position < text.count && text[position].isOfWord
        if (before != after) != isNegated { threads.stack.append((counter + 1, slots)) }
      case .scalar, .any, .set, .match: threads.append(counter, slots)
      }
    }
  }
}

/// The places in a program that are reached at one position of the text, each once.
private struct Threads {
  private var list: [(counter: Int, slots: PatternProgram.Slots)] = []
  private var visited: [Int]
  private var generation = 1
  var stack: [(Int, PatternProgram.Slots)] = []

  init(instructionCount: Int) {
    visited = [Int](repeating: 0, count: instructionCount)
  }

  var isEmpty: Bool { list.isEmpty }
  var count: Int { list.count }

  subscript(index: Int) -> (counter: Int, slots: PatternProgram.Slots) { list[index] }

  mutating func removeAll() {
    list.removeAll(keepingCapacity: true)
    generation += 1
  }

  /// Whether the place was not reached before.
  mutating func visit(_ counter: Int) -> Bool {
    guard visited[counter] != generation else { return false }
    visited[counter] = generation
    return true
  }

  mutating func append(_ counter: Int, _ slots: PatternProgram.Slots) {
    list.append((counter, slots))
  }
}

extension PatternNode {
  /// Whether a group of the pattern is inside.
  fileprivate var holdsGroup: Bool {
    switch self {
    case .group: true
    case .sequence(let parts), .alternatives(let parts): parts.contains { $0.holdsGroup }
    case .repetition(let inner, _, _, _): inner.holdsGroup
    default: false
    }
  }
}

extension Unicode.Scalar {
  /// The scalar in lower case, where that is one scalar.
  fileprivate var folded: Unicode.Scalar {
    let mapping = properties.lowercaseMapping.unicodeScalars
    return mapping.count == 1 ? mapping.first ?? self : self
  }
}
