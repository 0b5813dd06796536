"""make_minilm - what the sentence encoder must give (tests/golden/minilm).

  minilm.hashes   all-MiniLM-L6-v2's tokenizer as sentence-transformers calls it (256 tokens at
                  most) on the 10,000 strings of strings.py: per string FNV-1a (32 bits) of its ids
                  as little-endian int32
  texts.json      texts, and `width`; vectors.i16: their vectors by sentence-transformers in F32,
                  each value times 32767 as little-endian int16, text after text
  tiny/           a random model of transformers' BertModel (2 layers, width 32, 4 heads, 96, a
                  vocabulary of letters); tiny.hashes: ids of the first 2,000 strings; tiny.f32:
                  vectors of texts.json's first 40 texts

usage: make_minilm.py GOLDEN_FOLDER FOLDER_OF_THE_MODEL
"""

import json
import os
import random
import string
import sys

import numpy as np
import torch
from sentence_transformers import SentenceTransformer
from tokenizers import Tokenizer, normalizers, pre_tokenizers, processors
from tokenizers.models import WordPiece
from transformers import BertConfig, BertModel

import strings as texts

MARKS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]


def fnv(ids):
    h = 2166136261
    for b in np.asarray(ids, "<i4").tobytes():
        h = (h ^ b) * 16777619 & 0xFFFFFFFF
    return h


def write_hashes(path, encode, some):
    np.asarray([fnv(encode(texts.as_text(s))) for s in some], "<u4").tofile(path)
    print(path, len(some), "strings")


def some_texts():
    r = random.Random(11)
    out = list(texts.SENTENCES) + ["", " ", "a", "?", "sales", "😀", "[MASK] stands for a word", "x" * 150]
    kinds = [texts.sql, texts.sentence, texts.words, texts.code, texts.numbers]
    while len(out) < 230:
        out.append(r.choice(kinds)(r))
    for n in (40, 90, 200, 400, 1000):  # the last two are cut at 256 tokens
        for _ in range(2):
            out.append(" ".join(r.choice(texts.WORDS) for _ in range(n)))
    return [t.replace("\0", "") for t in out]


def small_vocabulary():
    pieces = list(MARKS)
    letters = string.ascii_lowercase + string.digits + "абвгдежзиклмнопрстуфхчыя" + "αβγδεικλμνοπρςστω"
    pieces += list(letters) + ["##" + c for c in letters]
    pieces += list(string.punctuation) + ["—", "…", "年", "店", "去"]
    words = "sales store region revenue the of in for by with sum select from group order count date per and which".split()
    pieces += words + ["##s", "##ing", "##ed", "##er", "##es", "##ion"][1:]
    return list(dict.fromkeys(pieces))


def tiny(folder, first):
    os.makedirs(folder, exist_ok=True)
    pieces = small_vocabulary()
    with open(os.path.join(folder, "vocab.txt"), "w", encoding="utf-8") as f:
        f.write("\n".join(pieces) + "\n")
    ids = {p: i for i, p in enumerate(pieces)}
    t = Tokenizer(WordPiece(ids, unk_token="[UNK]", max_input_chars_per_word=100))
    t.normalizer = normalizers.BertNormalizer()
    t.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    t.add_special_tokens(MARKS)
    t.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", ids["[CLS]"]), ("[SEP]", ids["[SEP]"])])
    t.enable_truncation(256)
    write_hashes(os.path.join(folder, "tiny.hashes"), lambda s: t.encode(s).ids, texts.strings(2000))
    torch.manual_seed(5)
    config = BertConfig(vocab_size=len(pieces), hidden_size=32, num_hidden_layers=2, num_attention_heads=4,
                        intermediate_size=96, max_position_embeddings=256, hidden_act="gelu")
    model = BertModel(config, add_pooling_layer=False).eval()
    for p in model.parameters():  # as wide as trained ones
        torch.nn.init.normal_(p, 0.0, 0.3)
    for name, p in model.named_parameters():
        if name.endswith("LayerNorm.weight"):
            torch.nn.init.normal_(p, 1.0, 0.2)
    model.save_pretrained(folder)
    with open(os.path.join(folder, "config.json")) as f:
        keep = json.load(f)
    keys = ["hidden_act", "hidden_size", "intermediate_size", "layer_norm_eps", "max_position_embeddings", "model_type",
            "num_attention_heads", "num_hidden_layers", "type_vocab_size", "vocab_size"]
    with open(os.path.join(folder, "config.json"), "w") as f:
        json.dump({k: keep[k] for k in keys}, f, indent=1)
    out = []
    for s in first:
        x = torch.tensor([t.encode(s).ids])
        with torch.no_grad():
            v = model(x).last_hidden_state[0].mean(0)
        out.append((v / v.norm()).numpy())
    np.asarray(out, "<f4").tofile(os.path.join(folder, "tiny.f32"))


def main(folder, model):
    os.makedirs(folder, exist_ok=True)
    theirs = SentenceTransformer(model, device="cpu")
    theirs.max_seq_length = 256
    tokenizer = theirs.tokenizer
    write_hashes(os.path.join(folder, "minilm.hashes"),
                 lambda s: tokenizer(s, truncation=True, max_length=256).input_ids, texts.strings(10000))
    some = some_texts()
    vectors = np.asarray([theirs.encode([s], normalize_embeddings=True)[0] for s in some])
    np.asarray(np.round(vectors * 32767), "<i2").tofile(os.path.join(folder, "vectors.i16"))
    with open(os.path.join(folder, "texts.json"), "w", encoding="utf-8") as f:
        json.dump({"width": vectors.shape[1], "texts": some}, f, ensure_ascii=False, indent=0)
    tiny(os.path.join(folder, "tiny"), some[:40])


if __name__ == "__main__":
    main(*sys.argv[1:])
