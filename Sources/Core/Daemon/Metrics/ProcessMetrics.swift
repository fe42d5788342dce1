private import CoreMetrics
private import Glibc

/// Sets the gauges about the process itself and the disk that its state is on.
struct ProcessMetrics: Sendable {
  private let stateDirectory: String
  private let stateBytes: Meter
  private let stateFreeBytes: Meter
  private let residentMemory: Meter
  private let processorTime: Meter

  init(
    daemon: String, stateDirectory: String, startSeconds: Double, metrics: MetricsRegistry
  ) {
    self.stateDirectory = stateDirectory
    stateBytes = metrics.gauge(
      "autodidact_\(daemon)_state_bytes", help: "Disk that the files of the state folder take.")
    stateFreeBytes = metrics.gauge(
      "autodidact_\(daemon)_state_free_bytes",
      help: "Disk that is free where the state folder is.")
    residentMemory = metrics.gauge(
      "autodidact_\(daemon)_resident_memory_bytes", help: "Memory that the process holds.")
    processorTime = metrics.gauge(
      "autodidact_\(daemon)_processor_time_seconds",
      help: "Processor time that the process has used.")
    metrics.gauge(
      "autodidact_\(daemon)_start_time_seconds", help: "Unix time at which the daemon started."
    ).set(startSeconds)
  }

  /// Reads the process's memory and time, and the disk.
  func refresh() {
    var usage = rusage()
    if getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 {
      processorTime.set(seconds(usage.ru_utime) + seconds(usage.ru_stime))
    }
    if let pages = residentPages() {
      residentMemory.set(Double(pages * sysconf(Int32(_SC_PAGESIZE))))
    }
    if let disk = diskUsage(of: stateDirectory) {
      stateBytes.set(Double(disk.usedBytes))
      stateFreeBytes.set(Double(disk.freeBytes))
    }
  }

  private func seconds(_ time: timeval) -> Double {
    Double(time.tv_sec) + Double(time.tv_usec) / 1e6
  }

  /// Returns the second number of `/proc/self/statm`, or nil where there is none.
  private func residentPages() -> Int? {
    let descriptor = open("/proc/self/statm", O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    let text = String(unsafeUninitializedCapacity: 128) { buffer in
      max(0, read(descriptor, buffer.baseAddress, buffer.count))
    }
    let numbers = text.split(separator: " ")
    return numbers.count > 1 ? Int(numbers[1]) : nil
  }
}
