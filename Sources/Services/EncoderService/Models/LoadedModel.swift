internal import Digests
package import Encoding
internal import Files
private import FoundationEssentials
internal import ModelFiles
package import Tensors

/// A model in memory, ready to encode.
package final class LoadedModel: Sendable {
  /// The name in requests.
  package let name: String
  /// SHA-256 of the weights in hexadecimal.
  package let digest: String
  /// The bytes of the weights.
  package let weightBytes: Int
  /// The architecture as the configuration names it.
  package let architecture: String
  /// The encoder.
  package let encoder: SentenceEncoder

  /// Loads the model in the folder `path`; the weights must have the digest of its manifest.
  ///
  /// Cost: one pass over the weights for the digest and one that packs them.
  package init(name: String, path: String, kernels: KernelPath) throws(EncoderServiceError) {
    self.name = name
    do throws(ModelFolderError) {
      let folder = try SentenceEncoderFolder(path: path)
      let file: MappedFile
      do throws(FileError) {
        file = try MappedFile(path: path + "/model.safetensors")
      } catch {
        throw .file(error)
      }
      digest = file.withUnsafeBytes { SHA256.hash(data: $0).hexadecimal }
      weightBytes = file.count
      architecture = folder.network.modelType
      encoder = try SentenceEncoder(folder, path: kernels)
    } catch {
      throw .corruptModel(name, cause: error)
    }
    let expected = try ModelManifest(folder: path, model: name)?.sha256["model.safetensors"]
    guard expected == nil || expected == digest else {
      throw .wrongDigest(name, file: "model.safetensors")
    }
  }
}

/// What `autodidact model fetch` wrote down about a model.
struct ModelManifest: Decodable {
  /// The digest of each file, by its name.
  let sha256: [String: String]

  /// Reads the manifest in `folder`, if there is one.
  init?(folder: String, model: String) throws(EncoderServiceError) {
    let name = "autodidact-model.json"
    let file: MappedFile
    do throws(FileError) {
      file = try MappedFile(path: folder + "/" + name)
    } catch .notFound {
      return nil
    } catch {
      throw .corruptModel(model, cause: .file(error))
    }
    do {
      self = try JSONDecoder().decode(Self.self, from: file.withUnsafeBytes { Data($0) })
    } catch {
      throw .corruptModel(
        model, cause: .malformed(file: name, reason: "not the manifest of a model"))
    }
  }
}
