import Foundation
import Tensors

/// BERT by plain loops in double precision, for comparison.
struct PlainBERT {
  let tensors: [String: Matrix<Float>]
  let width: Int
  let heads: Int
  let layers: Int

  /// The states of one sequence's tokens.
  func states(_ ids: [Int32]) -> [[Double]] {
    var states = ids.enumerated().map { position, id in
      norm(
        add(
          row("embeddings.word_embeddings.weight", Int(id)),
          add(
            row("embeddings.position_embeddings.weight", position),
            row("embeddings.token_type_embeddings.weight", 0))), "embeddings.LayerNorm")
    }
    for layer in 0..<layers {
      let name = "encoder.layer.\(layer)."
      let context = attention(states, name + "attention.self.")
      states = zip(states, context).map { state, context in
        norm(
          add(state, linear(context, name + "attention.output.dense")),
          name + "attention.output.LayerNorm")
      }
      states = states.map { state in
        let inner = linear(state, name + "intermediate.dense").map { x in
          0.5 * x * erfc(-x / 2.0.squareRoot())
        }
        return norm(add(state, linear(inner, name + "output.dense")), name + "output.LayerNorm")
      }
    }
    return states
  }

  private func attention(_ states: [[Double]], _ name: String) -> [[Double]] {
    let size = width / heads
    let q = states.map { linear($0, name + "query") }
    let k = states.map { linear($0, name + "key") }
    let v = states.map { linear($0, name + "value") }
    return states.indices.map { i in
      (0..<heads).flatMap { head -> [Double] in
        let range = head * size..<(head + 1) * size
        let scores = states.indices.map { j in
          range.reduce(0) { $0 + q[i][$1] * k[j][$1] } / Double(size).squareRoot()
        }
        let top = scores.max() ?? 0
        let weights = scores.map { exp($0 - top) }
        let total = weights.reduce(0, +)
        return range.map { d in
          states.indices.reduce(0) { $0 + weights[$1] * v[$1][d] } / total
        }
      }
    }
  }

  private func row(_ name: String, _ index: Int) -> [Double] {
    tensors[name]?.row(index).map(Double.init) ?? []
  }

  private func add(_ a: [Double], _ b: [Double]) -> [Double] { zip(a, b).map(+) }

  private func linear(_ x: [Double], _ name: String) -> [Double] {
    guard let weights = tensors[name + ".weight"] else { return [] }
    let bias = row(name + ".bias", 0)
    return (0..<weights.rowCount).map { output in
      zip(weights.row(output), x).reduce(bias[output]) { $0 + Double($1.0) * $1.1 }
    }
  }

  private func norm(_ x: [Double], _ name: String) -> [Double] {
    let (gamma, beta) = (row(name + ".weight", 0), row(name + ".bias", 0))
    let mean = x.reduce(0, +) / Double(x.count)
    let variance = x.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(x.count)
    return x.indices.map {
      (x[$0] - mean) / (variance + 1e-12).squareRoot() * gamma[$0] + beta[$0]
    }
  }
}
