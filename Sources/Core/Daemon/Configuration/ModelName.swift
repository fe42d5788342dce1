/// Whether `name` can be the name of a model.
///
/// It is 1 to 64 letters, digits, `.`, `_` and `-` and does not begin with a dot, so that it names
/// an entry of the models' folder and nothing else.
package func isModelName(_ name: String) -> Bool {
  (1...64).contains(name.utf8.count) && !name.hasPrefix(".")
    && name.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"),
        UInt8(ascii: "-"):
        true
      default: false
      }
    }
}
