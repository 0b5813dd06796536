"""train - the settings and data of `salesbot train` on GPUs: TRL, PEFT, bitsandbytes, Accelerate.

usage: train.py --model google/gemma-3-270m --data train.jsonl --val val.jsonl --out DIR
                [--config train.yaml] [--resume] [--any-setting VALUE]

Reads the train.yaml of `salesbot train` (every setting is also a flag) and the same JSONL. The
token ids and the mask of what is learned are those of src/cli/train_data.c, so that the adapter is
one for the prompts that salesbot writes. The adapter folder loads in salesbot as it is.
"""

import argparse
import json
import math
import os
import shutil
import sys

import torch
import yaml
from datasets import Dataset
from peft import LoraConfig
from transformers import AutoModelForCausalLM, AutoTokenizer, BitsAndBytesConfig, EarlyStoppingCallback
from trl import SFTConfig, SFTTrainer

MODULES = {"q": "q_proj", "k": "k_proj", "v": "v_proj", "o": "o_proj",
           "gate": "gate_proj", "up": "up_proj", "down": "down_proj"}

# Names and defaults of src/train/config.c; "examples_per_step" and "micro_batch" are of this script.
DEFAULTS = dict(
    model="", data="", val="", out="", init="", steps=500, batch_tokens=2048, accumulate=1, max_length=4096,
    group_examples=8, share=True, seed=1, rank=64, alpha=32.0, dropout=0.0, targets="q,k,v,o,gate,up,down",
    base="served", lr=6e-4, lr_end=0.0, warmup=0.05, weight_decay=0.0, beta1=0.9, beta2=0.999, eps=1e-8, clip=1.0,
    optimizer="adamw", f32=False, checkpoint_every=100, keep=2, eval_every=100, eval_examples=128, patience=0,
    threads=0, keep_mb=512, examples_per_step=0, micro_batch=4)


def typed(name, value):
    kind = type(DEFAULTS[name])
    if kind is bool and not isinstance(value, bool):
        return {"true": True, "false": False}[str(value).lower()]
    if isinstance(value, list):
        value = ",".join(map(str, value))
    return kind(value) if value is not None else kind()


def settings():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--config")
    parser.add_argument("--resume", action="store_true")
    for name in DEFAULTS:
        parser.add_argument("--" + name.replace("_", "-"), dest=name)
    given = vars(parser.parse_args())
    chosen = dict(DEFAULTS)
    if given["config"]:
        with open(given["config"], encoding="utf-8") as f:
            read = yaml.safe_load(f) or {}
        unknown = set(read) - set(DEFAULTS)
        if unknown:
            parser.error(f"{given['config']}: no setting {', '.join(sorted(unknown))}")
        chosen.update({k: typed(k, v) for k, v in read.items()})
    chosen.update({k: typed(k, v) for k, v in given.items() if k in DEFAULTS and v is not None})
    for name in ("model", "data", "out"):
        if not chosen[name]:
            parser.error(f"--{name} is needed")
    return argparse.Namespace(**chosen), given["resume"]


def open_tokenizer(path):
    folder, file = os.path.split(path) if path.endswith(".gguf") else (path, None)
    tokenizer = AutoTokenizer.from_pretrained(folder or ".", **({"gguf_file": file} if file else {}))
    tokenizer.backend_tokenizer.encode_special_tokens = True  # a content that spells a mark stays text
    return tokenizer


def encode(tokenizer, user, answer):
    """<bos><start_of_turn>user\\n{user}<end_of_turn>\\n<start_of_turn>model\\n{answer}<end_of_turn>"""
    ids = lambda text: tokenizer(text, add_special_tokens=False)["input_ids"]
    mark = tokenizer.convert_tokens_to_ids
    start, end = mark("<start_of_turn>"), mark("<end_of_turn>")
    prompt = [tokenizer.bos_token_id, start] + ids("user\n" + user) + [end] + ids("\n") + [start]
    opening, whole = ids("model\n"), ids("model\n" + answer)
    if whole[:len(opening)] != opening:
        raise ValueError("the answer begins with a line break")
    prompt += opening
    completion = whole[len(opening):] + [end]
    return prompt + completion, [0] * len(prompt) + [1] * len(completion)


def read_turn(text):
    user, answer = json.loads(text)["messages"]
    if user["role"] != "user" or answer["role"] not in ("assistant", "model") or not user["content"] or not answer["content"]:
        raise ValueError("not a user's and an assistant's message")
    return user["content"], answer["content"]


def read_examples(path, tokenizer, max_length):
    rows, wrong, long = [], 0, 0
    with open(path, encoding="utf-8") as f:
        for number, text in enumerate(f, 1):
            if not text.strip():
                continue
            try:
                ids, mask = encode(tokenizer, *read_turn(text))
            except (ValueError, KeyError, TypeError) as problem:
                wrong += 1
                print(f"{path}:{number}: left out: {problem}", file=sys.stderr)
                continue
            if len(ids) > max_length:
                long += 1
                continue
            rows.append({"input_ids": ids, "completion_mask": mask})
    print(f"{path}: {len(rows)} examples, {wrong} wrong, {long} longer than {max_length} tokens", file=sys.stderr)
    if not rows:
        sys.exit(f"{path}: no examples left")
    return rows


