/* train_notices.c - what travels with an adapter: its card (what it is, how it was made, what it
 * reached) and Gemma's terms. */
#include <string.h>

#include "base/file.h"
#include "cli/train_impl.h"
#include "weights/terms.h"

static const char *file_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

static void add_targets(const train_config *c, str *out)
{
    for (int i = 0; i < train_config_count(); i++)
        if (!strcmp(train_config_name(i), "targets"))
            train_config_value(c, i, out);
}

/* The front matter is what hubs read; peft and the base's name make the folder loadable there. */
static void add_head(const train_card *k, str *out)
{
    const char *base = k->base_name;

    str_addf(out, "---\nlibrary_name: peft\npipeline_tag: text-generation\nlicense: gemma\n%s%s%stags: [lora, text-to-sql]\n---\n\n"
                  "# A LoRA adapter for questions to a database\n\n"
                  "Made by `salesbot train`. The settings are in `train.yaml`, the losses in `loss.jsonl` and drawn in "
                  "`training.html`.\n\n"
                  "    salesbot ask --adapter FOLDER \"sales by region in 2024\"\n\n"
                  "It also loads with PEFT: `PeftModel.from_pretrained(base, FOLDER)`.\n\n",
             *base ? "base_model: " : "", base, *base ? "\n" : "");
}

static void add_facts(const train_card *k, str *out)
{
    const train_config *c = k->config;

    str_addf(out, "| | |\n|---|---|\n| base | %s |\n| adapter | rank %d, alpha %g, on ", *k->base_name ? k->base_name : "a Gemma model",
             c->rank, c->alpha);
    add_targets(c, out);
    str_addf(out, " |\n| trained on | `%s`, %d examples |\n", file_name(c->data), k->n_train);
    if (k->n_val)
        str_addf(out, "| validated on | `%s`, %d examples |\n", file_name(c->val), k->n_val);
    str_addf(out, "| steps | %d of %d computed tokens |\n", k->result->step, c->batch_tokens * c->accumulate);
    if (k->result->best_step)
        str_addf(out, "| validation loss | %.4f at step %d, whose weights these are |\n", k->result->best_loss, k->result->best_step);
    str_addf(out, "| command | `%s` |\n| data from, licence | not recorded: say it here before passing this on |\n"
                  "| rows right, by `salesbot eval` | not measured |\n\n", k->command);
}

static void readme(const train_card *k, str *out)
{
    add_head(k, out);
    add_facts(k, out);
    str_adds(out, "Gemma and what is built upon it, this adapter among it, is provided under and subject to the Gemma Terms of "
                  "Use: `GEMMA_TERMS.txt`, `NOTICE`. Whoever passes it on passes these on too, and the restrictions of "
                  "use in section 3.2 (the Gemma Prohibited Use Policy).\n");
}

bool train_notices_write(const train_card *k, err *e)
{
    str text = {0}, path = {0};
    bool ok;

    readme(k, &text);
    str_addf(&path, "%s/README.md", k->config->out);
    ok = (!text.bad && !path.bad) || err_set(e, ERR_NOMEM, "README.md: out of memory");
    ok = ok && file_write_atomic(path.text, text.text, text.n, 0644, e) && terms_write(k->config->out, e);
    str_deinit(&path);
    str_deinit(&text);
    return ok;
}
