import Files

/// The rows of all input files without their texts: what each is, and which text it has.
///
/// Equal texts, in whatever file, are one text; texts are numbered in the order in which they are
/// first met. Memory: about 50 bytes a row.
struct Corpus {
  /// One input file.
  struct Part {
    var path: String
    var requirement: SampleReader.Requirement
    /// The rows' ids.
    var ids: [String] = []
    /// The rows' lines.
    var lines: [Int] = []
    /// The number of each row's text.
    var textIndices: [Int] = []
    /// The class of each row, an index into `classes`; empty without labels.
    var labels: [UInt32] = []
    /// Lines that were passed over because their text is empty.
    var emptyCount = 0

    var count: Int { ids.count }
  }

  /// The class names, sorted by their Unicode scalars.
  private(set) var classes: [String] = []
  private(set) var labelled: Part
  private(set) var test: Part?
  private(set) var unlabelled: Part
  /// The number of different texts.
  private(set) var textCount = 0
  /// SHA-256 over the texts, in their order.
  private(set) var textDigest = ""
  /// SHA-256 over ids, texts and labels of all parts.
  private(set) var digest = ""
  /// Rows whose text stands in the same file before.
  private(set) var duplicateCount = 0
  /// Test texts that are in the labelled file too.
  private(set) var testInLabelledCount = 0

  private var numbers: [TextKey: Int] = [:]
  private var textHash = ContentDigest()
  private var rowHash = ContentDigest()
  private let fields: SampleFields

  /// Reads all files of `request` once and checks every row.
  init(
    reading request: SelfTrainingRequest
  ) throws(SelfTrainingError) {
    fields = request.fields
    labelled = Part(path: request.labelled, requirement: .labelledText)
    unlabelled = Part(path: request.unlabelled, requirement: .text)
    var names: [String] = []
    labelled = try read(labelled, as: "labelled", names: &names)
    try sortClasses(names)
    let labelledTexts = Set(labelled.textIndices)
    if let path = request.test {
      var part = Part(path: path, requirement: .labelledText)
      part = try read(part, as: "test", names: &names)
      try resolveTestLabels(&part, names)
      testInLabelledCount = part.textIndices.count { labelledTexts.contains($0) }
      test = part
    }
    unlabelled = try read(unlabelled, as: "unlabelled", names: &names)
    textDigest = textHash.hexadecimal
    digest = rowHash.hexadecimal
    numbers = [:]
  }

  /// The parts in the order of their texts' numbers.
  var parts: [Part] { [labelled] + (test.map { [$0] } ?? []) + [unlabelled] }

  /// Reads one file; labels are indices into `names`, which grows.
  private mutating func read(
    _ empty: Part, as role: String, names: inout [String]
  ) throws(SelfTrainingError) -> Part {
    var part = empty
    var nameIndices: [String: Int] = [:]
    for (index, name) in names.enumerated() { nameIndices[name] = index }
    var firstLines: [String: Int] = [:]
    var seen: Set<Int> = []
    rowHash.add(role)
    do throws(InputError) {
      var reader = try SampleReader(
        path: part.path, fields: fields, requirement: part.requirement)
      while let sample = try reader.next() {
        if part.requirement == .text, sample.isEmpty {
          part.emptyCount += 1
          continue
        }
        if let first = firstLines.updateValue(sample.line, forKey: sample.id) {
          throw .duplicateID(
            .init(path: part.path, line: sample.line), id: sample.id, firstLine: first)
        }
        let number = number(of: sample.text)
        if !seen.insert(number).inserted { duplicateCount += 1 }
        part.ids.append(sample.id)
        part.lines.append(sample.line)
        part.textIndices.append(number)
        rowHash.add(sample.id)
        rowHash.add(sample.text)
        guard let label = sample.label else { continue }
        rowHash.add(label)
        if nameIndices[label] == nil {
          nameIndices[label] = names.count
          names.append(label)
        }
        part.labels.append(UInt32(nameIndices[label] ?? 0))
      }
    } catch {
      throw .input(error)
    }
    guard part.count > 0 else {
      throw .onlyEmptyTexts(path: part.path, rowCount: part.emptyCount)
    }
    return part
  }

  private mutating func number(of text: String) -> Int {
    let key = ContentDigest.key(of: text)
    if let known = numbers[key] { return known }
    numbers[key] = textCount
    textHash.add(text)
    textCount += 1
    return textCount - 1
  }

  private mutating func sortClasses(_ names: [String]) throws(SelfTrainingError) {
    guard names.count > 1 else {
      throw .oneClass(path: labelled.path, name: names[0], rowCount: labelled.count)
    }
    classes = names.sorted { $0.unicodeScalars.lexicographicallyPrecedes($1.unicodeScalars) }
    let places = Self.indices(of: classes)
    labelled.labels = labelled.labels.map { UInt32(places[names[Int($0)]] ?? 0) }
  }

  private func resolveTestLabels(
    _ part: inout Part, _ names: [String]
  ) throws(SelfTrainingError) {
    let places = Self.indices(of: classes)
    for (row, label) in part.labels.enumerated() {
      let name = names[Int(label)]
      guard let place = places[name] else {
        throw .unknownClass(
          .init(path: part.path, line: part.lines[row]), name: name, labelled: labelled.path)
      }
      part.labels[row] = UInt32(place)
    }
  }

  private static func indices(of names: [String]) -> [String: Int] {
    Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, $0) })
  }
}

/// Reads the texts of a corpus a second time: every different text once, in the order of numbers.
struct CorpusTexts {
  private let parts: [Corpus.Part]
  private let fields: SampleFields
  private var partIndex = 0
  private var row = 0
  private var reader: SampleReader?
  private var nextNumber = 0

  init(_ corpus: Corpus, fields: SampleFields) {
    parts = corpus.parts
    self.fields = fields
  }

  /// The next text; none after the last.
  mutating func next() throws(SelfTrainingError) -> String? {
    while partIndex < parts.count {
      let part = parts[partIndex]
      guard let sample = try nextSample(of: part) else {
        guard row == part.count else { throw .changed(path: part.path) }
        partIndex += 1
        row = 0
        reader = nil
        continue
      }
      guard row < part.count, part.ids[row] == sample.id else { throw .changed(path: part.path) }
      row += 1
      guard part.textIndices[row - 1] == nextNumber else { continue }
      nextNumber += 1
      return sample.text
    }
    return nil
  }

  private func opened(_ part: Corpus.Part) throws(InputError) -> SampleReader {
    if let reader { return reader }
    return try SampleReader(path: part.path, fields: fields, requirement: part.requirement)
  }

  private mutating func nextSample(of part: Corpus.Part) throws(SelfTrainingError) -> Sample? {
    do throws(InputError) {
      var reader = try opened(part)
      defer { self.reader = reader }
      while let sample = try reader.next() {
        if part.requirement == .text, sample.isEmpty { continue }
        return sample
      }
      return nil
    } catch {
      throw .input(error)
    }
  }
}