def open_model(c):
    kind = torch.float32 if c.f32 else torch.bfloat16
    extra = {}
    path = c.model
    if path.endswith(".gguf"):
        path, extra["gguf_file"] = os.path.split(path)
    if c.base == "nf4":
        extra["quantization_config"] = BitsAndBytesConfig(
            load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_use_double_quant=True, bnb_4bit_compute_dtype=kind)
    model = AutoModelForCausalLM.from_pretrained(path or ".", dtype=kind, **extra)
    model.config.use_cache = False
    return model


def trainer_config(c, rows, has_val):
    processes = int(os.environ.get("WORLD_SIZE", "1"))
    mean = sum(len(r["input_ids"]) for r in rows) / len(rows)
    examples = c.examples_per_step or max(1, round(c.batch_tokens * c.accumulate / mean))
    micro = max(1, min(c.micro_batch, examples // processes))
    accumulate = max(1, round(examples / (micro * processes)))
    print(f"{micro * accumulate * processes} examples a step ({mean:.0f} tokens each), {processes} processes", file=sys.stderr)
    every = c.eval_every if has_val else c.checkpoint_every or c.steps
    return SFTConfig(
        output_dir=os.path.join(c.out, "checkpoints"), max_steps=c.steps, per_device_train_batch_size=micro,
        per_device_eval_batch_size=micro, gradient_accumulation_steps=accumulate, learning_rate=c.lr,
        lr_scheduler_type="cosine_with_min_lr", lr_scheduler_kwargs={"min_lr_rate": c.lr_end},
        warmup_steps=math.ceil(c.warmup * c.steps), weight_decay=c.weight_decay, adam_beta1=c.beta1,
        adam_beta2=c.beta2, adam_epsilon=c.eps, max_grad_norm=c.clip or 1e9,
        optim="adamw_bnb_8bit" if c.optimizer == "adamw8bit" else "adamw_torch", seed=c.seed, data_seed=c.seed,
        bf16=not c.f32 and torch.cuda.is_available(), gradient_checkpointing=torch.cuda.is_available(),
        completion_only_loss=True, max_length=c.max_length, packing=False, logging_steps=1, report_to=[],
        save_strategy="steps", save_steps=every, save_total_limit=c.keep, eval_strategy="steps" if has_val else "no",
        eval_steps=every if has_val else None, load_best_model_at_end=has_val, metric_for_best_model="eval_loss",
        greater_is_better=False)


def write_log(c, history):
    with open(os.path.join(c.out, "loss.jsonl"), "w", encoding="utf-8") as f:
        for h in history:
            if "eval_loss" in h:
                f.write(json.dumps({"step": h["step"], "val_loss": h["eval_loss"]}) + "\n")
            elif "loss" in h:
                f.write(json.dumps({"step": h["step"], "epoch": h["epoch"], "loss": h["loss"],
                                    "lr": h["learning_rate"], "norm": h.get("grad_norm")}) + "\n")


def write_notices(c):
    models = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "models")
    for name in ("NOTICE", "GEMMA_TERMS.txt"):
        if os.path.exists(os.path.join(models, name)):
            shutil.copy(os.path.join(models, name), c.out)
    with open(os.path.join(c.out, "train.yaml"), "w", encoding="utf-8") as f:
        yaml.safe_dump(vars(c), f, sort_keys=False)


def main():
    c, resume = settings()
    tokenizer = open_tokenizer(c.model)
    rows = read_examples(c.data, tokenizer, c.max_length)
    val = read_examples(c.val, tokenizer, c.max_length) if c.val and c.eval_every else []
    val = val[:: max(1, len(val) // c.eval_examples)][: c.eval_examples]
    os.makedirs(c.out, exist_ok=True)
    trainer = SFTTrainer(
        model=open_model(c), args=trainer_config(c, rows, bool(val)), processing_class=tokenizer,
        train_dataset=Dataset.from_list(rows), eval_dataset=Dataset.from_list(val) if val else None,
        peft_config=LoraConfig(r=c.rank, lora_alpha=c.alpha, lora_dropout=c.dropout, bias="none", task_type="CAUSAL_LM",
                               target_modules=[MODULES[t] for t in c.targets.split(",")]),
        callbacks=[EarlyStoppingCallback(c.patience)] if val and c.patience else [])
    trainer.train(resume_from_checkpoint=resume or None)
    if trainer.is_world_process_zero():
        trainer.model.save_pretrained(c.out)
        write_log(c, trainer.state.log_history)
        write_notices(c)
        print(f"adapter: {c.out}")


if __name__ == "__main__":
    main()
