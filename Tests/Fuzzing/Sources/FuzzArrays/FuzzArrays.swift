import Glibc

@testable import Files
@testable import ModelFiles
@testable import Pipelines
@testable import Tensors

/// Opens any bytes as a NumPy file and as a safetensors file and reads every array in it, as the
/// daemons do and as the command line does.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzArrays(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  write(UnsafeRawBufferPointer(start: start, count: count))
  do throws(NumpyError) {
    let array = try NumpyFile(path: path)
    let matrix = array.matrix()
    precondition(matrix.rowCount * matrix.columnCount == array.shape.reduce(1, *))
    _ = array.doubleMatrix()
    // ignoring: an array of other numbers; that nothing crashes is what counts here.
    _ = try? array.integers()
  } catch {
    precondition(!"\(error)".isEmpty)
  }
  do throws(SafetensorsError) {
    let file = try ModelFiles.SafetensorsFile(path: path)
    for (name, entry) in file.entries {
      precondition(entry.range.upperBound <= count, "\(name) is at \(entry.range) of \(count)")
      // ignoring: a type that is no matrix of numbers.
      _ = try? file.matrix(name, shape: entry.shape)
    }
  } catch {
    precondition(!"\(error)".isEmpty)
  }
  readAsClient(path)
  rename(path, tensorsPath)
  readAsClient(tensorsPath)
  do throws(Pipelines.SafetensorsFile.Failure) {
    let file = try Pipelines.SafetensorsFile(path: tensorsPath)
    precondition(file.arrays.values.allSatisfy { $0.floats.count * 4 <= count })
  } catch {
    precondition(!error.description.isEmpty)
  }
  return 0
}

private func readAsClient(_ path: String) {
  do throws(FeatureFileError) {
    let file = try FeatureFile(path: path)
    let rows = 0..<min(file.rowCount, 100)
    let tensor = try file.tensor(ofRows: rows)
    precondition(tensor.data.count == rows.count * file.dimensions * 4, "\(tensor.shape)")
  } catch {
    precondition(!error.description.isEmpty)
  }
}

/// A file in memory, one a process.
private let path = "/dev/shm/autodidact-fuzz-\(getpid()).array"
private let tensorsPath = path + ".safetensors"

private func write(_ bytes: UnsafeRawBufferPointer) {
  let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
  precondition(descriptor >= 0, "\(path): errno \(errno)")
  let written = Glibc.write(descriptor, bytes.baseAddress, bytes.count)
  precondition(written == bytes.count, "\(path): \(written) of \(bytes.count) bytes")
  close(descriptor)
}
