"""make_token - token ids that the C tokenizer must give (tests/golden/token).

  small/tokenizer.model   a SentencePiece model of Gemma's kind, about 2,000 pieces,
                          trained here on strings.py
  small/tokenizer.json    the same vocabulary as Gemma's own tokenizer.json is made
  small/vocabulary.gguf   the same vocabulary inside a model of one tiny layer
  small/model.ids         ids of 1,000 strings, transformers on tokenizer.model
  small/json.ids          the same on tokenizer.json (and expected of the GGUF file)
  gemma3.ids              ids of 10,000 strings, Gemma 3's tokenizer.json, no <bos>

A .ids file is "TOKS", then varints (seven bits a byte, low first, high bit = more):
the number of strings; per string its length in bytes, its bytes, the number of ids,
the ids. Strings are raw bytes; ids are of the text with U+FFFD for what is not UTF-8,
special tokens parsed.

usage: make_token.py GOLDEN_FOLDER [FOLDER_OF_GEMMA3_TOKENIZER_JSON]
"""

import io
import os
import random
import sys

import numpy as np
import sentencepiece
from gguf import GGMLQuantizationType as Q
from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers
from transformers import AutoTokenizer, GemmaTokenizer
from transformers.tokenization_utils_base import generate_merges

import strings as texts
from gemma import Config
from make_tiny import random_tensors
from weights_io import save_gguf

MARKS = (["<mask>"] + [f"<unused{i}>" for i in range(6)] + ["<start_of_turn>", "<end_of_turn>"]
         + ["\n" * n for n in range(1, 9)] + ["▁" * n for n in range(2, 9)] + ["\t" * n for n in range(2, 4)]
         + ["<table>", "<td>", "<h1>", "</h1>", "<br>"])


def varint(n):
    out = bytearray()
    while n >= 128:
        out.append(n & 127 | 128)
        n >>= 7
    out.append(n)
    return bytes(out)


def write_ids(path, encode, some):
    out = [b"TOKS", varint(len(some))]
    total = 0
    for data in some:
        ids = encode(texts.as_text(data))
        total += len(ids)
        out += [varint(len(data)), data, varint(len(ids)), *map(varint, ids)]
    with open(path, "wb") as f:
        f.write(b"".join(out))
    print(path, len(some), "strings", total, "ids", sum(map(len, out)), "bytes")


def train(path):
    r = random.Random(7)
    lines = []
    for _ in range(6000):
        kind = r.choice([texts.sql, texts.words, texts.sentence, texts.sentence, texts.code, texts.numbers])
        lines.append(kind(r).replace("\n", " "))
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(lines), model_writer=model, model_type="bpe", vocab_size=2000,
        byte_fallback=True, normalization_rule_name="identity", add_dummy_prefix=False,
        remove_extra_whitespaces=False, split_digits=True, allow_whitespace_only_pieces=True,
        user_defined_symbols=MARKS, pad_id=0, eos_id=1, bos_id=2, unk_id=3, pad_piece="<pad>",
        eos_piece="<eos>", bos_piece="<bos>", unk_piece="<unk>", character_coverage=0.995,
        num_threads=1, minloglevel=2)
    with open(path, "wb") as f:
        f.write(model.getvalue())
    return sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())


def gemma_json(sp, path):
    """A tokenizer.json as Google's: merges by score, ties as transformers' converter breaks them."""
    n = sp.get_piece_size()
    pieces = [sp.id_to_piece(i) for i in range(n)]
    scores = {p: sp.get_score(i) for i, p in enumerate(pieces)}
    vocab = {p: i for i, p in enumerate(pieces)}
    t = Tokenizer(models.BPE(vocab=vocab, merges=generate_merges(vocab, scores), fuse_unk=True,
                             unk_token="<unk>", byte_fallback=True))
    t.normalizer = normalizers.Replace(" ", "▁")
    t.pre_tokenizer = pre_tokenizers.Split(" ", "merged_with_previous")
    t.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
    special = {"<pad>", "<eos>", "<bos>", "<unk>", "<start_of_turn>", "<end_of_turn>"}
    for p in pieces[:4] + MARKS:
        token = AddedToken(p, normalized=False, special=p in special)
        (t.add_special_tokens if p in special else t.add_tokens)([token])
    t.save(path)
    return t


def gguf_of(sp, path):
    """Scores and types as llama.cpp's converter writes them."""
    kinds = []
    for i in range(sp.get_piece_size()):
        piece = sp.id_to_piece(i)
        if sp.is_byte(i):
            kinds.append((piece, sp.get_score(i), 6))
        elif sp.is_control(i) or sp.is_unknown(i) or piece.startswith("<unused") or piece == "<mask>" \
                or "_of_turn>" in piece:
            kinds.append((piece, -1000.0, 3))
        elif piece in MARKS:
            kinds.append((" " * len(piece) if piece[0] == "▁" else piece, -1000.0, 4))
        else:
            kinds.append((piece, sp.get_score(i), 1))
    c = Config("gemma", L=1, D=2, H=1, G=1, K=2, F=2, V=len(kinds), query_scale=2, is_global=[True], context=64)
    encoded = {n: (Q.F32, np.zeros_like(a)) for n, a in random_tensors(c, 1).items()}
    save_gguf(path, c, encoded, kinds)


def small(folder):
    os.makedirs(folder, exist_ok=True)
    sp = train(os.path.join(folder, "tokenizer.model"))
    some = texts.strings(1000)
    by_model = os.path.join(folder, "model_only")
    os.makedirs(by_model, exist_ok=True)
    os.replace(os.path.join(folder, "tokenizer.model"), os.path.join(by_model, "tokenizer.model"))
    theirs = GemmaTokenizer.from_pretrained(by_model)
    os.replace(os.path.join(by_model, "tokenizer.model"), os.path.join(folder, "tokenizer.model"))
    os.rmdir(by_model)
    encode = lambda text: theirs(text, add_special_tokens=False).input_ids
    write_ids(os.path.join(folder, "model.ids"), encode, some)
    fast = gemma_json(sp, os.path.join(folder, "tokenizer.json"))
    of_json = lambda text: fast.encode(text, add_special_tokens=False).ids
    write_ids(os.path.join(folder, "json.ids"), of_json, some)
    gguf_of(sp, os.path.join(folder, "vocabulary.gguf"))
    plain = [s for s in map(texts.as_text, some)]
    print("json differs from model:", sum(of_json(s) != encode(s) for s in plain),
          "sentencepiece differs from model:", sum(sp.encode(s) != encode(s) for s in plain))


def main(folder, gemma3=None):
    small(os.path.join(folder, "small"))
    if gemma3:
        theirs = AutoTokenizer.from_pretrained(gemma3)
        write_ids(os.path.join(folder, "gemma3.ids"),
                  lambda text: theirs(text, add_special_tokens=False).input_ids, texts.strings(10000))


if __name__ == "__main__":
    main(*sys.argv[1:])
