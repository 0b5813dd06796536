"""model_card - the card of the adapter that comes with the program, from its files and eval records.

usage: model_card.py FOLDER COMMAND [NAME=WITHOUT.json,WITH.json ...] >models/.../README.md

FOLDER has train.yaml and loss.jsonl; COMMAND is the line that made it; the records are those of
`salesbot eval --json FILE` without and with the adapter. Whoever adds a source of data adds its
licence to SOURCES.
"""

import json
import sys
from pathlib import Path

SOURCES = [("Spider, training part", "Yu et al. 2018, arXiv:1809.08887", "CC BY-SA 4.0"),
           ("Spider-Syn, training part", "Gan et al. 2021, arXiv:2106.01065", "CC BY-SA 4.0"),
           ("BIRD, training part, filtered", "Li et al. 2023, arXiv:2305.03111", "CC BY-SA 4.0"),
           ("`salesbot data generate`", "this project", "the project's own")]

HEAD = """---
library_name: peft
pipeline_tag: text-generation
license: gemma
base_model: google/gemma-3-270m
tags: [lora, text-to-sql]
language: en
---

# salesbot-gemma3-270m-lora

Writes DuckDB statements for questions to a database, in the form of docs/DATA.md. `salesbot ask` uses it by itself;
`--no-adapter` turns it off. With PEFT: `PeftModel.from_pretrained(base, FOLDER)`.

"""
TERMS = """## Terms

Gemma and what is built upon it, this adapter among it, is provided under and subject to the Gemma Terms of Use found at
ai.google.dev/gemma/terms: `GEMMA_TERMS.txt` and `NOTICE`. Whoever passes it on passes these on too, and the restrictions of
use in section 3.2 (the Gemma Prohibited Use Policy, ai.google.dev/gemma/prohibited_use_policy).

## Limits

English questions; small databases read best. A statement that runs may still answer another question: salesbot shows each
statement and how sure it is.
"""


def settings(folder):
    rows = {}
    for line in (folder / "train.yaml").read_text().splitlines():
        name, value = line.split(": ", 1)
        rows[name] = value.split("  #")[0].strip().strip('"')
    return rows


def share(record, name):
    s = record[name]
    if not s["n"]:
        return "–"
    return f"{100 * s['value']:.1f} ({100 * s['low']:.1f} – {100 * s['high']:.1f})"


def evaluations(pairs):
    print("## Numbers\n\nBy `salesbot eval --model-only`, in %, with 95 % intervals by bootstrap over the questions; databases set aside "
          "from training.\n")
    print("| questions | n | runs, without | runs, with | rows right, without | rows right, with |\n|---|---|---|---|---|---|")
    for pair in pairs:
        name, files = pair.split("=", 1)
        without, having = (json.loads(Path(f).read_text()) for f in files.split(","))
        if without["questions"] != having["questions"]:
            sys.exit(f"{name}: {without['questions']} and {having['questions']} questions")
        groups = [(name, without["overall"], having["overall"])]
        groups += [(f"– {k}", without["by_source"][k], v) for k, v in sorted(having["by_source"].items())
                   if len(having["by_source"]) > 1 and k in without["by_source"]]
        for label, a, b in groups:
            print(f"| {label} | {b['right']['n']} | " + " | ".join(share(r, k) for k in ("runs", "right") for r in (a, b)) + " |")
    print()


def main():
    folder, command, *pairs = Path(sys.argv[1]), *sys.argv[2:]
    s = settings(folder)
    log = [json.loads(line) for line in (folder / "loss.jsonl").read_text().splitlines()]
    steps = [r for r in log if "loss" in r]
    validations = [r for r in log if "val_loss" in r]
    print(HEAD, end="")
    print("## How it was made\n\n| | |\n|---|---|\n| base | google/gemma-3-270m, Q4_K_M |")
    print(f"| adapter | rank {s['rank']}, alpha {s['alpha']}, on {s['targets']} |")
    print(f"| steps | {steps[-1]['step']} of {int(s['batch_tokens']) * int(s['accumulate'])} computed tokens; "
          f"{steps[-1]['epoch']:.2f} epochs |")
    print(f"| rate | {float(s['lr']):g}, rising over the first {100 * float(s['warmup']):g} %, then a cosine |")
    print(f"| command | `{command}` |\n")
    print("| data | from | licence |\n|---|---|---|")
    for source in SOURCES:
        print("| " + " | ".join(source) + " |")
    print("\n| tokens seen | validation loss |\n|---|---|")
    for r in {r["step"]: r for r in validations}.values():
        print(f"| {r['tokens']:,} | {r['val_loss']:.4f} |")
    print()
    if pairs:
        evaluations(pairs)
    print(TERMS, end="")


main()
