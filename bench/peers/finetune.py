#!/usr/bin/env python3
"""finetune.py - the peers of bench_train: transformers + PEFT and TRL on the same batches.

usage: finetune.py prepare MODEL.gguf FOLDER       dequantised once to BF16 safetensors, and batches.i32
       finetune.py stock|completion|nf4 FOLDER STEPS

stock       TRL's SFTTrainer as it comes: BF16, logits of every position
completion  a plain loop: BF16, logits of the completion's positions only
nf4         the second with bitsandbytes' NF4, double quantisation

Batches: 8 sequences of 256 tokens, so that the peers have nothing to pad; the last quarter
of each is the completion. LoRA r = 64, alpha 32, no dropout, AdamW. One line of JSON a step.
"""
import json
import os
import resource
import sys
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

SEQUENCES, LENGTH, PROMPT, BATCHES = 8, 256, 192, 12
MODULES = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]


def prepare(gguf, folder):
    sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "reference"))
    from compare_transformers import hf_model
    from weights_io import load_gguf, state_dict_for_hf

    c, tensors = load_gguf(gguf)
    model = hf_model(c)
    model.load_state_dict(state_dict_for_hf(c, tensors), strict=False)
    model.tie_weights()
    model.to(torch.bfloat16).save_pretrained(folder)
    out, r = [], np.random.default_rng(1)
    for _ in range(BATCHES):
        ids = r.integers(5, 200000, (SEQUENCES, LENGTH))
        ids[:, 0] = 2
        targets = np.full((SEQUENCES, LENGTH), -1)
        targets[:, PROMPT - 1:-1] = ids[:, PROMPT:]
        out += [SEQUENCES * LENGTH, SEQUENCES, *ids.ravel(), *targets.ravel()]
        for i in range(SEQUENCES):
            out += [i * LENGTH, LENGTH, -1]
    np.array(out, dtype="<i4").tofile(os.path.join(folder, "batches.i32"))


def read_batches(folder):
    raw = np.fromfile(os.path.join(folder, "batches.i32"), dtype="<i4").reshape(BATCHES, -1)
    return [row[2:2 + SEQUENCES * LENGTH].reshape(SEQUENCES, LENGTH).astype(np.int64) for row in raw]


def report(step, seconds, cpu, loss=None):
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024e-6
    print(json.dumps({"step": step, "tokens": SEQUENCES * LENGTH, "seconds": round(seconds, 3), "cpu_seconds": round(cpu, 3), "loss": loss,
                      "tokens_per_s": round(SEQUENCES * LENGTH / seconds, 1), "peak_mb": round(peak)}), flush=True)


def load(folder, **options):
    import transformers

    return transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.bfloat16, **options)


def lora_config():
    from peft import LoraConfig

    return LoraConfig(r=64, lora_alpha=32, lora_dropout=0.0, target_modules=MODULES, task_type="CAUSAL_LM")


def completion(folder, steps, **options):
    from peft import get_peft_model

    model = get_peft_model(load(folder, **options), lora_config(), autocast_adapter_dtype=False)
    optimiser = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=1e-4, weight_decay=0.0)
    inner = model.base_model.model
    for step, batch in zip(range(steps), read_batches(folder)):
        start, cpu = time.monotonic(), time.process_time()
        ids = torch.from_numpy(batch)
        hidden = inner.model(ids).last_hidden_state[:, PROMPT - 1:-1]
        logits = inner.lm_head(hidden).flatten(0, 1)
        loss = F.cross_entropy(logits.float(), ids[:, PROMPT:].reshape(-1))
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        report(step, time.monotonic() - start, time.process_time() - cpu, loss.item())


def nf4(folder, steps):
    from transformers import BitsAndBytesConfig

    completion(folder, steps, quantization_config=BitsAndBytesConfig(
        load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=torch.bfloat16))


def stock(folder, steps):
    import transformers
    from datasets import Dataset
    from transformers import PreTrainedTokenizerFast
    from tokenizers import Tokenizer, models
    from trl import SFTConfig, SFTTrainer

    class Clock(transformers.TrainerCallback):
        def on_step_begin(self, args, state, control, **kw):
            self.start, self.cpu = time.monotonic(), time.process_time()

        def on_step_end(self, args, state, control, **kw):
            report(state.global_step - 1, time.monotonic() - self.start, time.process_time() - self.cpu)

    rows = np.concatenate(read_batches(folder)).tolist()
    mask = [0] * PROMPT + [1] * (LENGTH - PROMPT)
    data = Dataset.from_dict({"input_ids": rows, "completion_mask": [mask] * len(rows)})
    # no text is read: the data are ids already
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=Tokenizer(models.BPE()), pad_token="<pad>", eos_token="<eos>")
    trainer = SFTTrainer(model=load(folder), processing_class=tokenizer, train_dataset=data, peft_config=lora_config(),
                         callbacks=[Clock()], args=SFTConfig(
                             output_dir=os.path.join(folder, "trl"), per_device_train_batch_size=SEQUENCES, max_steps=steps,
                             max_length=LENGTH, use_cpu=True, bf16=True, report_to=[], save_strategy="no", logging_steps=1,
                             completion_only_loss=True, disable_tqdm=True))
    trainer.train()


if __name__ == "__main__":
    if sys.argv[1] == "prepare":
        prepare(*sys.argv[2:4])
    else:
        {"stock": stock, "completion": completion, "nf4": nf4}[sys.argv[1]](sys.argv[2], int(sys.argv[3]))
