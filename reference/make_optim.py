"""make_optim - what PyTorch's AdamW does with given gradients, and bitsandbytes' 8-bit levels.

Writes tests/golden/train/optim.json + optim.f32 for tests/unit/train/test_optim.c.
"""

import math
import os
import sys

import bitsandbytes.functional as bnb
import torch

import golden

N, STEPS, PEAK, WARMUP, CLIP = 700, 12, 0.03, 3, 1.0


def rate(step):
    """The schedule of optim.h: no step is lost to a rate of 0."""
    if step < WARMUP:
        return PEAK * (step + 1) / WARMUP
    return PEAK * 0.5 * (1 + math.cos(math.pi * (step - WARMUP) / (STEPS - WARMUP)))


def run(weights, gradients, decay, clip):
    w = torch.nn.Parameter(weights.clone())
    optimiser = torch.optim.AdamW([w], lr=PEAK, betas=(0.9, 0.98), eps=1e-8, weight_decay=decay, foreach=False)
    states, norms = [], []
    for step, g in enumerate(gradients):
        w.grad = g.clone()
        norms.append(torch.nn.utils.clip_grad_norm_([w], clip if clip else math.inf))
        for group in optimiser.param_groups:
            group["lr"] = rate(step)
        optimiser.step()
        states.append(w.detach().clone())
    return torch.stack(states), torch.stack(norms)


def main(folder):
    torch.manual_seed(7)
    weights = torch.randn(N)
    gradients = torch.randn(STEPS, N) * torch.logspace(-4, 0, N)
    plain, norms = run(weights, gradients, 0.0, 0)
    decayed, _ = run(weights, gradients, 0.1, CLIP)
    os.makedirs(folder, exist_ok=True)
    golden.write(os.path.join(folder, "optim"), {
        "made_by": "reference/make_optim.py", "torch": torch.__version__, "steps": STEPS, "n": N}, {
        "weights": weights, "gradients": gradients, "plain": plain, "decayed": decayed, "norms": norms,
        "rates": torch.tensor([rate(s) for s in range(STEPS)]),
        "signed": bnb.create_dynamic_map(signed=True), "unsigned": bnb.create_dynamic_map(signed=False)})
    print("optim", float(norms[0]), plain.shape)


if __name__ == "__main__":
    main(sys.argv[1])
