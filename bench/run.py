#!/usr/bin/env python3
"""bench/run.py [NAME...] - speed beside the peers, in one run on one machine.

Each name runs ours and the peer in turn, at least nine interleaved pairs; the
ratio of each pair is kept and its quartiles reported. A ratio counts when its
lower quartile reaches the target. Records go to build/bench/results.json:
name, ours, peer, unit, ratio, quartiles, target, machine, command.
"""
import functools
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "build" / "bench"
HOME = Path(os.environ.get("SALESBOT_HOME")
            or Path(os.environ.get("XDG_DATA_HOME", Path.home() / ".local/share")) / "salesbot")
MODEL = HOME / "models" / "gemma-3-270m-Q4_K_M.gguf"
SAMPLE = HOME / "sales.duckdb"
BOT = ROOT / "build" / "release" / "salesbot"
PEERS = Path(os.environ.get("SALESBOT_PEERS", OUT / "peers"))
PAIRS = int(os.environ.get("PAIRS", "9"))


def machine():
    model = "unknown CPU"
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
            break
    flags = Path("/proc/cpuinfo").read_text()
    sets = [s for s in ("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_tile") if f" {s}" in flags]
    return f"{model}, {os.cpu_count()} cores, {' '.join(sets)}, {platform.system()}"


def run(command, **options):
    return subprocess.run([str(c) for c in command], capture_output=True, text=True, check=True, **options).stdout


def llama(*arguments, model=MODEL):
    bench = PEERS / "llama" / "bin" / "llama-bench"
    if not bench.exists():
        print("building llama.cpp, about 4 minutes ...", file=sys.stderr)
        subprocess.run([ROOT / "bench/peers/llama.sh", PEERS / "llama"], check=True)
    rows = json.loads(run([bench, "-m", model, "-r", "1", "-o", "json", *arguments]))
    return rows[-1]["avg_ts"]


def fastest_flash(kind, threads, model=MODEL):
    """Flash attention on or off, whichever is the faster for the peer."""
    speed = {fa: llama(*kind, "-t", threads, "-fa", fa, model=model) for fa in ("0", "1")}
    return max(speed, key=speed.get)


def ours(name, threads, line):
    lines = [json.loads(x) for x in run([ROOT / "build/release" / f"bench_{name}", MODEL, str(threads)]).splitlines()]
    return next(x["tokens_per_s"] for x in lines if x["name"] == line)


def pairs(mine, theirs):
    a, b = [], []
    for i in range(PAIRS):
        first, second = (mine, theirs) if i % 2 == 0 else (theirs, mine)
        x, y = first(), second()
        if i % 2:
            x, y = y, x
        a.append(x), b.append(y)
    return a, b


