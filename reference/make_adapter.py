"""make_adapter - small adapters made by PEFT itself, and what the adapted models compute.

Writes tests/golden/adapter/<name>: adapter_config.json and adapter_model.safetensors as PEFT saves them,
golden.json + golden.f32 from gemma.py with W + scale B A in place of W. On the plain models PEFT's own
logits are compared with these.
"""

import os
import sys

import numpy as np
import torch
import transformers
from peft import LoraConfig, get_peft_model
from safetensors.torch import load_file, save_file

import golden
from gemma import Gemma
from compare_transformers import LIMIT, hf_model
from weights_io import load_gguf, name_to_hf, state_dict_for_hf

ALL = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
#         adapter             model        r  alpha targets               dtype           rsLoRA
ADAPTERS = [
    ("gemma1", "gemma1", 4, 8, ALL, torch.float32, False),
    ("gemma2", "gemma2", 4, 6, ALL, torch.bfloat16, False),
    ("gemma3", "gemma3", 4, 8, ALL, torch.bfloat16, False),
    ("gemma3_two", "gemma3", 3, 5, ["q_proj", "v_proj"], torch.float32, True),
    ("gemma3_half", "gemma3", 5, 10, ["o_proj", "down_proj"], torch.float16, False),
    ("quantised", "quantised", 8, 8, ALL, torch.bfloat16, False),
]
T = 40


def make_peft(c, tensors, r, alpha, targets, rslora, seed):
    torch.manual_seed(seed)
    base = hf_model(c).eval()
    base.load_state_dict(state_dict_for_hf(c, tensors), strict=False)
    base.tie_weights()
    model = get_peft_model(base, LoraConfig(r=r, lora_alpha=alpha, target_modules=targets, use_rslora=rslora,
                                            task_type="CAUSAL_LM"))
    for name, p in model.named_parameters():  # B starts at zero in training; here it must count
        if "lora_" in name:
            p.data.normal_(0, 0.35 / np.sqrt(p.shape[1]))
    return model.eval()


def save(model, folder, dtype, base_name):
    """As PEFT saves it, in the given type, without its model card."""
    os.makedirs(folder, exist_ok=True)
    model.peft_config["default"].base_model_name_or_path = base_name
    model.save_pretrained(folder)
    path = os.path.join(folder, "adapter_model.safetensors")
    save_file({k: v.to(dtype).contiguous() for k, v in load_file(path).items()}, path, metadata={"format": "pt"})
    os.chmod(path, 0o644)
    os.remove(os.path.join(folder, "README.md"))
    return {k: v.float() for k, v in load_file(path).items()}


def merged(c, tensors, lora, scale):
    out = dict(tensors)
    for name in tensors:
        if not name.startswith("blk.") or len(tensors[name].shape) != 2:
            continue
        module = "base_model.model." + name_to_hf(name, c.family)[: -len(".weight")]
        if module + ".lora_A.weight" in lora:
            out[name] = tensors[name] + scale * (lora[module + ".lora_B.weight"] @ lora[module + ".lora_A.weight"])
    return out


def make(root, folder, name, model_name, r, alpha, targets, dtype, rslora, seed):
    c, tensors = load_gguf(os.path.join(root, model_name, "model.gguf"))
    peft = make_peft(c, tensors, r, alpha, targets, rslora, seed)
    out = os.path.join(folder, name)
    lora = save(peft, out, dtype, f"tests/golden/hf/{model_name}")
    for key, p in peft.named_parameters():  # as rounded in the file
        if "lora_" in key:
            p.data.copy_(lora[key.replace(".default", "")])
    scale = alpha / np.sqrt(r) if rslora else alpha / r
    ours, plain = Gemma(c, merged(c, tensors, lora, scale)), Gemma(c, tensors)
    ids = [2] + [(i * 41 + seed) % (c.V - 4) + 4 for i in range(T - 1)]
    with torch.no_grad():
        states = ours.hidden(ids)
        logits = ours.logits(states[-1])
        theirs = peft(torch.tensor([ids])).logits[0]
        changed = float((logits - plain.logits(plain.hidden(ids)[-1])).abs().mean() / logits.abs().mean())
        [(next_ids, gaps)] = ours.greedy([ids], 16)
    worst = float((theirs - logits).abs().max() / logits.abs().max())
    print(f"{name}: PEFT differs by {worst:.1e}; the adapter changes the logits by {changed:.2f}; smallest gap {min(gaps):.4f}")
    assert worst < 5 * LIMIT and changed > 0.05, name
    arrays = {"embedding": states[0]}
    arrays.update({f"layer.{i}": states[i + 1] for i in range(c.L)})
    arrays["logits"] = logits
    golden.write(os.path.join(out, "golden"), {
        "made_by": "reference/make_adapter.py", "torch": torch.__version__, "base": model_name, "ids": ids,
        "greedy": {"ids": next_ids, "gaps": [round(g, 6) for g in gaps]}}, arrays)


def main(models, folder):
    print("transformers", transformers.__version__, "torch", torch.__version__)
    for i, line in enumerate(ADAPTERS):
        make(models, folder, *line, 50 + i)


if __name__ == "__main__":
    main(*sys.argv[1:])
