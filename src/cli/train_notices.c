/* train_notices.c - what travels with an adapter: how to use it and Gemma's terms. */
#include "base/file.h"
#include "cli/train_impl.h"
#include "weights/terms.h"

/* The front matter is what hubs read; peft and the base's name make the folder loadable there. */
static void readme(const train_config *c, const char *base_name, str *out)
{
    str_addf(out, "---\nlibrary_name: peft\nlicense: gemma\n%s%s%stags: [lora, text-to-sql]\n---\n\n"
                  "# A LoRA adapter for questions to a database\n\n",
             *base_name ? "base_model: " : "", base_name, *base_name ? "\n" : "");
    str_addf(out, "Rank %d, alpha %g, made by `salesbot train` over %s. The settings are in `train.yaml`, the losses in "
                  "`loss.jsonl` and drawn in `training.html`.\n\n"
                  "    salesbot ask --adapter FOLDER \"sales by region in 2024\"\n\n"
                  "It also loads with PEFT: `PeftModel.from_pretrained(base, FOLDER)`.\n\n"
                  "Gemma and what is built upon it, this adapter among it, is provided under and subject to the Gemma Terms of "
                  "Use: `GEMMA_TERMS.txt`, `NOTICE`. Whoever passes it on passes these on too, and the restrictions of "
                  "use in section 3.2 (the Gemma Prohibited Use Policy).\n",
             c->rank, c->alpha, *base_name ? base_name : "a Gemma model");
}

bool train_notices_write(const train_config *c, const char *base_name, err *e)
{
    str text = {0}, path = {0};
    bool ok;

    readme(c, base_name, &text);
    str_addf(&path, "%s/README.md", c->out);
    ok = (!text.bad && !path.bad) || err_set(e, ERR_NOMEM, "README.md: out of memory");
    ok = ok && file_write_atomic(path.text, text.text, text.n, 0644, e) && terms_write(c->out, e);
    str_deinit(&path);
    str_deinit(&text);
    return ok;
}
