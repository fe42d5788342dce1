"""Writes the character ranges of the byte-pair tokeniser and the golden file of its tests.

The oracle is llama.cpp through llama-cpp-python, for the classes of characters as well: its tables come from one version of
Unicode. The model is SmolLM2-135M-Instruct, Apache-2.0; its token ids are facts.

    python ops/goldens/byte_pairs.py MODEL.gguf
"""

import ctypes
import json
import pathlib
import random
import sys
import textwrap

import jinja2
import llama_cpp

ROOT = pathlib.Path(__file__).resolve().parents[2]
SWIFT = ROOT / "Sources/Engines/Decoding/Tokenization/Generated/CharacterRanges.swift"
GOLDEN = ROOT / "Tests/Engines/DecodingTests/Goldens/byte-pairs.json"
BLOCK = 4096

CORPUS = [
    "", " ", "  ", "\n", "\t", "\r\n", " \n ", "a", " a", "a ", "Hello, world!", "hello world  ", "  leading", "a\n\n\nb", "a \n b",
    "The quick brown fox jumps over the lazy dog.", "don't can't I'm you're we've they'll he'd it's 'tis 'LL 'S 'Re", "''s '''t",
    "0 1 12 123 1234 12345.678e-90 1,000,000 ٣٤٥ ½ ² Ⅷ", "a1b2 c3 4d", " 5", "  5", "   5 6", "x  7", "3.14159\n2.71828",
    "def f(x: int) -> int:\n    return x ** 2  # squared\n\n\nclass A:\n\tpass\n",
    "func map<T>(_ transform: (Element) throws -> T) rethrows -> [T] {\n  var result: [T] = []\n  return result\n}\n",
    "#include <stdio.h>\nint main(void) { printf(\"%d\\n\", 1 << 3); return 0; }\n",
    "SELECT * FROM t WHERE a >= 10 AND b <> 'x''y';", "{\"a\": [1, 2.5e3, null, true], \"b\": {\"c\": \"\\u00e9\"}}",
    "<html><body class=\"x\">&nbsp;</body></html>", "https://example.org/a/b?c=d&e=f#g", "C:\\Users\\x\\y.txt", "$ ls -la | grep '^d' && echo ok",
    "naïve café Zürich façade coöperate", "ÀÉÎÕÜ àéîõü ß ẞ ſ", "Привет, мир! Как дела?", "Γειά σου Κόσμε", "שלום עולם", "مرحبا بالعالم",
    "नमस्ते दुनिया", "สวัสดีชาวโลก", "你好，世界。", "こんにちは世界、カタカナ", "안녕하세요 세계", "中文English混合123",
    "😀😃 👨‍👩‍👧‍👦 🏳️‍🌈 👍🏽 🇩🇪", "e\u0301 vs \u00e9; a\u0308\u0323", "\u200b\u200d\ufeff\u2060", "a\u00a0b\u2003c\u3000d\u2028e\u2029f\u0085g",
    "   \u00a0  x", "\u3000\u3000日", "\ufffd\ufffe\uffff", "\U0001d54f\U0001f9ff\U00020000\U0010ffff", "\u0378\u0379 \U000e0100", "\x00\x01\x04\x06\x1d\x7f",
    "a\x00b", "\x0b\x0c\x1c\x1f x", "—–-‐‑ “quotes” ‘single’ … • ™ © ®", "∀x∈ℝ: ∃y ≤ x² ⇒ √y", "a" * 300, " " * 300, "\n" * 120, "\t" * 77 + "x", " " * 63 + "x", "ab" * 150,
    "-" * 200, "=" * 99 + "\n", "!?" * 60, "9" * 50, "word " * 40, " \n" * 50, "\n " * 50 + "end", "e\u0301" * 30,
    "<|im_start|>user\nHi<|im_end|>\n", "<|endoftext|>", "x<|im_end|>y <|im_end|> z", "<|im_start", "<|im_start|", "<<|im_end|>>", "<|im_end|><|im_end|>",
    "<repo_name>a/b<file_sep>c.py<jupyter_code>1+1<empty_output>", "<filename> <filenam>", "<|IM_END|>", "< |im_end|>",
]

CHATS = [
    ([("user", "What is 2 + 2?")], ""),
    ([("system", "You are terse."), ("user", "Hi")], ""),
    ([("user", "Hi"), ("assistant", "Hello!"), ("user", "  spaces \n")], ""),
    ([("assistant", "I begin."), ("user", "")], "Sure"),
    ([("system", ""), ("user", "\n\nlines\n")], "\n"),
]

