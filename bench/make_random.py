#!/usr/bin/env python3
"""make_random.py gemma-2b|gemma-3-1b TOKENIZER.gguf OUT.gguf - a model of full size with random weights.

Speed and memory don't depend on what the weights say, so a random model of the
right shapes and types measures both honestly where the real weights can't be
had. Q4_K where a row is whole blocks of 256, Q5_0 otherwise, as a quantised file
of these models has it. The tokenizer's metadata are copied from TOKENIZER.gguf,
cut to the model's vocabulary. Scales are chosen so that weights have a standard
deviation of about 0.02 and activations stay finite.
"""
import random
import struct
import sys

SHAPES = {  # arch, layers, width, heads, kv heads, head size, ffn, vocabulary, window
    "gemma-2b": ("gemma", 18, 2048, 8, 1, 256, 16384, 256000, 0),
    "gemma-3-1b": ("gemma3", 26, 1152, 4, 1, 256, 6912, 262144, 512),
}
F32, Q5_0, Q8_0, Q4_K = 0, 6, 8, 12
ALIGN = 32


def read_metadata(path):
    """Raw bytes of each key's value, as they stand in the file: {key: (type, bytes, array type, n, items)}."""
    f = open(path, "rb")
    magic, version, _, n = struct.unpack("<4sIQQ", f.read(24))
    assert magic == b"GGUF" and version == 3
    size = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}

    def text():
        return f.read(struct.unpack("<Q", f.read(8))[0])

    out = {}
    for _ in range(n):
        key = text().decode()
        kind = struct.unpack("<I", f.read(4))[0]
        if kind == 8:
            out[key] = (kind, text())
        elif kind == 9:
            item, count = struct.unpack("<IQ", f.read(12))
            out[key] = (kind, item, [text() if item == 8 else f.read(size[item]) for _ in range(count)])
        else:
            out[key] = (kind, f.read(size[kind]))
    return out


def put_text(b):
    return struct.pack("<Q", len(b)) + b


def put(key, value):
    head = put_text(key.encode()) + struct.pack("<I", value[0])
    if value[0] == 8:
        return head + put_text(value[1])
    if value[0] == 9:
        items = b"".join(put_text(i) if value[1] == 8 else i for i in value[2])
        return head + struct.pack("<IQ", value[1], len(value[2])) + items
    return head + value[1]


def u32(x):
    return (4, struct.pack("<I", x))


def f32(x):
    return (6, struct.pack("<f", x))


def metadata(name, source):
    arch, L, D, H, G, K, F, V, W = SHAPES[name]
    own = {"general.architecture": (8, arch.encode()), "general.name": (8, name.encode() + b"-random"),
           f"{arch}.block_count": u32(L), f"{arch}.embedding_length": u32(D), f"{arch}.context_length": u32(8192),
           f"{arch}.feed_forward_length": u32(F), f"{arch}.attention.head_count": u32(H),
           f"{arch}.attention.head_count_kv": u32(G), f"{arch}.attention.key_length": u32(K),
           f"{arch}.attention.value_length": u32(K), f"{arch}.attention.layer_norm_rms_epsilon": f32(1e-6),
           f"{arch}.rope.freq_base": f32(1e6 if W else 1e4), "general.alignment": u32(ALIGN)}
    if W:
        own[f"{arch}.attention.sliding_window"] = u32(W)
    for key, value in source.items():
        if key.startswith("tokenizer."):
            own[key] = (9, value[1], value[2][:V]) if value[0] == 9 else value
    return own


def tensors(name):
    arch, L, D, H, G, K, F, V, W = SHAPES[name]

    def matrix(rows, columns):
        return (columns, rows), Q4_K if columns % 256 == 0 else Q5_0

    yield "token_embd.weight", (D, V), Q8_0
    yield "output_norm.weight", (D,), F32
    for i in range(L):
        p = f"blk.{i}."
        norms = ["attn_norm", "ffn_norm"] + (["post_attention_norm", "post_ffw_norm"] if W else [])
        for n in norms:
            yield p + n + ".weight", (D,), F32
        if W:
            yield p + "attn_q_norm.weight", (K,), F32
            yield p + "attn_k_norm.weight", (K,), F32
        for n, rows, columns in (("attn_q", H * K, D), ("attn_k", G * K, D), ("attn_v", G * K, D),
                                 ("attn_output", D, H * K), ("ffn_gate", F, D), ("ffn_up", F, D), ("ffn_down", D, F)):
            yield (p + n + ".weight", *matrix(rows, columns))


BLOCK = {F32: (1, 4), Q5_0: (32, 22), Q8_0: (32, 34), Q4_K: (256, 144)}


def n_bytes(dims, kind):
    n = 1
    for d in dims:
        n *= d
    return n // BLOCK[kind][0] * BLOCK[kind][1]


def block_bytes(kind, rng, count=100000):
    """`count` random blocks whose scales give a deviation of 0.02."""
    if kind == F32:
        return struct.pack("<f", 1.0) * count
    head = {Q5_0: struct.pack("<e", 0.0022), Q8_0: struct.pack("<e", 0.00027),
            Q4_K: struct.pack("<ee", 1.2e-4, 9.1e-4)}[kind]
    rest = BLOCK[kind][1] - len(head)
    return b"".join(head + rng.randbytes(rest) for _ in range(count))


def main():
    name, source, out = sys.argv[1:4]
    rng = random.Random(1)
    keys = metadata(name, read_metadata(source))
    listed = list(tensors(name))
    head = struct.pack("<4sIQQ", b"GGUF", 3, len(listed), len(keys)) + b"".join(put(k, v) for k, v in keys.items())
    offset = 0
    for n, dims, kind in listed:
        head += put_text(n.encode()) + struct.pack("<I", len(dims)) + struct.pack(f"<{len(dims)}Q", *dims)
        head += struct.pack("<IQ", kind, offset)
        offset += -(-n_bytes(dims, kind) // ALIGN) * ALIGN
    pools = {kind: block_bytes(kind, rng) for kind in BLOCK}
    with open(out, "wb") as f:
        f.write(head + b"\0" * (-len(head) % ALIGN))
        for n, dims, kind in listed:
            left = size = n_bytes(dims, kind)
            while left > 0:
                f.write(pools[kind][:left])
                left -= len(pools[kind][:left])
            f.write(b"\0" * (-size % ALIGN))


main()
