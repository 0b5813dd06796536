"""make_real - what Gemma 3 270M computes, from the same GGUF file that the C code runs.

Every tensor is dequantised to float32 first. Writes tests/golden/gemma/gemma3-270m/:
  golden.json + golden.f32   3 prompts: of the last token, the first 16 values and the
                             root mean square of every hidden state; the 20 best logits
  greedy.json                50 prompts with 32 greedy tokens each and, per step, the gap
                             between the two best logits
"""

import json
import os
import sys

import torch
from transformers import AutoTokenizer

import golden
from gemma import Gemma
from weights_io import load_gguf

PROMPTS = [
    "SELECT region, sum(amount) AS total\nFROM sales\nGROUP BY",
    "Question: Which active stores grew fastest in 2024?\nSQL:",
    "The quarterly sales report shows that revenue in the eastern region increased by",
]
FACTS = ["stores", "regions", "products", "customers", "suppliers", "returns", "discounts", "invoices",
         "employees", "warehouses"]
FORMS = [
    "SELECT count(*) FROM {0} WHERE",
    "The number of {0} in the last quarter was higher than expected because",
    "Our analysts looked at {0} by month and by region. They found that",
    "CREATE TABLE {0} (\n  id INTEGER PRIMARY KEY,\n",
    "Q: How many {0} were active in 2023?\nA:",
]


def greedy_prompts():
    return [form.format(fact) for form in FORMS for fact in FACTS]


def states_golden(model, encode, folder):
    heads, arrays = [], {}
    for number, prompt in enumerate(PROMPTS):
        ids = encode(prompt)
        states = model.hidden(ids)
        last = torch.stack([s[-1] for s in states])  # (L+2,D)
        logits = model.logits(states[-1][-1:])[0]
        best = logits.topk(20)
        heads.append({"text": prompt, "ids": ids, "top20": best.indices.tolist()})
        arrays[f"{number}.first16"] = last[:, :16]
        arrays[f"{number}.rms"] = last.pow(2).mean(-1).sqrt()
        arrays[f"{number}.top20"] = best.values
        arrays[f"{number}.logits_every_1024th"] = logits[::1024]
    golden.write(os.path.join(folder, "golden"), {
        "made_by": "reference/make_real.py", "torch": torch.__version__, "model": "gemma-3-270m-Q4_K_M.gguf",
        "prompts": heads}, arrays)


def greedy_golden(model, encode, decode, folder, n=32):
    texts = greedy_prompts()
    prompts = [encode(text) for text in texts]
    made = []
    for text, prompt, (ids, gaps) in zip(texts, prompts, model.greedy(prompts, n)):
        made.append({"text": text, "prompt": prompt, "ids": ids, "gaps": [round(g, 5) for g in gaps]})
        print(f"{len(made):2} min gap {min(gaps):.4f} {decode(ids)!r}"[:110])
    with open(os.path.join(folder, "greedy.json"), "w") as f:
        f.write('{"made_by": "reference/make_real.py", "model": "gemma-3-270m-Q4_K_M.gguf", "continuations": [\n')
        f.write(",\n".join(json.dumps(m) for m in made) + "\n]}\n")


def main(gguf, tokenizer_folder, folder):
    os.makedirs(folder, exist_ok=True)
    tokenizer = AutoTokenizer.from_pretrained(tokenizer_folder)
    encode = lambda text: [2] + tokenizer(text, add_special_tokens=False).input_ids
    c, tensors = load_gguf(gguf)
    model = Gemma(c, tensors)
    with torch.no_grad():
        states_golden(model, encode, folder)
        greedy_golden(model, encode, tokenizer.decode, folder)


if __name__ == "__main__":
    main(*sys.argv[1:])
