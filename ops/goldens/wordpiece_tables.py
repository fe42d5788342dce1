"""Writes the character tables of the WordPiece tokeniser and the golden file of its tests.

The oracle is Hugging Face's `tokenizers`: its tables of categories come from several versions of
Unicode, so tables made from any one version differ from it in some hundred characters.

    python ops/goldens/wordpiece_tables.py
"""

import pathlib
import textwrap

import tokenizers
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer

ROOT = pathlib.Path(__file__).resolve().parents[2]
SWIFT = ROOT / "Sources/Engines/Encoding/Generated/CharacterTables.swift"
GOLDEN = ROOT / "Tests/Engines/EncodingTests/Goldens/word-piece-scalars.txt"
BLOCK = 4096


def normalizer(ideographs: bool, fold: bool) -> BertNormalizer:
    return BertNormalizer(
        clean_text=True, handle_chinese_chars=ideographs, strip_accents=fold, lowercase=fold)


def scalars():
    return (c for c in range(0x110000) if not 0xD800 <= c <= 0xDFFF)


def ranges(values) -> list[list[int]]:
    found: list[list[int]] = []
    for value in values:
        if found and found[-1][1] == value - 1:
            found[-1][1] = value
        else:
            found.append([value, value])
    return found


def range_text(values) -> list[str]:
    return [f"{a:x}" if a == b else f"{a:x}-{b:x}" for a, b in ranges(values)]


def folds(clean: dict[int, str], full: dict[int, str]) -> list[str]:
    """`a-b:` removes, `a-b+d` and `a-b/2+d` add d to each or each second, `a:x.y` writes x, y."""
    removed = [c for c in full if full[c] == "" and clean[c] != ""]
    text = [f"{entry}:" for entry in range_text(removed)]
    single = {c: ord(full[c]) - c for c in full
              if len(full[c]) == 1 and full[c] != clean[c] and clean[c] != " "}
    left = sorted(single)
    while left:
        first = left[0]
        runs = []
        for step in (1, 2):
            last = first
            while single.get(last + step) == single[first]:
                last += step
            runs.append((last - first, step, last))
        length, step, last = max(runs, key=lambda run: (run[0] // run[1], -run[1]))
        delta = f"{single[first]:+x}"
        span = f"{first:x}-{last:x}" if length else f"{first:x}"
        text.append(f"{span}{'/2' if step == 2 and length else ''}{delta}")
        taken = set(range(first, last + 1, step))
        left = [c for c in left if c not in taken]
    for c in full:
        if len(full[c]) > 1 and full[c] != clean[c] and not 0xAC00 <= c <= 0xD7A3:
            text.append(f"{c:x}:" + ".".join(f"{ord(x):x}" for x in full[c]))
    return text


def hangul(c: int) -> str:
    index = c - 0xAC00
    parts = [0x1100 + index // 588, 0x1161 + index % 588 // 28]
    return "".join(map(chr, parts + ([0x11A7 + index % 28] if index % 28 else [])))


def literal(name: str, comment: str, entries: list[str]) -> str:
    body = textwrap.wrap(
        " ".join(entries), 90, break_on_hyphens=False, break_long_words=False)
    lines = "\n".join("    " + line for line in body)
    return f'  /// {comment}\n  static let {name} = """\n{lines}\n    """\n'


def main() -> None:
    clean = {c: normalizer(False, False).normalize_str(chr(c)) for c in scalars()}
    full = {c: normalizer(False, True).normalize_str(chr(c)) for c in scalars()}
    both = normalizer(True, False)
    ideographs = [c for c in scalars() if clean[c] and both.normalize_str(chr(c)) != clean[c]]
    split = BertPreTokenizer()
    punctuation = [c for c in scalars() if not chr(c).isspace()
                   and [t for t, _ in split.pre_tokenize_str(f"a{chr(c)}b")] == ["a", chr(c), "b"]]
    assert all(full[c] == hangul(c) for c in range(0xAC00, 0xD7A4))
    marks = set(punctuation)
    assert not any(ord(x) in marks or x == " " for c in full if len(full[c]) > 1 for x in full[c])
    tables = [
        literal("removed", "Characters that vanish: control, format and private use.",
                range_text([c for c in clean if clean[c] == ""])),
        literal("spaces", "Characters that separate words.",
                range_text([c for c in clean if clean[c] == " "])),
        literal("ideographs", "Characters that are words of their own in Chinese text.",
                range_text(ideographs)),
        literal("punctuation", "Characters that are words of their own.",
                range_text(punctuation)),
        literal("folds", "What lower-casing and removing accents does, Hangul syllables apart.",
                folds(clean, full)),
    ]
    SWIFT.parent.mkdir(parents=True, exist_ok=True)
    SWIFT.write_text(
        f"// Made by ops/goldens/wordpiece_tables.py from tokenizers {tokenizers.__version__}.\n"
        "// Do not edit.\n\n"
        "/// What BERT's tokeniser does with each character, as lists of ranges in hexadecimal.\n"
        "enum CharacterTables {\n" + "\n".join(tables) + "}\n")

    tokenizer = normalizer(True, True)
    lines = [f"# words of 'a<scalar>b' for {BLOCK} scalars a line, FNV-1a; tokenizers "
             f"{tokenizers.__version__}"]
    for block in range(0, 0x110000, BLOCK):
        digest = 0xCBF29CE484222325
        for c in range(block, block + BLOCK):
            if 0xD800 <= c <= 0xDFFF:
                continue
            words = split.pre_tokenize_str(tokenizer.normalize_str(f"a{chr(c)}b"))
            for byte in "\n".join(word for word, _ in words).encode() + b"\0":
                digest = (digest ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
        lines.append(f"{block:06x} {digest:016x}")
    GOLDEN.parent.mkdir(parents=True, exist_ok=True)
    GOLDEN.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
