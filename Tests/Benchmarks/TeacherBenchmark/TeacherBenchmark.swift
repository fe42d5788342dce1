import Glibc
import PseudoLabeling
import Tensors
import TestSupport

/// Times balanced quotas on the reference problems beside the reference's CPU seconds.
///
/// One BLAS thread, five labels a class, the reference's label draws; each figure is the median
/// over the draws. The reference's figures are of another machine: they are a bound, not a race.
@main struct TeacherBenchmark {
  static func main() throws {
    guard SharedData.isAvailable else {
      print("skipped: \(SharedData.reason)")
      return
    }
    setBLASThreadCount(1)
    print(
      "| set | pool | classes | reference | labels and rounds | cross-validation | neighbours |")
    print("|---|---|---|---|---|---|---|")
    for name in ["ag_news", "dbpedia14", "trec6", "sst2", "banking77", "clinc150"] {
      try measure(name)
    }
    print("CPU seconds, median over the draws; the reference has no cross-validation.")
  }

  private static func measure(_ name: String) throws {
    let problem = try SelfTrainingProblem(name)
    var rounds: [Double] = []
    var folds: [Double] = []
    var neighbors: [Double] = []
    for draw in problem.draws(labelsPerClass: 5) {
      let drawn = Set(draw)
      let rest = problem.poolClasses.indices.filter { !drawn.contains($0) }
      let data = try SelfTrainingData(
        labelled: problem.pool.selecting(rows: draw), labels: draw.map { problem.poolClasses[$0] },
        unlabelled: problem.pool.selecting(rows: rest), classNames: problem.classNames)
      let strategy = BalancedQuotas.strategy(BalancedQuotas.Parameters(), head: LogisticHead())
      var started = cpuSeconds()
      var run = SelfTrainingRun(data: data, strategy: strategy, options: SelfTrainingOptions())
      neighbors.append(cpuSeconds() - started)
      var (own, validation) = (0.0, 0.0)
      while let step = run.nextStep {
        started = cpuSeconds()
        _ = run.step()
        let seconds = cpuSeconds() - started
        switch step {
        case .fold: validation += seconds
        case .supervised:
          // The head of all labels is one fit, the folds' heads are the others.
          own += seconds / Double(run.foldCount + 1)
          validation += seconds * Double(run.foldCount) / Double(run.foldCount + 1)
        case .round: own += seconds
        }
      }
      rounds.append(own)
      folds.append(validation)
    }
    let reference = median(problem.runs("nolp-hard", labelsPerClass: 5).map(\.cpu))
    print(
      "| \(name) | \(problem.pool.rowCount) | \(problem.classCount) | \(text(reference)) | "
        + "\(text(median(rounds))) | \(text(median(folds))) | \(text(median(neighbors))) |")
  }
}

private func median(_ values: [Double]) -> Double {
  let sorted = values.sorted()
  return sorted.isEmpty ? 0 : sorted[sorted.count / 2]
}

private func text(_ seconds: Double) -> String { "\((seconds * 1000).rounded() / 1000)" }

/// The CPU seconds that this process has used.
private func cpuSeconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}
