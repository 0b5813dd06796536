/* merge.c - the two forms of the result; see merge.h. */
#include "merge/merge.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <dirent.h>

#include "merge/merge_impl.h"
#include "weights/terms.h"

bool merge_type_from_name(const char *name, merge_type *type)
{
    static const char *const names[] = {
#define X(id, text, number) text,
        MERGE_TYPES(X)
#undef X
    };

    for (int i = 0; i < MERGE_TYPE_COUNT; i++)
        if (str_equal_nocase(name, names[i])) {
            *type = (merge_type)i;
            return true;
        }
    return false;
}

static bool check_base(const weights *base, const char *path, err *e)
{
    struct stat a, b;

    return stat(weights_path(base), &a) || stat(path, &b) || a.st_dev != b.st_dev || a.st_ino != b.st_ino ||
           err_set(e, ERR_ARG, "%s: is the base itself; choose another --out", path);
}

static bool write_text(const char *dir, const char *name, const str *text, err *e)
{
    str path = {0};
    bool ok;

    str_addf(&path, "%s/%s", dir, name);
    ok = (!path.bad && !text->bad) || err_set(e, ERR_NOMEM, "%s: out of memory", name);
    ok = ok && file_write_atomic(path.text, str_text(text), text->n, 0644, e);
    str_deinit(&path);
    return ok;
}

/* ---- GGUF ---- */

/* model.gguf: the card is model.md; the terms are the same for every file of a folder. */
static bool write_notices(const plan *p, const adapter *a, const char *path, err *e)
{
    const char *slash = strrchr(path, '/'), *file = slash ? slash + 1 : path;
    str dir = {0}, name = {0}, card = {0};
    bool ok;

    str_add(&dir, slash ? path : ".", slash ? (size_t)(slash - path) : 1);
    str_addf(&name, "%.*s.md", (int)(strlen(file) - strlen(".gguf")), file);
    card_text(p, a, file, &card);
    ok = (!dir.bad && !name.bad) || err_set(e, ERR_NOMEM, "%s: out of memory", path);
    ok = ok && write_text(str_text(&dir), name.text, &card, e) && terms_write(str_text(&dir), e);
    str_deinit(&dir);
    str_deinit(&name);
    str_deinit(&card);
    return ok;
}

bool merge_to_gguf(const weights *base, const adapter *a, const char *path, const merge_options *o, err *e)
{
    gguf_metadata m = {0};
    plan p = {0};
    const tensor_rows rows = {plan_fill, &p};
    const bool ok = (str_ends(path, ".gguf") || err_set(e, ERR_ARG, "%s: a GGUF file's name ends in .gguf", path)) &&
                    check_base(base, path, e) && plan_open(&p, base, a, o, false, e) && plan_fits(&p, path, e) &&
                    metadata_fill(&p, &m, e) && write_notices(&p, a, path, e) &&
                    gguf_write_rows(path, &m, p.out, p.n, &rows, e);

    gguf_metadata_deinit(&m);
    plan_close(&p);
    return ok;
}

/* ---- a folder ---- */

static bool copy_side_file(const weights *base, const char *dir, const char *name, err *e)
{
    str text = {0};
    err why = {0};
    bool ok = weights_side_file(base, name, &text, &why);

    if (ok)
        ok = write_text(dir, name, &text, e);
    else if (!(ok = why.code == ERR_NOT_FOUND))
        *e = why;
    str_deinit(&text);
    return ok;
}

