package import Transformers

extension LlamaModel: LanguageModel {}
