private import CKernels

/// The layout of a page of a cache: the keys and values of one layer and key-value head at 64
/// positions, as halves.
///
/// Keys stand first, as `[block of 16 positions][head][16]`, then values, as `[position][head]`.
package enum CachePage {
  /// The positions of a page.
  package static let positionCount = Int(KERNELS_PAGE_POSITIONS)
  /// The positions whose attention is computed in one piece.
  package static let segmentPositionCount = positionCount * Int(KERNELS_SEGMENT_PAGES)

  /// The halves of a page.
  package static func elementCount(headSize: Int) -> Int { 2 * positionCount * headSize }

  /// Copies the first `count` positions of a page.
  package static func copy(
    _ count: Int, from page: UnsafePointer<UInt16>, headSize: Int,
    to out: UnsafeMutablePointer<UInt16>
  ) {
    kernels_page_copy(headSize, count, page, out)
  }

  /// Up to 256 positions of one layer and key-value head, in pages at equal distances.
  package struct Segment {
    /// The number of positions.
    package var positionCount: Int
    /// The page with the number 0.
    package var start: UnsafePointer<UInt16>
    /// The halves from a page to the next.
    package var pageStride: Int
    /// The numbers of the segment's pages.
    package var pages: UnsafePointer<Int32>

    /// Describes a segment.
    package init(
      positionCount: Int, start: UnsafePointer<UInt16>, pageStride: Int,
      pages: UnsafePointer<Int32>
    ) {
      precondition(
        (1...CachePage.segmentPositionCount).contains(positionCount), "\(positionCount) positions")
      self.positionCount = positionCount
      self.start = start
      self.pageStride = pageStride
      self.pages = pages
    }
  }
}

extension KernelPath {
  /// Writes a key to place `slot` of a page, rounded to halves and clamped to their range.
  package func write(
    key: UnsafePointer<Float>, headSize: Int, slot: Int, to page: UnsafeMutablePointer<UInt16>
  ) {
    kernels_page_write_key(number, headSize, key, slot, page)
  }

  /// Writes a value to place `slot` of a page, rounded to halves and clamped to their range.
  package func write(
    value: UnsafePointer<Float>, headSize: Int, slot: Int, to page: UnsafeMutablePointer<UInt16>
  ) {
    kernels_page_write_value(number, headSize, value, slot, page)
  }

  /// The floats that `attend` writes for each head.
  package static func attentionPartCount(headSize: Int) -> Int { headSize + 2 }

  /// Attends from `headCount` queries, which are scaled already, to one segment.
  ///
  /// For each head, `out` becomes the weighted sum of the values, the sum of the weights
  /// `exp(q · k − top)`, and `top`, the largest `q · k`. Cost: `4 · heads · positions · headSize`
  /// operations; keys and values are read once for up to four heads.
  package func attend(
    headCount: Int, headSize: Int, queries: UnsafePointer<Float>, to segment: CachePage.Segment,
    out: UnsafeMutablePointer<Float>
  ) {
    var segment = kernels_segment(
      count: segment.positionCount, start: segment.start, page_stride: segment.pageStride,
      pages: segment.pages)
    kernels_attend(number, headCount, headSize, queries, &segment, out)
  }

  /// Merges the results of `attend` for the segments of one head, in their order, into `out`.
  ///
  /// The results of consecutive segments stand `stride` floats apart.
  package func mergeAttention(
    headSize: Int, segmentCount: Int, parts: UnsafePointer<Float>, stride: Int,
    out: UnsafeMutablePointer<Float>
  ) {
    kernels_attention_merge(number, headSize, segmentCount, parts, stride, out)
  }
}
