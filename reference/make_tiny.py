"""make_tiny - tiny random models of each family and what they must compute.

Writes tests/golden/gemma/<name>/model.gguf and golden.json + golden.f32. `quantised`
holds every tensor type in turn: the gguf package encodes the plain ones; of the K
types it can only decode, so their blocks are random bits with sane scales.
"""

import os
import sys

import numpy as np
import torch
from gguf import GGMLQuantizationType as Q
from gguf.quants import dequantize, quantize

import golden
from gemma import Config, Gemma
from weights_io import save_gguf

T = 40  # longer than every window


def shapes(c):
    yield "token_embd.weight", (c.V, c.D)
    yield "output_norm.weight", (c.D,)
    for i in range(c.L):
        b = f"blk.{i}."
        yield b + "attn_norm.weight", (c.D,)
        yield b + "attn_q.weight", (c.H * c.K, c.D)
        yield b + "attn_k.weight", (c.G * c.K, c.D)
        yield b + "attn_v.weight", (c.G * c.K, c.D)
        yield b + "attn_output.weight", (c.D, c.H * c.K)
        if c.family == "gemma3":
            yield b + "attn_q_norm.weight", (c.K,)
            yield b + "attn_k_norm.weight", (c.K,)
        yield b + "ffn_norm.weight", (c.D,)
        yield b + "ffn_gate.weight", (c.F, c.D)
        yield b + "ffn_up.weight", (c.F, c.D)
        yield b + "ffn_down.weight", (c.D, c.F)
        if c.family != "gemma":
            yield b + "post_attention_norm.weight", (c.D,)
            yield b + "post_ffw_norm.weight", (c.D,)


def random_tensors(c, seed):
    r = np.random.default_rng(seed)
    made = {}
    for name, shape in shapes(c):
        if len(shape) == 1:  # gains, whole
            made[name] = (1 + 0.2 * r.standard_normal(shape)).astype(np.float32)
        else:
            made[name] = (r.standard_normal(shape) * 1.2 / np.sqrt(shape[1])).astype(np.float32)
    return made


def vocabulary(V):
    """Four named tokens, 256 bytes, then a few pieces: enough for a tokenizer to open."""
    tokens = [("<pad>", 0.0, 3), ("<eos>", 0.0, 3), ("<bos>", 0.0, 3), ("<unk>", 0.0, 2)]
    tokens += [(f"<0x{b:02X}>", 0.0, 6) for b in range(256)]
    pieces = ["<start_of_turn>", "<end_of_turn>", "\n\n"] + ["▁", "e", "t", "a", "o", "s", "▁t", "he", "h", "▁the"]
    pieces += [chr(c) for c in range(ord("b"), ord("z") + 1) if chr(c) not in "ehost"]
    while len(tokens) + len(pieces) < V:
        pieces.append(f"▁x{len(pieces)}")
    for i, piece in enumerate(pieces[: V - len(tokens)]):
        tokens.append((piece, -1000.0 if i < 3 else -float(i), 3 if i < 2 else 4 if i < 3 else 1))
    return tokens


