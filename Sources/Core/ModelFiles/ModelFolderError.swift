package import Files

/// Why a folder is not a sentence encoder that this suite serves.
package enum ModelFolderError: Error, Equatable {
  /// The folder does not exist.
  case missingFolder(String)
  /// The folder lacks a file that every model has.
  case missingFile(String, folder: String)
  /// A file could not be opened.
  case file(FileError)
  /// A file is longer than the limit.
  case fileBytes(Int, limit: Int, file: String)
  /// A file is not the JSON that it should be.
  case malformed(file: String, reason: String)
  /// A field of a file has a value that this suite does not serve.
  case field(String, file: String, value: String, allowed: String)
  /// The tensors could not be read.
  case tensors(SafetensorsError)
}