def record(name, mine, theirs, unit, target, command, higher_is_better=True):
    r = {"name": name, "ours": statistics.median(mine), "unit": unit, "target": target,
         "machine": machine(), "command": command, "date": time.strftime("%Y-%m-%d")}
    if theirs:
        ratios = sorted(m / t if higher_is_better else t / m for m, t in zip(mine, theirs))
        r["peer"] = statistics.median(theirs)
        r["ratio"] = statistics.median(ratios)
        r["quartiles"] = [ratios[len(ratios) // 4], ratios[(3 * len(ratios)) // 4]]
    else:
        mine = sorted(mine)
        r["quartiles"] = [mine[len(mine) // 4], mine[(3 * len(mine)) // 4]]
    print(json.dumps(r), flush=True)
    return r


def against_llama(name, kind, target, line=None):
    """`line`: which line of bench_NAME."""
    out = []
    for threads in ("1", "2"):
        flash = fastest_flash(kind, threads)
        mine, theirs = pairs(lambda: ours(name, threads, line or name), lambda: llama(*kind, "-t", threads, "-fa", flash))
        out.append(record(f"{line or name} {threads} thread{'s' if threads == '2' else ''}", mine, theirs, "tokens/s",
                          target, f"bench_{name}; llama-bench {' '.join(kind)} -t {threads} -fa {flash}"))
    return out


def bench_decode():
    """Greedy tokens as the program writes them, and with every logit computed, as the peer does."""
    kind = ("-p", "0", "-n", "128")
    return against_llama("decode", kind, "1.5x") + against_llama("decode", kind, "1.5x", "decode, every logit")


def bench_random(shape):
    """A model of full size with random weights: 60 tokens of question and 40 of answer after a cached schema."""
    model = OUT / f"{shape}-random-Q4_K.gguf"
    kind = ("-p", "0", "-n", "0", "-pg", "60,40", "-d", "512")
    if not model.exists():
        OUT.mkdir(parents=True, exist_ok=True)
        part = model.with_suffix(".part")
        run([sys.executable, ROOT / "bench/make_random.py", shape, MODEL, part])
        part.rename(model)
    flash = fastest_flash(kind, "2", model)
    lines = []

    def mine():
        lines.append(json.loads(run([ROOT / "build/release/bench_answer", model, "2"])))
        return lines[-1]["seconds"]

    a, b = pairs(mine, lambda: 100 / llama(*kind, "-t", "2", "-fa", flash, model=model))
    command = f"bench_answer {model.name} 2; llama-bench {' '.join(kind)} -t 2 -fa {flash}"
    two_b = shape == "gemma-2b"
    return [record(f"{shape} answer, 2 threads", a, b, "s", "<= 5" if two_b else "-", command, higher_is_better=False),
            record(f"{shape} resident", [x["resident_mb"] for x in lines], None, "MB", "< 2500" if two_b else "-", command)]


def bench_gemma_2b():
    return bench_random("gemma-2b")


def bench_gemma3_1b():
    return bench_random("gemma-3-1b")


def bench_prefill():
    return against_llama("prefill", ("-p", "512", "-n", "0"), "1.5x")


def bench_template_path():
    runs = [json.loads(run([BOT, "bench", "--no-model", "--format", "json", "--db", SAMPLE])) for _ in range(PAIRS)]
    return [record("template_path", [r["template_path_ms"]["p50"] for r in runs], None, "ms p50", "< 10",
                   "salesbot bench --no-model --format json")]


def bench_start_to_answer():
    """The whole program, from its start to a model's answer, prefix cache warm."""
    command = [BOT, "ask", "--db", SAMPLE, "--model-only", "How many products are there?"]
    seconds, memory = [], []
    subprocess.run([str(c) for c in command], capture_output=True)
    for _ in range(PAIRS):
        start = time.monotonic()
        child = subprocess.Popen([str(c) for c in command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        peak = 0
        while child.poll() is None:
            peak = max(peak, pss(child.pid))
            time.sleep(0.01)
        seconds.append(time.monotonic() - start)
        memory.append(peak / 1e6)
    return [record("start_to_answer", seconds, None, "s", "< 1", " ".join(map(str, command[1:]))),
            record("start_to_answer memory", memory, None, "MB (sum of PSS)", "< 600", "the same, /proc/PID/smaps_rollup")]


def pss(pid):
    total = 0
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        for p in [str(pid), *children]:
            for line in Path(f"/proc/{p}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1]) * 1024
    except OSError:
        pass
    return total


# ---- fine-tuning: every run is a process of a few steps, the last of which counts ----
PYTHON = ROOT / "build/reference/venv/bin/python"
FINETUNE = OUT / "finetune"
STEPS = 3


def finetune_folder():
    """The peers' weights, dequantised once, and the batches that both sides read."""
    if not (FINETUNE / "batches.i32").exists():
        run([PYTHON, ROOT / "bench/peers/finetune.py", "prepare", MODEL, FINETUNE])
    return FINETUNE


def last_step(text):
    return json.loads([line for line in text.splitlines() if line.startswith("{")][-1])


def finetune_ours(*options):
    return last_step(run([ROOT / "build/release/bench_train", MODEL, f"batches={finetune_folder()}/batches.i32",
                          f"steps={STEPS}", "lr=1e-4", *options]))


@functools.cache
def peer_threads(mode):
    """Where cores are shared, PyTorch on two threads can be slower than on one."""
    return max(("1", str(len(os.sched_getaffinity(0)))), key=lambda n: finetune_peer(mode, n)["tokens_per_s"])


def finetune_peer(mode, threads=None):
    return last_step(run([PYTHON, ROOT / "bench/peers/finetune.py", mode, finetune_folder(), STEPS],
                         env={**os.environ, "OMP_NUM_THREADS": threads or peer_threads(mode)}))


def with_pytorch(bench):
    def wrapped():
        if PYTHON.exists():
            return bench()
        print(f"{bench.__name__}: skipped, its peers need PyTorch: reference/setup.sh installs it (5 GB)", file=sys.stderr)
        return []
    return wrapped


@with_pytorch
def bench_finetune_speed():
    out = []
    for mode, target in (("completion", "2.5x"), ("stock", "4x")):
        mine, theirs = pairs(lambda: finetune_ours()["tokens_per_s"], lambda: finetune_peer(mode)["tokens_per_s"])
        out.append(record(f"finetune_speed {mode}", mine, theirs, "tokens/s", target,
                          f"bench_train batches=... lr=1e-4; finetune.py {mode}"))
    return out


@with_pytorch
def bench_finetune_memory():
    mine, theirs = pairs(lambda: finetune_ours()["peak_mb"], lambda: finetune_peer("completion")["peak_mb"])
    return [record("finetune_memory", mine, theirs, "MB, peak RSS", "4x and <= 1500", "as finetune_speed completion",
                   higher_is_better=False)]


@with_pytorch
def bench_finetune_nf4():
    mine, theirs = pairs(lambda: finetune_ours("nf4=1"), lambda: finetune_peer("nf4"))
    part = lambda runs, key: [r[key] for r in runs]
    command = "bench_train nf4=1; finetune.py nf4 (bitsandbytes)"
    return [record("finetune_nf4", part(mine, "tokens_per_s"), part(theirs, "tokens_per_s"), "tokens/s", "reported", command),
            record("finetune_nf4 memory", part(mine, "peak_mb"), part(theirs, "peak_mb"), "MB, peak RSS", "2x", command,
                   higher_is_better=False)]


NAMES = {"prefill": bench_prefill, "decode": bench_decode, "gemma_2b": bench_gemma_2b,
         "gemma3_1b": bench_gemma3_1b, "template_path": bench_template_path,
         "start_to_answer": bench_start_to_answer, "finetune_speed": bench_finetune_speed,
         "finetune_memory": bench_finetune_memory, "finetune_nf4": bench_finetune_nf4}


def main():
    names = sys.argv[1:] or list(NAMES)
    unknown = [n for n in names if n not in NAMES]
    if unknown:
        sys.exit(f"no bench {unknown[0]}; there are: {' '.join(NAMES)}")
    OUT.mkdir(parents=True, exist_ok=True)
    file = OUT / "results.json"
    results = json.loads(file.read_text()) if file.exists() else []
    for name in names:
        fresh = NAMES[name]()
        results = [r for r in results if r["name"] not in {f["name"] for f in fresh}] + fresh
        file.write_text(json.dumps(results, indent=1) + "\n")
    print(f"\n{'name':28} {'ours':>10} {'peer':>10} {'ratio':>7}  quartiles      target")
    for r in results:
        print(f"{r['name']:28} {r['ours']:10.2f} {r.get('peer', float('nan')):10.2f} {r.get('ratio', float('nan')):7.2f}"
              f"  {r['quartiles'][0]:.2f} – {r['quartiles'][1]:.2f}   {r['target']}")


main()
