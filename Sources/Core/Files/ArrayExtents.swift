/// The bytes of an array with these extents, none of them negative; nil where no memory could hold
/// it.
///
/// An extent of 0 makes an array empty, but not the others small: `[0, 2^40, 2^40]` is nil, so that
/// any product of some of the extents fits.
package func byteCount(ofShape shape: [Int], elementBytes: Int) -> Int? {
  var bound = elementBytes
  for extent in shape {
    let (product, overflow) = bound.multipliedReportingOverflow(by: max(1, extent))
    guard !overflow, extent >= 0 else { return nil }
    bound = product
  }
  return shape.contains(0) ? 0 : bound
}