static bool write_tokenizer(const plan *p, const char *dir, err *e)
{
    static const char *const copied[] = {"tokenizer.json", "tokenizer.model", "tokenizer_config.json",
                                         "special_tokens_map.json", "added_tokens.json", "generation_config.json",
                                         "chat_template.jinja"};
    static const char config[] =
        "{\n  \"add_bos_token\": true,\n  \"bos_token\": \"<bos>\",\n  \"clean_up_tokenization_spaces\": false,\n"
        "  \"eos_token\": \"<eos>\",\n  \"pad_token\": \"<pad>\",\n  \"padding_side\": \"left\",\n"
        "  \"tokenizer_class\": \"PreTrainedTokenizerFast\",\n  \"unk_token\": \"<unk>\"\n}\n";
    str text = {0};
    bool ok = true;

    if (!weights_vocabulary(p->base)->n_tokens) {
        for (size_t i = 0; ok && i < sizeof copied / sizeof *copied; i++)
            ok = copy_side_file(p->base, dir, copied[i], e);
        return ok;
    }
    ok = tokenizer_text(p->base, &text, e) && write_text(dir, "tokenizer.json", &text, e);
    str_reset(&text);
    str_adds(&text, config);
    ok = ok && write_text(dir, "tokenizer_config.json", &text, e);
    str_deinit(&text);
    return ok;
}

static bool write_folder(plan *p, const adapter *a, const char *dir, err *e)
{
    const tensor_rows rows = {plan_fill, p};
    str config = {0}, card = {0}, path = {0};
    bool ok;

    card_text(p, a, "FOLDER", &card);
    str_addf(&path, "%s/model.safetensors", dir);
    ok = !path.bad || err_set(e, ERR_NOMEM, "%s: out of memory", dir);
    ok = ok && config_text(p, &config, e) && write_text(dir, "config.json", &config, e) &&
         write_text(dir, "README.md", &card, e) && terms_write(dir, e) && write_tokenizer(p, dir, e) &&
         safetensors_write_rows(path.text, p->out, p->n, &rows, e);
    str_deinit(&config);
    str_deinit(&card);
    str_deinit(&path);
    return ok;
}

/* The files of a flat folder, and the folder. */
static void remove_folder(const char *dir)
{
    DIR *d = opendir(dir);

    for (struct dirent *f; d && (f = readdir(d));)
        unlinkat(dirfd(d), f->d_name, 0);
    if (d)
        closedir(d);
    rmdir(dir);
}

/* Only what merge wrote before is replaced. */
static bool may_replace(const char *dir, err *e)
{
    struct stat st;
    str path = {0}, text = {0};
    err ignored = {0};
    bool ok = stat(dir, &st) != 0 || rmdir(dir) == 0;

    if (!ok) {
        str_addf(&path, "%s/config.json", dir);
        ok = !path.bad && file_read(path.text, 1 << 20, &text, &ignored) && strstr(str_text(&text), "\"salesbot_merged\"");
    }
    str_deinit(&path);
    str_deinit(&text);
    return ok || err_set(e, ERR_ARG, "%s: is there already and not a merge of ours; choose another --out", dir);
}

static bool put_in_place(const char *from, const char *dir, err *e)
{
    str old = {0};
    struct stat st;
    bool ok;

    str_addf(&old, "%s.old", from);
    ok = !old.bad || err_set(e, ERR_NOMEM, "%s: out of memory", dir);
    if (ok && !stat(dir, &st))
        ok = !rename(dir, old.text) || err_set(e, ERR_IO, "%s: cannot move the old one: %s", dir, strerror(errno));
    ok = ok && (!rename(from, dir) || err_set(e, ERR_IO, "%s: cannot rename: %s", dir, strerror(errno)));
    if (old.text)
        remove_folder(old.text);
    str_deinit(&old);
    return ok;
}

bool merge_to_folder(const weights *base, const adapter *a, const char *dir, const merge_options *o, err *e)
{
    plan p = {0};
    str work = {0};
    bool ok, made = false;

    str_addf(&work, "%s.%d.new", dir, (int)getpid());
    ok = !work.bad || err_set(e, ERR_NOMEM, "%s: out of memory", dir);
    ok = ok && check_base(base, dir, e) && plan_open(&p, base, a, o, true, e) && plan_fits(&p, dir, e) &&
         may_replace(dir, e) && (made = dir_make(work.text, e)) && write_folder(&p, a, work.text, e) &&
         put_in_place(work.text, dir, e);
    if (!ok && made)
        remove_folder(work.text);
    plan_close(&p);
    str_deinit(&work);
    return ok;
}
