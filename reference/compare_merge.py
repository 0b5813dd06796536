"""compare_merge - what `salesbot merge` writes, loaded by transformers and by llama.cpp.

usage: compare_merge.py SALESBOT BASE.gguf ADAPTER TOKENIZER WORK [LLAMA_BIN]

Folders (F32, BF16) in transformers: its logits against base + PEFT adapter in float32, and its tokenizer against the
published one. GGUF files (F16, Q8_0, Q4_K) in llama.cpp: the 20 best log-probabilities after each prompt
against transformers on the same file's dequantised weights.
"""

import json
import os
import subprocess
import sys
import time
import urllib.request

import torch
import transformers
from peft import PeftModel

from compare_transformers import hf_model
from strings import as_text, strings
from weights_io import load_gguf, state_dict_for_hf

PROMPTS = ["SELECT region, sum(net_amount) FROM", "The capital of France is", "Question: how many stores?\nSQL: SELECT",
           "def add(a, b):\n    return", "Die Umsätze im Jahr 2024 waren", "1, 2, 3, 4,"]
LOGIT_LIMIT = {"f32": 0.002, "bf16": 0.35, "llama.cpp": 0.05}  # largest |difference| of a log-probability


def run(*command):
    print("$", " ".join(command), flush=True)
    subprocess.run(command, check=True)


def log_probs(model, ids):
    with torch.no_grad():
        return model(torch.tensor([ids])).logits[0, -1].float().log_softmax(-1)


def from_gguf(path):
    c, tensors = load_gguf(path)
    model = hf_model(c).eval()
    missing, unexpected = model.load_state_dict(state_dict_for_hf(c, tensors), strict=False)
    assert not unexpected and set(missing) <= {"lm_head.weight"}, (missing, unexpected)
    model.tie_weights()
    return model


def check_folder(bot, gguf, adapter, official, work, prompts, exact):
    for kind in ["f32", "bf16"]:
        folder = os.path.join(work, kind)
        run(bot, "merge", "--model", gguf, "--adapter", adapter, "--out", folder, "--type", kind)
        merged = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
        worst = max(float((log_probs(merged, p) - e).abs().max()) for p, e in zip(prompts, exact))
        print(f"folder, {kind}: largest difference of a log-probability from base + PEFT in float32: {worst:.5f}")
        assert worst < LOGIT_LIMIT[kind]
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    texts = [as_text(s) for s in strings(3000)]
    differ = [t for t in texts if tokenizer(t).input_ids != official(t).input_ids]
    print(f"folder, tokenizer: {len(texts) - len(differ)} of {len(texts)} texts give the published tokenizer's ids")
    assert not differ, differ[:3]


class Llama:
    def __init__(self, bin_folder, path, port):
        self.url = f"http://127.0.0.1:{port}"
        self.log = open(path + ".log", "w")
        self.process = subprocess.Popen([os.path.join(bin_folder, "llama-server"), "-m", path, "--port", str(port), "-c", "512",
                                         "--no-webui"], stdout=self.log, stderr=self.log)
        for _ in range(120):
            try:
                urllib.request.urlopen(self.url + "/health", timeout=1)
                return
            except OSError:
                assert self.process.poll() is None, f"llama-server does not load {path}; see {path}.log"
                time.sleep(0.5)
        raise SystemExit("llama-server does not answer")

    def best(self, ids):
        body = json.dumps({"prompt": ids, "n_predict": 1, "n_probs": 20, "temperature": 0, "cache_prompt": False}).encode()
        request = urllib.request.Request(self.url + "/completion", body, {"Content-Type": "application/json"})
        first = json.load(urllib.request.urlopen(request, timeout=120))["completion_probabilities"][0]
        return [(t["id"], t["logprob"]) for t in first["top_logprobs"]]

    def close(self):
        self.process.terminate()
        self.process.wait()
        self.log.close()


def check_gguf(bot, gguf, adapter, work, kind, prompts, exact, llama_bin, port):
    path = os.path.join(work, f"{kind}.gguf")
    run(bot, "merge", "--model", gguf, "--adapter", adapter, "--out", path, "--type", kind)
    model = from_gguf(path)
    ours = [log_probs(model, p) for p in prompts]
    kl = sum(float((e.exp() * (e - o)).sum()) for e, o in zip(exact, ours)) / len(prompts)
    print(f"{kind}: mean KL divergence from base + PEFT in float32: {kl:.5f}")
    if not llama_bin:
        return
    llama = Llama(llama_bin, path, port)
    worst = 0.0
    try:
        for p, o in zip(prompts, ours):
            best = llama.best(p)
            worst = max([worst] + [abs(float(o[i]) - l) for i, l in best])
            assert best[0][0] == int(o.argmax()) or abs(float(o.max() - o[best[0][0]])) < 0.02
    finally:
        llama.close()
    print(f"{kind}: llama.cpp loads it; its 20 best log-probabilities differ by at most {worst:.4f} from transformers on the same file")
    assert worst < (0.6 if kind == "q4_k" else 0.15 if kind == "q8_0" else LOGIT_LIMIT["llama.cpp"]), kind


def main(bot, gguf, adapter, tokenizer, work, llama_bin=None):
    os.makedirs(work, exist_ok=True)
    official = transformers.PreTrainedTokenizerFast(tokenizer_file=os.path.join(tokenizer, "tokenizer.json"))
    prompts = [official(p).input_ids for p in PROMPTS]
    assert all(p[0] == 2 for p in prompts)
    reference = PeftModel.from_pretrained(from_gguf(gguf), adapter).eval()
    exact = [log_probs(reference, p) for p in prompts]
    del reference
    check_folder(bot, gguf, adapter, official, work, prompts, exact)
    for i, kind in enumerate(["f16", "q8_0", "q4_k"]):
        check_gguf(bot, gguf, adapter, work, kind, prompts, exact, llama_bin, 18480 + i)


if __name__ == "__main__":
    main(*sys.argv[1:])
