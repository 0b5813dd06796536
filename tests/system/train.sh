#!/bin/bash
# train.sh - a training run as its user meets it, on a tiny model: killed at random
# moments and resumed to the same bytes, interrupted, bad settings, bad data, no room.
. "$SOURCE_DIR/tests/system/lib.sh.inc"
model=$SOURCE_DIR/tests/golden/gemma/gemma3/model.gguf
python3 - "$scratch" <<'PY'
import json, sys
def line(i, db):
    schema = f"tables of {db}: " + "abcdefgh "[: 3 + db % 5] * 3
    content = schema + f"how many {i % 7}?"
    return json.dumps({"messages": [{"role": "user", "content": content}, {"role": "assistant", "content": f"FROM t{db} SELECT {i % 7}"}],
                       "prefix": len(schema), "db_id": str(db)})
for name, n in (("x_train", 60), ("x_val", 12)):
    with open(f"{sys.argv[1]}/{name}.jsonl", "w") as f:
        for i in range(n):
            print(line(i, i // 6), file=f)
PY
flags="--model $model --data $scratch/x_train.jsonl --rank 4 --batch-tokens 256 --accumulate 2 --threads 2"
settings="$flags --steps 30 --checkpoint-every 4 --eval-every 10 --eval-examples 8"
train() { "$bot" train $settings "$@"; }

code 0 "$bot" train --help; says '--batch-tokens'
code 0 train --out "$scratch/whole"; says 'best validation loss'
for file in adapter_config.json adapter_model.safetensors README.md NOTICE GEMMA_TERMS.txt train.yaml training.html; do
    done_=$((done_ + 1))
    [ -s "$scratch/whole/$file" ] || { bad=$((bad + 1)); echo "no $file"; }
done
cp "$scratch/whole/README.md" "$scratch/out"
says '^license: gemma'; says '^library_name: peft'; says 'x_train.jsonl`, 60 examples'; says 'x_val.jsonl`, 12 examples'
says '^\| steps \| 30 of 512'; says '^\| validation loss \| [0-9.]+ at step'; says '^\| command \| `salesbot train --model .* --eval-examples 8 --out'
says 'licence \| not recorded'; says 'Gemma Terms of Use'
done_=$((done_ + 1))
[ "$(ls "$scratch/whole/checkpoints" | wc -l)" -le 3 ] || { bad=$((bad + 1)); ls "$scratch/whole/checkpoints"; }
python3 - "$scratch/whole/loss.jsonl" <<'PY' || bad=$((bad + 1))
import json, sys
rows = [json.loads(l) for l in open(sys.argv[1])]
losses = [r["loss"] for r in rows if "loss" in r]
assert len(losses) == 30 and losses[-1] < 0.8 * losses[0], losses
assert [r["step"] for r in rows if "val_loss" in r] == [10, 20, 30]
PY

# killed at 20 random moments, each resumed to the end
equal() { # equal FOLDER: its results are those of the run never stopped
    for file in adapter_model.safetensors loss.jsonl; do
        done_=$((done_ + 1))
        cmp -s "$scratch/whole/$file" "$1/$file" || { bad=$((bad + 1)); echo "$1/$file differs"; }
    done
}
RANDOM=$(date +%s); echo "seed of the kills: $RANDOM"
from=$(date +%s%N); train --out "$scratch/timed" >/dev/null 2>&1; span=$(( ($(date +%s%N) - from) / 1000000 ))
killed=0
for i in $(seq 60); do
    rm -rf "$scratch/killed"
    "$bot" train $settings --out "$scratch/killed" >"$scratch/out" 2>&1 &
    pid=$!
    late=$((span * (RANDOM % 100) / 100))
    sleep "$((late / 1000)).$(printf '%03d' $((late % 1000)))"
    kill -KILL $pid 2>/dev/null && killed=$((killed + 1))
    wait $pid 2>/dev/null
    code 0 train --out "$scratch/killed" --resume
    equal "$scratch/killed"
    [ $killed -lt 20 ] || break
done
[ $killed -ge 20 ] || { bad=$((bad + 1)); echo "only $killed runs were killed"; }

# interrupted: saved, 130, and on with it
for signal in INT TERM; do
    "$bot" train $settings --out "$scratch/$signal" >"$scratch/out" 2>"$scratch/err" &
    pid=$!
    until [ -s "$scratch/$signal/loss.jsonl" ] || ! kill -0 $pid 2>/dev/null; do sleep 0.01; done
    kill -$signal $pid; wait $pid; got=$?
    done_=$((done_ + 1))
    [ $got = 130 ] || { bad=$((bad + 1)); echo "SIG$signal: exit $got"; cat "$scratch/err"; }
    says 'saved; the same command with --resume'
    code 0 "$bot" train --resume --out "$scratch/$signal"
    equal "$scratch/$signal"
done

# another run's folder, another config
code 2 train --out "$scratch/whole"; says '--resume'
code 2 train --out "$scratch/whole" --resume --lr 0.01; says 'lr 0.0006, not 0.01'
code 2 train --out "$scratch/whole" --resume --data "$scratch/x_val.jsonl"; says 'other training examples'
code 2 train --out "$scratch/whole" --resume --model "$SOURCE_DIR/tests/golden/gemma/gemma1/model.gguf"; says 'another base'
cmp -s "$scratch/whole/adapter_model.safetensors" "$scratch/timed/adapter_model.safetensors" || { bad=$((bad + 1)); echo "a refusal changed the adapter"; }

# settings
printf 'steps: 3\ntargets: [q, v]\nlr: 1e-3\n' >"$scratch/a.yaml"
code 0 "$bot" train $flags --config "$scratch/a.yaml" --out "$scratch/yaml"
grep -q '^targets: q,v ' "$scratch/yaml/train.yaml" && grep -q '^steps: 3 ' "$scratch/yaml/train.yaml" || { bad=$((bad + 1)); cat "$scratch/yaml/train.yaml"; }
printf 'steps: 3\nrnak: 8\n' >"$scratch/b.yaml"
code 2 "$bot" train --config "$scratch/b.yaml"; says 'b.yaml:2: .*did you mean "rank"'
printf 'steps: [3\n' >"$scratch/b.yaml"
code 2 "$bot" train --config "$scratch/b.yaml"; says 'b.yaml:'
code 9 "$bot" train --config "$scratch/none.yaml"; says 'none.yaml'
code 2 "$bot" train --rank 1000; says 'from 1 to 256'
code 2 "$bot" train --targets q,lm_head; says 'q,k,v,o,gate,up,down'
code 2 "$bot" train --nonsense 3; says 'no setting'
code 2 "$bot" train words
code 8 train --model "$scratch/none.gguf" --out "$scratch/n"; says 'none.gguf'
code 9 train --out /proc/nothing

# data
: >"$scratch/empty.jsonl"
code 2 train --data "$scratch/empty.jsonl" --out "$scratch/n"; says 'no examples'
code 9 train --data "$scratch/none.jsonl" --out "$scratch/n"
head -1 "$scratch/x_train.jsonl" >"$scratch/one.jsonl"
code 0 train --data "$scratch/one.jsonl" --out "$scratch/one" --steps 2
{ echo '{"messages": 7}'; cat "$scratch/x_train.jsonl"; echo '{'; } >"$scratch/broken.jsonl"
code 0 train --data "$scratch/broken.jsonl" --out "$scratch/broken" --steps 2
says 'broken.jsonl:1: '; says 'broken.jsonl:62: '
code 2 train --data "$scratch/x_train.jsonl" --out "$scratch/n" --max-length 20; says 'raise --max-length'
[ ! -e "$scratch/n/adapter_model.safetensors" ] || { bad=$((bad + 1)); echo "an adapter of nothing"; }

# validation questions asked of their databases with the weights of the moment
python3 - "$scratch" <<'PY'
import json, sqlite3, sys
d = sqlite3.connect(f"{sys.argv[1]}/shop.sqlite")
d.executescript("CREATE TABLE item(id INTEGER, name TEXT); INSERT INTO item VALUES (1, 'lamp'), (2, 'chair')")
d.close()
rows = [json.loads(l) for l in open(f"{sys.argv[1]}/x_val.jsonl")]
with open(f"{sys.argv[1]}/asked.jsonl", "w") as f:
    for i, r in enumerate(rows):
        print(json.dumps(r | {"db_id": "shop" if i % 2 else "elsewhere", "question": f"how many items {i}",
                              "sql": "SELECT count(*) FROM item"}), file=f)
PY
rated="--model $model --data $scratch/x_train.jsonl --val $scratch/asked.jsonl --rank 4 --batch-tokens 256 --threads 2 --lr 0.01"
rated="$rated --steps 6 --eval-every 3 --eval-db-dir $scratch --eval-questions 4"
SALESBOT_HOME=$scratch/other
export SALESBOT_HOME; mkdir "$SALESBOT_HOME"; ln -s "$home/lib" "$SALESBOT_HOME/lib"
code 0 "$bot" train $rated --out "$scratch/rated"; says 'step 6/6  validation loss .* executable [0-9.]+ %'
python3 - "$scratch/rated" <<'PY' || bad=$((bad + 1))
import json, sys
rows = [json.loads(l) for l in open(sys.argv[1] + "/loss.jsonl")]
rates = [(r["step"], r["executable"]) for r in rows if "val_loss" in r]
assert [s for s, _ in rates] == [3, 6] and all(0 <= r <= 1 for _, r in rates), rates
states = [json.loads(l) for l in open(sys.argv[1] + "/checkpoints/rated/states.jsonl")]
assert len(states) == 4, len(states)
PY
digest() { grep -oE '"adapter": ?"[0-9a-f]{64}"' "$1" | grep -oE '[0-9a-f]{64}' | sort -u; }
# what these random weights answer does not matter, only which they were
"$bot" ask --db "$scratch/shop.sqlite" --model "$model" --adapter "$scratch/rated/checkpoints/rated" --model-only --format json "how many items" >"$scratch/out" 2>"$scratch/err" || true
done_=$((done_ + 1))
[ -n "$(digest "$scratch/out")" ] && [ "$(digest "$scratch/out")" = "$(digest "$scratch/rated/checkpoints/rated/states.jsonl")" ] ||
    { bad=$((bad + 1)); echo "the questions were asked of other weights than the last"; }
code 2 "$bot" train $rated --eval-db-dir "$scratch/one" --out "$scratch/n"; says 'none of the databases'

# a full disk: the checkpoint before it is whole
if [ "$(id -u)" = 0 ] && mkdir "$scratch/small" && mount -t tmpfs -o size=4m none "$scratch/small" 2>/dev/null; then
    head -c 3700000 /dev/zero >"$scratch/small/filler"
    code 9 train --out "$scratch/small/run"; says 'free|No space'
    rm "$scratch/small/filler"
    settings="$flags --steps 200 --checkpoint-every 5 --keep 1 --eval-every 0"
    "$bot" train $settings --out "$scratch/small/run" >"$scratch/out" 2>"$scratch/err" &
    pid=$!
    until ls "$scratch"/small/run/checkpoints/step* >/dev/null 2>&1 || ! kill -0 $pid 2>/dev/null; do sleep 0.01; done
    head -c 5000000 /dev/zero >"$scratch/small/filler" 2>/dev/null
    wait $pid; got=$?
    done_=$((done_ + 1))
    [ $got = 9 ] || { bad=$((bad + 1)); echo "full disk: exit $got"; cat "$scratch/err"; }
    rm "$scratch/small/filler"
    code 0 "$bot" train --resume --out "$scratch/small/run"; says 'going on after step'
    umount "$scratch/small"
fi
finish
