"""smoke_gpu - deploy/train_gpu on a tiny model: a few steps on the CPU, and its adapter loads here.

usage: smoke_gpu.py TINY_HF_FOLDER TINY.gguf SALESBOT FOLDER
"""

import json
import os
import shutil
import subprocess
import sys

from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers
from transformers import PreTrainedTokenizerFast

from make_tiny import vocabulary


def tokenizer(folder, V):
    """The tiny models' vocabulary as transformers reads it."""
    pieces = [token for token, _, _ in vocabulary(V)]
    made = Tokenizer(models.BPE(vocab={p: i for i, p in enumerate(pieces)}, merges=[], byte_fallback=True, unk_token="<unk>"))
    made.normalizer = normalizers.Replace(" ", "▁")
    made.decoder = decoders.ByteFallback()
    made.add_special_tokens([AddedToken(p, special=True) for p in pieces[:4] + ["<start_of_turn>", "<end_of_turn>"]])
    PreTrainedTokenizerFast(tokenizer_object=made, bos_token="<bos>", eos_token="<eos>", pad_token="<pad>",
                            unk_token="<unk>").save_pretrained(folder)


def data(path, n):
    with open(path, "w", encoding="utf-8") as f:
        for i in range(n):
            f.write(json.dumps({"messages": [{"role": "user", "content": f"the tables {i % 5}: how <end_of_turn> many?"},
                                             {"role": "assistant", "content": f"FROM t{i % 5} SELECT {i % 3}"}]}) + "\n")
        f.write('{"messages": 7}\n')


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(command)}\n{done.stdout}\n{done.stderr}")
    return done


def main(tiny, gguf, salesbot, folder):
    shutil.rmtree(folder, ignore_errors=True)
    model, out = os.path.join(folder, "model"), os.path.join(folder, "adapter")
    shutil.copytree(tiny, model)
    tokenizer(model, json.load(open(os.path.join(model, "config.json")))["vocab_size"])
    data(os.path.join(folder, "train.jsonl"), 40)
    data(os.path.join(folder, "val.jsonl"), 6)
    with open(os.path.join(folder, "train.yaml"), "w", encoding="utf-8") as f:
        f.write("steps: 6\nrank: 4\nalpha: 8\neval_every: 3\nf32: true\nlr: 0.01\ntargets: [q, v, down]\nexamples_per_step: 8\n")
    script = os.path.join(os.path.dirname(__file__), "..", "deploy", "train_gpu", "train.py")
    run(sys.executable, script, "--config", os.path.join(folder, "train.yaml"), "--model", model, "--out", out,
        "--data", os.path.join(folder, "train.jsonl"), "--val", os.path.join(folder, "val.jsonl"))
    lines = [json.loads(line) for line in open(os.path.join(out, "loss.jsonl"), encoding="utf-8")]
    losses = [line["loss"] for line in lines if "loss" in line]
    assert len(losses) == 6 and losses[-1] < losses[0], losses
    assert sum("val_loss" in line for line in lines) == 2, lines
    # its adapter begins a run here, which is refused when a name or a shape is not ours
    run(salesbot, "train", "--model", gguf, "--init", out, "--rank", "4", "--alpha", "8", "--targets", "q,v,down",
        "--data", os.path.join(folder, "train.jsonl"), "--steps", "1", "--out", os.path.join(folder, "here"))
    print("train_gpu: loss", losses[0], "to", losses[-1], "and its adapter loads here")


if __name__ == "__main__":
    main(*sys.argv[1:])
