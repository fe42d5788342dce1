internal import Decoding
private import FoundationEssentials
internal import ModelFiles
internal import Transformers

/// A model's file, opened and described; nothing but its header was read.
struct LanguageModelFile: Sendable {
  let name: String
  let file: GGUFFile
  let network: LlamaConfiguration
  let tokenizer: BPETokenizer
  let template: ChatTemplate?
  /// The digest in the model's record; nil where there is none.
  let recordedDigest: String?

  /// Opens the file at `path`, whose record is beside it if there is one.
  init(name: String, path: String, record: String?) throws(InferenceServiceError) {
    self.name = name
    do throws(ModelFileProblem) {
      do throws(GGUFError) { file = try GGUFFile(path: path) } catch { throw .file(error) }
      do throws(LlamaError) {
        network = try LlamaConfiguration(file)
      } catch {
        throw .network(error)
      }
      do throws(TokenizerError) {
        tokenizer = try BPETokenizer(file.metadata)
      } catch {
        throw .tokenizer(error)
      }
      guard tokenizer.vocabularySize == network.vocabularySize else {
        throw .vocabulary(
          tokenizer: tokenizer.vocabularySize, network: network.vocabularySize)
      }
      recordedDigest = try Self.digest(inRecord: record, of: path)
    } catch {
      throw .unusableModel(name, cause: error)
    }
    template = ChatTemplate(file.metadata, tokenizer: tokenizer)
  }

  /// Bytes of keys and values for each position: halves for each layer.
  var cacheBytesPerToken: Int {
    2 * 2 * network.layerCount * network.keyValueHeadCount * network.headSize
  }

  /// Memory of the weights and of a cache of so many positions.
  func byteCount(cacheTokens: Int) -> Int { file.byteCount + cacheTokens * cacheBytesPerToken }

  private struct Record: Decodable {
    let sha256: [String: String]
  }

  private static func digest(
    inRecord record: String?, of path: String
  ) throws(ModelFileProblem) -> String? {
    guard let record, FileManager.default.fileExists(atPath: record) else { return nil }
    let name = path.split(separator: "/").last.map(String.init) ?? path
    guard let data = FileManager.default.contents(atPath: record) else { throw .manifest }
    do {
      return try JSONDecoder().decode(Record.self, from: data).sha256[name]
    } catch {
      throw .manifest
    }
  }
}
