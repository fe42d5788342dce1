internal import Encoding
internal import Scheduling
internal import ServiceLifecycle
internal import Transformers

/// The long-lived part of the encoder: takes batches from the queue and computes them.
///
/// One worker a compute thread; each has the memory of one forward pass. A worker takes the next
/// batch when its thread is free, so a batch is as full as the callers make it meanwhile.
package struct EncodingWorkers: Service {
  let queue: EncodingQueue
  let executor: ComputeExecutor
  /// Called with the number of texts and tokens of each batch.
  let didEncode: @Sendable (_ texts: Int, _ tokens: Int) -> Void

  /// Works until the daemon shuts down or the task is cancelled.
  package func run() async throws {
    await withTaskCancellationOrGracefulShutdownHandler {
      await withTaskGroup(of: Void.self) { group in
        for _ in 0..<executor.threadCount { group.addTask { await work() } }
      }
    } onCancelOrGracefulShutdown: {
      queue.close()
    }
  }

  private func work() async {
    let workspace = BERTWorkspace()
    while let batch = await queue.nextBatch() {
      do {
        try await executor.run { Self.encode(batch, workspace: workspace) }
        didEncode(batch.count, batch.reduce(0) { $0 + $1.tokenCount })
      } catch let error as ComputeError {
        for item in batch { item.payload.job.fail(EncoderServiceError.compute(error)) }
      } catch {
        for item in batch { item.payload.job.fail(error) }
      }
    }
  }

  /// Encodes a batch, model by model.
  private static func encode(_ batch: EncodingQueue.Batch, workspace: BERTWorkspace) {
    var left = batch[...]
    while let model = left.first?.payload.job.model {
      // A batch mixes models only when callers use several at the same moment.
      let items = left.filter { $0.payload.job.model === model }.map(\.payload)
      left = left.filter { $0.payload.job.model !== model }[...]
      let sequences = PackedSequences(items.map { $0.job.sequences[$0.index] })
      model.encoder.encode(sequences, workspace: workspace) { index, states in
        items[index].job.write(items[index].index, states)
      }
    }
  }
}