ALPHABET = (list("ab sS'tlvermd dT019.,!?-_\n\t\r") + [" "] * 6 + ["\n\n", "  ", "'re", "'ll", "é", "ß", "ж", "中", "文", "😀", "\u0301", "\u00a0", "\u3000", "\u2028", "٣",
            "½", "\u200d", "\u0085", "\ufffd", "\U0010ffff", "the", "ing", "tion", "<|im_end|>", "<|", "|>"])


def range_text(values) -> list[str]:
    found: list[list[int]] = []
    for value in values:
        if found and found[-1][1] == value - 1:
            found[-1][1] = value
        else:
            found.append([value, value])
    return [f"{a:x}" if a == b else f"{a:x}-{b:x}" for a, b in found]


def literal(name: str, comment: str, entries: list[str]) -> str:
    body = textwrap.wrap(" ".join(entries), 90, break_on_hyphens=False, break_long_words=False)
    lines = "\n".join("    " + line for line in body)
    return f'  /// {comment}\n  static let {name} = """\n{lines}\n    """\n'


def scalars():
    return (c for c in range(0x110000) if not 0xD800 <= c <= 0xDFFF)


def write_ranges() -> None:
    flags_of = llama_cpp.llama_cpp._lib["_Z26unicode_cpt_flags_from_cptj"]
    flags_of.restype = ctypes.c_uint16
    flags_of.argtypes = [ctypes.c_uint32]
    flags = {c: flags_of(c) for c in scalars()}
    number, letter, space = 0x2, 0x4, 0x100
    # The splitting rules ask in this order.
    tables = [
        literal("letters", "Letters.", range_text(c for c in flags if flags[c] & letter)),
        literal("numbers", "Numbers.", range_text(c for c in flags if flags[c] & number)),
        literal("spaces", "White space.", range_text(c for c in flags if flags[c] & space)),
    ]
    assert not any(bin(flags[c] & (number | letter | space)).count("1") > 1 for c in flags)
    SWIFT.parent.mkdir(parents=True, exist_ok=True)
    SWIFT.write_text(
        f"// Made by ops/goldens/byte_pairs.py from llama-cpp-python {llama_cpp.__version__}.\n// Do not edit.\n\n"
        "/// The classes of characters by which text is cut into words, as lists of ranges in hexadecimal.\n"
        "enum CharacterRanges {\n" + "\n".join(tables) + "}\n")


def main() -> None:
    write_ranges()
    llama = llama_cpp.Llama(sys.argv[1], vocab_only=True, verbose=False)

    def ids(text: str, special: bool) -> list[int]:
        return llama.tokenize(text.encode(), add_bos=False, special=special)

    generator = random.Random(7)
    texts = CORPUS + ["".join(generator.choices(ALPHABET, k=generator.randrange(1, 60))) for _ in range(300)]
    cases = [{"text": t, "ids": ids(t, False), "special": ids(t, True)} for t in texts]
    template = jinja2.Environment().from_string(llama.metadata["tokenizer.chat_template"])
    chats = []
    for turns, prefix in CHATS:
        messages = [{"role": role, "content": content} for role, content in turns]
        text = template.render(messages=messages, add_generation_prompt=True) + prefix
        chats.append({"messages": messages, "prefix": prefix, "ids": ids(text, True)})
    blocks = []
    for block in range(0, 0x110000, BLOCK):
        digest = 0xCBF29CE484222325
        for c in range(block, block + BLOCK):
            if 0xD800 <= c <= 0xDFFF:
                continue
            for token in ids(f"a{chr(c)} {chr(c)}  {chr(c)}1", False):
                digest = (digest ^ token) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
        blocks.append(f"{digest:016x}")
    GOLDEN.parent.mkdir(parents=True, exist_ok=True)
    provenance = f"ops/goldens/byte_pairs.py, llama-cpp-python {llama_cpp.__version__}, SmolLM2-135M-Instruct Q4_1"
    rows = ",\n".join(json.dumps(case) for case in cases)
    talks = ",\n".join(json.dumps(chat) for chat in chats)
    GOLDEN.write_text(
        f'{{"provenance": {json.dumps(provenance)},\n"scalars": {json.dumps(blocks)},\n"chats": [\n{talks}\n],\n"cases": [\n{rows}\n]}}\n')


if __name__ == "__main__":
    main()
