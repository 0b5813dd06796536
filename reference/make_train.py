"""make_train - loss and LoRA gradients of the tiny models, by PyTorch's autograd.

usage: make_train.py GEMMA_GOLDENS OUT

Every example is computed on its own: prefix and completion as one sequence, loss on the
completion. The C code gets the same examples as one packed batch whose prefixes are
shared (src/train/model.h), so loss and gradients must be equal, not only close in kind.
Adapters enter as W + s B A, which is what y = W x + s B (A x) means without dropout.
"""

import os
import sys

import numpy as np
import torch
import torch.nn.functional as F

import golden
from gemma import Gemma
from make_tiny import models
from weights_io import load_gguf

RANK, ALPHA = 5, 8.0  # odd on purpose
PARTS = ["attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down"]


def adapters(c, tensors, r):
    """name -> (A, B) in the order of train_model_tensors."""
    made = {}
    for layer in range(c.L):
        for part in PARTS:
            name = f"blk.{layer}.{part}.weight"
            n, k = tensors[name].shape
            made[name] = tuple(torch.tensor((r.standard_normal(s) * 0.5 / np.sqrt(k)).astype(np.float32),
                                            requires_grad=True) for s in ((RANK, k), (n, RANK)))
    return made


def batch(c, r):
    """Groups of (prefix, children); a child begins with the last token of what it continues."""
    ids = lambda n: [int(x) for x in r.integers(4, c.V, n)]
    return [([2] + ids(10), [ids(7), ids(1), ids(13)]), ([], [[2] + ids(20)]), ([2] + ids(4), [ids(12), ids(9)])]


def packed(groups):
    ids, targets, segments = [], [], []
    for prefix, children in groups:
        parent = -1
        if prefix:
            parent = len(segments)
            segments.append([len(ids), len(prefix), -1])
            ids += prefix
            targets += [-1] * len(prefix)
        for child in children:
            segments.append([len(ids), len(child), parent])
            ids += child
            targets += child[1:] + [1]
    return ids, targets, segments


def loss_of(model, groups):
    loss = 0
    for prefix, children in groups:
        for child in children:
            logits = model.logits(model.hidden(prefix + child)[-1])[len(prefix):]
            loss = loss + F.cross_entropy(logits, torch.tensor(child[1:] + [1]), reduction="sum")
    return loss


def make(source, out, name, seed):
    c, tensors = load_gguf(os.path.join(source, name, "model.gguf"))
    r = np.random.default_rng(seed)
    lora, groups = adapters(c, tensors, r), batch(c, r)
    model = Gemma(c, {n: t + ALPHA / RANK * lora[n][1] @ lora[n][0] if n in lora else t for n, t in tensors.items()})
    loss = loss_of(model, groups)
    loss.backward()
    flat = lambda of: torch.cat([of(t).reshape(-1) for pair in lora.values() for t in pair]).detach()
    ids, targets, segments = packed(groups)
    os.makedirs(out, exist_ok=True)
    golden.write(os.path.join(out, name), {
        "made_by": "reference/make_train.py", "torch": torch.__version__, "rank": RANK, "alpha": ALPHA,
        "ids": ids, "targets": targets, "segments": segments, "loss": loss.item()},
        {"weights": flat(lambda t: t), "gradients": flat(lambda t: t.grad)})
    print("train", name, loss.item(), len(ids), float(flat(lambda t: t.grad).abs().mean()))


if __name__ == "__main__":
    for seed, (name, *_) in enumerate(models()):
        if name != "quantised":
            make(sys.argv[1], sys.argv[2], name, 200 + seed)
