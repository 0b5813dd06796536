"""compare_train - 50 steps beside transformers + PEFT on the real, dequantised weights.

usage: compare_train.py MODEL.gguf TOKENIZER_DIR BENCH_TRAIN FOLDER

Same batches, initial adapter, AdamW and learning rate, dropout 0, F32 there; here F32 and
BF16. FOLDER keeps what both read and the losses. The text is this repository's docs. Fails
when a step's loss is more than 1 % away.
"""

import json
import os
import subprocess
import sys

import numpy as np
import torch
import torch.nn.functional as F
from peft import LoraConfig, get_peft_model
from tokenizers import Tokenizer

from compare_transformers import hf_model
from weights_io import load_gguf, state_dict_for_hf

STEPS, SEQUENCES, LENGTH, PROMPT = 50, 2, 128, 64
RANK, ALPHA, LR, LIMIT = 16, 32, 5e-4, 0.01
MODULES = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
DOCS = ["docs/MODEL.md", "docs/ARCHITECTURE.md", "docs/SEMANTIC.md", "docs/SPEED.md", "docs/ACCURACY.md", "README.md"]


def batches(tokenizer):
    text = "\n".join(open(name, encoding="utf-8").read() for name in DOCS)
    ids = Tokenizer.from_file(os.path.join(tokenizer, "tokenizer.json")).encode(text, add_special_tokens=False).ids
    step = (len(ids) - LENGTH) // (STEPS * SEQUENCES)
    cut = [[2] + ids[i * step:i * step + LENGTH - 1] for i in range(STEPS * SEQUENCES)]
    return [cut[i:i + SEQUENCES] for i in range(0, len(cut), SEQUENCES)]


def write_batches(path, made):
    """As bench_train reads them; the last token of a sequence predicts nothing."""
    out = []
    for sequences in made:
        targets = [-1] * (PROMPT - 1) + [0] * (LENGTH - PROMPT) + [-1]
        out += [SEQUENCES * LENGTH, SEQUENCES]
        out += sum(sequences, [])
        for ids in sequences:
            out += [ids[i + 1] if t == 0 else -1 for i, t in enumerate(targets)]
        for i in range(SEQUENCES):
            out += [i * LENGTH, LENGTH, -1]
    np.array(out, dtype="<i4").tofile(path)


def theirs(gguf, made, adapter):
    c, tensors = load_gguf(gguf)
    model = hf_model(c)
    model.load_state_dict(state_dict_for_hf(c, tensors), strict=False)
    model.tie_weights()
    del tensors
    torch.manual_seed(1)
    model = get_peft_model(model, LoraConfig(r=RANK, lora_alpha=ALPHA, lora_dropout=0.0, target_modules=MODULES))
    learned = dict(model.named_parameters())
    names = [f"base_model.model.model.layers.{l}.{'self_attn' if i < 4 else 'mlp'}.{m}.lora_{x}.default.weight"
             for l in range(c.L) for i, m in enumerate(MODULES) for x in "AB"]
    np.concatenate([learned[n].detach().numpy().ravel() for n in names]).astype("<f4").tofile(adapter)
    optimiser = torch.optim.AdamW([learned[n] for n in names], lr=LR, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0)
    losses = []
    for sequences in made:
        ids = torch.tensor(sequences)
        hidden = model.base_model.model.model(ids).last_hidden_state[:, PROMPT - 1:-1]
        logits = model.base_model.model.lm_head(hidden)
        loss = F.cross_entropy(logits.reshape(-1, logits.shape[-1]), ids[:, PROMPT:].reshape(-1))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
        print(f"step {len(losses)}: {losses[-1]:.5f}", flush=True)
    return losses


def ours(gguf, program, batch_file, adapter, f32):
    lines = subprocess.run([program, gguf, f"batches={batch_file}", f"adapter={adapter}", f"rank={RANK}", f"alpha={ALPHA}",
                            f"lr={LR}", f"f32={f32}"], capture_output=True, text=True, check=True).stdout.splitlines()
    return [json.loads(line)["loss"] for line in lines]


def main(gguf, tokenizer, program, folder):
    os.makedirs(folder, exist_ok=True)
    batch_file, adapter = os.path.join(folder, "batches.i32"), os.path.join(folder, "adapter.f32")
    made = batches(tokenizer)
    write_batches(batch_file, made)
    expected = theirs(gguf, made, adapter)
    result = {"transformers + PEFT, F32": expected}
    for name, f32 in (("F32", 1), ("BF16", 0)):
        got = ours(gguf, program, batch_file, adapter, f32)
        assert len(got) == STEPS
        off = [abs(a - b) / b for a, b in zip(got, expected)]
        result[name] = got
        print(f"{name}: loss {got[0]:.4f} to {got[-1]:.4f} (theirs {expected[0]:.4f} to {expected[-1]:.4f}), "
              f"off by {100 * max(off):.3f} % at most, {100 * sum(off) / STEPS:.3f} % in the mean")
        assert max(off) <= LIMIT, name
    with open(os.path.join(folder, "losses.json"), "w") as f:
        json.dump(result, f, indent=1)


if __name__ == "__main__":
    main(*sys.argv[1:])
