import Foundation
import ModelFiles
import TestSupport
import Tensors

/// A model of the Llama family by plain loops over dequantised weights, for comparison.
///
/// `noise` changes the input of each matrix product and what goes to the cache.
struct PlainLlama {
  let file: GGUFFile
  let layers: Int
  let hidden: Int
  let heads: Int
  let keyHeads: Int
  let base: Double
  let epsilon: Double
  var noise: Noise = .none

  /// What stands for the rounding of activations and cache entries.
  enum Noise {
    /// Exact numbers.
    case none
    /// All activations but the largest of a block of 32 are off by up to half of a step, which is
    /// 1/127 of the second largest, and cache entries by half of a step of halves; evenly.
    case uniform(seed: UInt64)
  }

  init(_ file: GGUFFile) throws {
    self.file = file
    let metadata = file.metadata
    layers = try metadata.integer("llama.block_count")
    hidden = try metadata.integer("llama.embedding_length")
    heads = try metadata.integer("llama.attention.head_count")
    keyHeads = try metadata.integer("llama.attention.head_count_kv")
    base = try metadata.float("llama.rope.freq_base")
    epsilon = try metadata.float("llama.attention.layer_norm_rms_epsilon")
  }

  /// The logits after each token of a sequence.
  func logits(_ ids: [Int32]) throws -> [[Float]] {
    var dice = Dice(noise)
    var states = try rows("token_embd.weight", ids.map { Int($0) })
    for layer in 0..<layers {
      let name = "blk.\(layer)."
      let normed = dice.rounded(try norm(states, name + "attn_norm.weight"))
      let queries = rotate(try linear(normed, name + "attn_q.weight"))
      let keys = dice.halved(rotate(try linear(normed, name + "attn_k.weight")))
      let values = dice.halved(try linear(normed, name + "attn_v.weight"))
      let context = dice.rounded(attention(queries, keys, values))
      states = add(states, try linear(context, name + "attn_output.weight"))
      let inner = dice.rounded(try norm(states, name + "ffn_norm.weight"))
      let gate = try linear(inner, name + "ffn_gate.weight")
      let up = try linear(inner, name + "ffn_up.weight")
      let gated = zip(gate, up).map { zip($0, $1).map { $0 / (1 + exp(-$0)) * $1 } }
      states = add(states, try linear(dice.rounded(gated), name + "ffn_down.weight"))
    }
    let output =
      file.contains(tensor: "output.weight") ? "output.weight" : "token_embd.weight"
    return try linear(dice.rounded(try norm(states, "output_norm.weight")), output)
  }

  private func weights(_ name: String) throws -> [Float] {
    let tensor = try file.tensor(named: name)
    let format = WeightFormat.allCases.first { GGUFTensorType($0) == tensor.type } ?? .f32
    return file.withBytes(of: tensor) { PlainWeights.decode($0, format) }
  }

  private func rows(_ name: String, _ indices: [Int]) throws -> [[Float]] {
    let matrix = try weights(name)
    return indices.map { Array(matrix[$0 * hidden..<($0 + 1) * hidden]) }
  }

  private func norm(_ states: [[Float]], _ name: String) throws -> [[Float]] {
    let gamma = try weights(name)
    return states.map { state in
      let square = state.reduce(0.0) { $0 + Double($1) * Double($1) } / Double(state.count)
      let scale = Float(1 / (square + epsilon).squareRoot())
      return zip(state, gamma).map { $0 * scale * $1 }
    }
  }

  private func linear(_ x: [[Float]], _ name: String) throws -> [[Float]] {
    let matrix = try weights(name)
    let columns = x[0].count
    return x.map { x in
      x.withUnsafeBufferPointer { x in
        matrix.withUnsafeBufferPointer { matrix in
          stride(from: 0, to: matrix.count, by: columns).map { row in
            // Four chains, to be done in time; float32 sums are far more exact than bytes.
            var sums = SIMD4<Float>.zero
            for column in stride(from: 0, to: columns, by: 4) {
              let w = SIMD4(
                matrix[row + column], matrix[row + column + 1], matrix[row + column + 2],
                matrix[row + column + 3])
              sums += w * SIMD4(x[column], x[column + 1], x[column + 2], x[column + 3])
            }
            return sums.sum()
          }
        }
      }
    }
  }

  private func rotate(_ states: [[Float]]) -> [[Float]] {
    let size = hidden / heads
    return states.enumerated().map { position, state in
      var state = state
      for first in stride(from: 0, to: state.count, by: 2) {
        let angle = Double(position) * pow(base, -Double(first % size) / Double(size))
        let (even, odd) = (Double(state[first]), Double(state[first + 1]))
        state[first] = Float(even * cos(angle) - odd * sin(angle))
        state[first + 1] = Float(even * sin(angle) + odd * cos(angle))
      }
      return state
    }
  }

  private func attention(
    _ queries: [[Float]], _ keys: [[Float]], _ values: [[Float]]
  ) -> [[Float]] {
    let size = hidden / heads
    return queries.enumerated().map { position, query in
      (0..<heads).flatMap { head -> [Float] in
        let shared = head / (heads / keyHeads) * size
        let scores = (0...position).map { other in
          (0..<size).reduce(0.0) {
            $0 + Double(query[head * size + $1]) * Double(keys[other][shared + $1])
          } / Double(size).squareRoot()
        }
        let top = scores.max() ?? 0
        let weights = scores.map { exp($0 - top) }
        let total = weights.reduce(0, +)
        return (0..<size).map { entry in
          Float(
            (0...position).reduce(0.0) {
              $0 + weights[$1] * Double(values[$1][shared + entry])
            } / total)
        }
      }
    }
  }

  private func add(_ a: [[Float]], _ b: [[Float]]) -> [[Float]] {
    zip(a, b).map { zip($0, $1).map { $0 + $1 } }
  }

  /// Draws the rounding errors.
  private struct Dice {
    private var generator: SplitMix64?

    init(_ noise: Noise) {
      if case .uniform(let seed) = noise { generator = SplitMix64(seed: seed) }
    }

    mutating func rounded(_ states: [[Float]]) -> [[Float]] {
      states.map { state in
        stride(from: 0, to: state.count, by: 32).flatMap { first -> [Float] in
          let block = state[first..<first + 32]
          let sizes = block.map(\.magnitude).sorted()
          return block.map { $0.magnitude == sizes[31] ? $0 : $0 + sizes[30] / 127 * draw() }
        }
      }
    }

    mutating func halved(_ states: [[Float]]) -> [[Float]] {
      states.map { $0.map { $0 + Float(Float16($0).ulp) * draw() } }
    }

    private mutating func draw() -> Float {
      generator == nil ? 0 : Float((generator?.uniform() ?? 0) - 0.5)
    }
  }
}