def k_blocks(kind, rows, columns, r):
    """Random valid blocks: sane float16 scales, everything else any bits."""
    size = {Q.Q4_K: 144, Q.Q5_K: 176, Q.Q6_K: 210}[kind]
    blocks = r.integers(0, 256, (rows * columns // 256, size), dtype=np.uint8)
    half = lambda low, high: r.uniform(low, high, (len(blocks), 1)).astype("<f2").view(np.uint8)
    if kind == Q.Q6_K:  # scales are signed bytes here: d at the end
        blocks[:, 208:210] = half(1e-5, 2e-5)
    else:  # d and dmin first; mean of scale * quant and of minimum cancel roughly
        top = 15 if kind == Q.Q4_K else 31
        blocks[:, 0:2] = half(0.0002, 0.0003) * 1
        blocks[:, 2:4] = (blocks[:, 0:2].copy().view("<f2").astype(np.float32) * top / 2).astype("<f2").view(np.uint8)
    return blocks.reshape(rows, -1)


def encode(name, array, kind, r):
    if kind in (Q.Q4_K, Q.Q5_K, Q.Q6_K):
        return kind, k_blocks(kind, *array.shape, r)
    if kind == Q.F32:
        return kind, array
    if kind == Q.F16:
        return kind, array.astype(np.float16)
    return kind, quantize(array, kind)


def kinds_plain(kind):
    return lambda name, shape: Q.F32 if len(shape) == 1 else kind


def kinds_mixed():
    wide = [Q.Q4_K, Q.Q5_K, Q.Q6_K, Q.Q8_0, Q.Q5_0, Q.Q4_0, Q.Q4_1, Q.Q5_1, Q.BF16, Q.F16]
    narrow = [Q.Q8_0, Q.Q5_0, Q.Q4_0, Q.Q4_1, Q.Q5_1, Q.BF16, Q.F16]
    count = [0, 0]

    def choose(name, shape):
        if len(shape) == 1:
            return Q.F32
        if name == "token_embd.weight":
            return Q.Q8_0
        which = 0 if shape[1] % 256 == 0 else 1
        row = narrow if which else wide
        count[which] += 1
        return row[count[which] % len(row)]

    return choose


def models():
    yield "gemma3", Config("gemma3", L=7, D=32, H=4, G=1, K=16, F=64, V=300, window=8, query_scale=16,
                           is_global=[(i + 1) % 6 == 0 for i in range(7)], rope_theta_global=1e6,
                           context=128), kinds_plain(Q.F32), 3
    yield "gemma3_scaled", Config("gemma3", L=6, D=32, H=4, G=2, K=16, F=64, V=300, window=8, query_scale=16,
                                  is_global=[i == 5 for i in range(6)], rope_theta_global=1e6, rope_scale=8.0,
                                  context=128), kinds_plain(Q.F16), 4
    yield "gemma2", Config("gemma2", L=4, D=32, H=4, G=2, K=16, F=64, V=300, window=8, query_scale=16,
                           is_global=[i % 2 == 1 for i in range(4)], attn_softcap=5.0, final_softcap=3.0,
                           context=128), kinds_plain(Q.F32), 2
    yield "gemma1", Config("gemma", L=2, D=32, H=4, G=1, K=16, F=64, V=300, query_scale=16,
                           is_global=[True, True], context=128), kinds_plain(Q.F32), 1
    yield "quantised", Config("gemma3", L=6, D=256, H=2, G=1, K=16, F=32, V=300, window=8, query_scale=16,
                              is_global=[i == 5 for i in range(6)], rope_theta_global=1e6,
                              context=128), kinds_mixed(), 5


def make(folder, name, c, choose, seed):
    r = np.random.default_rng(seed + 100)
    encoded = {n: encode(n, a, choose(n, a.shape), r) for n, a in random_tensors(c, seed).items()}
    tensors = {n: torch.from_numpy(np.array(dequantize(a, k), dtype=np.float32).reshape(
        dict(shapes(c))[n])) for n, (k, a) in encoded.items()}
    os.makedirs(folder, exist_ok=True)
    save_gguf(os.path.join(folder, "model.gguf"), c, encoded, vocabulary(c.V))
    ids = [2] + [int(x) for x in r.integers(4, c.V, T - 1)]
    model = Gemma(c, tensors)
    with torch.no_grad():
        states = model.hidden(ids)
        logits = model.logits(states[-1])
        [(next_ids, gaps)] = model.greedy([ids], 16)
    arrays = {"embedding": states[0]}
    arrays.update({f"layer.{i}": states[i + 1] for i in range(c.L)})
    arrays.update({"final_norm": states[-1], "logits": logits})
    golden.write(os.path.join(folder, "golden"), {
        "made_by": "reference/make_tiny.py", "torch": torch.__version__, "family": c.family, "ids": ids,
        "greedy": {"ids": next_ids, "gaps": [round(g, 6) for g in gaps]}}, arrays)
    print(name, {k: round(float(v.abs().mean()), 3) for k, v in arrays.items()}, min(gaps))
    return c, tensors, ids, logits


def main(root):
    for name, c, choose, seed in models():
        make(os.path.join(root, name), name, c, choose, seed)


if __name__ == "__main__":
    main(sys.argv[1])
