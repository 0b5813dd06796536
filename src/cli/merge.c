/* merge.c - salesbot merge: weights and adapter as one file; salesbot export: the adapter
 * alone, ready to be passed on. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/cli.h"
#include "merge/merge.h"
#include "weights/terms.h"

static const char help[] =
    "  --adapter DIR   PEFT folder (else the one that `ask` would use); --no-adapter: convert the weights alone\n"
    "  --model FILE    the base: GGUF file or Hugging Face folder (else the default weights)\n"
    "  --out PATH      FILE.gguf, which llama.cpp loads, or a folder, which transformers loads\n"
    "                  (default models/merged.gguf in the home folder)\n"
    "  --type T        f32 f16 bf16 q8_0 q4_k; default q8_0 for GGUF and bf16 for a folder. q4_k is\n"
    "                  llama.cpp's mixture Q4_K_M\n"
    "  --threads N\n";

static bool choose_type(const flags *f, bool folder, merge_type *type, err *e)
{
    *type = folder ? MERGE_BF16 : MERGE_Q8_0;
    return !f->type || merge_type_from_name(f->type, type) ||
           err_set(e, ERR_ARG, "--type %.20s: f32, f16, bf16, q8_0 and q4_k are written", f->type);
}

static bool on_progress(void *arg, double share)
{
    (void)arg;
    return cli_progress("Merging", share);
}

typedef struct opened {
    str model, adapter_path;
    weights *base;
    adapter *a;
} opened;

static bool open_parts(const flags *f, opened *in, err *e)
{
    if (!cli_model(f, &in->model, e) || !cli_adapter(f, &in->adapter_path, e))
        return false;
    if (!in->adapter_path.n && !f->no_adapter)
        return err_set(e, ERR_MODEL, "no adapter to merge: name one with --adapter, or make one with `salesbot train`");
    if (!file_exists(in->model.text) && access(in->model.text, F_OK))
        return err_set(e, ERR_MODEL, "%s: no model here; `salesbot model pull` or `make run` fetches it", in->model.text);
    in->base = weights_open(in->model.text, e);
    if (in->base && in->adapter_path.n)
        in->a = adapter_open(in->adapter_path.text, in->base, e);
    return in->base && (in->a || !in->adapter_path.n);
}

static void close_parts(opened *in)
{
    adapter_close(in->a);
    weights_close(in->base);
    str_deinit(&in->model);
    str_deinit(&in->adapter_path);
}

static int run(int argc, char **argv)
{
    merge_options o = {.on_progress = on_progress};
    opened in = {0};
    flags f;
    str out = {0};
    err e = {0};
    bool ok, folder;

    if (!flags_parse(&f, argc, argv, "adapter no-adapter model out type threads", &verb_merge))
        return 2;
    cli_watch_interrupt();
    o.n_threads = f.threads;
    if (f.out)
        str_adds(&out, f.out);
    ok = (f.out || home_path(&out, "models/merged.gguf", &e)) && open_parts(&f, &in, &e);
    folder = ok && !str_ends(out.text, ".gguf");
    ok = ok && choose_type(&f, folder, &o.type, &e) &&
         (folder ? merge_to_folder(in.base, in.a, out.text, &o, &e) : merge_to_gguf(in.base, in.a, out.text, &o, &e));
    if (ok)
        fprintf(stderr, "%s%s into %s\nTry: salesbot ask --model %s \"sales by region in 2024\"\n",
                in.a ? "Merged " : "Converted ", in.a ? in.adapter_path.text : in.model.text, out.text, out.text);
    close_parts(&in);
    str_deinit(&out);
    return ok ? 0 : cli_fail(&e);
}

const verb verb_merge = {"merge", "", "weights and adapter as one file, for other programs too", help, run};

/* ---- export ---- */

static const char export_help[] =
    "  --peft          the adapter in PEFT's form (the only one there is), with card and terms\n"
    "  --adapter DIR   which (else the one that `ask` would use)\n"
    "  --out DIR       where to\n";

static bool copy_file(const char *from, const char *to, const char *name, bool needed, err *e)
{
    str a = {0}, b = {0};
    bool ok;

    str_addf(&a, "%s/%s", from, name);
    str_addf(&b, "%s/%s", to, name);
    ok = (!a.bad && !b.bad) || err_set(e, ERR_NOMEM, "out of memory");
    ok = ok && ((!needed && !file_exists(a.text)) || file_copy_atomic(a.text, b.text, 0644, e));
    str_deinit(&a);
    str_deinit(&b);
    return ok;
}

/* A folder that has no card gets one. */
static bool write_card(const char *dir, const adapter_info *i, err *e)
{
    str path = {0}, text = {0};
    bool ok;

    str_addf(&path, "%s/README.md", dir);
    str_addf(&text, "---\nlibrary_name: peft\nlicense: gemma\n%s%s%stags: [lora, text-to-sql]\n---\n\n# A LoRA adapter for questions "
                    "to a database\n\nRank %d, alpha %g.\n\n    salesbot ask --adapter FOLDER \"sales by region in 2024\"\n\n"
                    "Provided under and subject to the Gemma Terms of Use: `GEMMA_TERMS.txt`, `NOTICE`.\n",
             *i->base_name ? "base_model: " : "", i->base_name, *i->base_name ? "\n" : "", i->rank, (double)i->alpha);
    ok = (!path.bad && !text.bad) || err_set(e, ERR_NOMEM, "out of memory");
    ok = ok && (file_exists(path.text) || file_write_atomic(path.text, text.text, text.n, 0644, e));
    str_deinit(&path);
    str_deinit(&text);
    return ok;
}

static bool export_adapter(const char *from, const char *to, err *e)
{
    adapter *a = adapter_open(from, NULL, e);
    adapter_info i;
    bool ok = a != NULL;

    if (ok)
        adapter_describe(a, &i);
    ok = ok && dir_make(to, e) && copy_file(from, to, "README.md", false, e) && write_card(to, &i, e) &&
         terms_write(to, e) && copy_file(from, to, "adapter_config.json", true, e) &&
         copy_file(from, to, "adapter_model.safetensors", true, e);
    adapter_close(a);
    return ok;
}

static int run_export(int argc, char **argv)
{
    flags f;
    str from = {0};
    err e = {0};
    bool ok;

    if (!flags_parse(&f, argc, argv, "peft adapter out", &verb_export))
        return 2;
    if (!f.out) {
        fprintf(stderr, "salesbot export: where to? salesbot export --peft --out DIR\n");
        return 2;
    }
    ok = cli_adapter(&f, &from, &e) &&
         (from.n || err_set(&e, ERR_MODEL, "no adapter to export: name one with --adapter, or make one with `salesbot train`")) &&
         export_adapter(from.text, f.out, &e);
    if (ok)
        fprintf(stderr, "Exported %s into %s\n", from.text, f.out);
    str_deinit(&from);
    return ok ? 0 : cli_fail(&e);
}

const verb verb_export = {"export", "--peft --out DIR", "the adapter alone, ready to be passed on", export_help, run_export};
