import Digests
import Testing

/// The expected values are the examples of FIPS 180-4 (NIST's SHA256.pdf) and coreutils' sha256sum.
@Suite struct SHA256Tests {
  @Test(arguments: [
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
  ])
  func `the digest of a text is the standard's`(text: String, expected: String) {
    #expect(SHA256.hash(data: Array(text.utf8)).hexadecimal == expected)
  }

  @Test func `every split of the bytes gives the same digest`() {
    let bytes = (0..<150).map { UInt8(truncatingIfNeeded: $0 &* 37) }
    let whole = SHA256.hash(data: bytes)
    for split in 0...bytes.count {
      var digest = SHA256()
      digest.update(data: Array(bytes[..<split]))
      digest.update(data: Array(bytes[split...]))
      #expect(digest.finalize() == whole)
    }
  }

  @Test func `a copy goes on by itself`() {
    var first = SHA256()
    first.update(data: [1])
    var second = first
    second.update(data: [2])
    #expect(first.finalize() == SHA256.hash(data: [1]))
    #expect(second.finalize() == SHA256.hash(data: [1, 2]))
    first.update(data: [3])
    #expect(first.finalize() == SHA256.hash(data: [1, 3]))
  }
}
