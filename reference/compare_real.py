"""compare_real - gemma.py against transformers' Gemma 3 on the real, dequantised weights.

The prompts of golden.json: ids of the 20 best logits, and the worst difference of a
hidden state of the last token, relative to its largest value.
"""

import json
import os
import sys

import torch

from compare_transformers import hf_model
from gemma import Gemma
from weights_io import load_gguf, state_dict_for_hf

LIMIT = 1e-4


def main(gguf, folder):
    c, tensors = load_gguf(gguf)
    theirs = hf_model(c).eval()
    theirs.load_state_dict(state_dict_for_hf(c, tensors), strict=False)
    theirs.tie_weights()
    ours = Gemma(c, tensors)
    with open(os.path.join(folder, "golden.json")) as f:
        prompts = json.load(f)["prompts"]
    for prompt in prompts:
        with torch.no_grad():
            states = ours.hidden(prompt["ids"])
            out = theirs(torch.tensor([prompt["ids"]]), output_hidden_states=True)
        pairs = zip(states[:-2] + states[-1:], out.hidden_states)
        worst = max(float((a[-1] - b[0, -1]).abs().max() / b[0, -1].abs().max()) for a, b in pairs)
        best = out.logits[0, -1].topk(20).indices.tolist()
        print(f"{len(prompt['ids'])} tokens, worst relative difference {worst:.2e}, "
              f"20 best {'equal' if best == prompt['top20'] else 'DIFFER'}")
        assert worst < LIMIT and best == prompt["top20"]


if __name__ == "__main__":
    main(*sys.argv[1:])
