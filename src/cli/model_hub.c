/* model_hub.c - salesbot model pull and push.
 *
 * A model grows in NAME.partial and gets its name when it is whole, so that a name in the home folder is
 * always a model that was whole once. */
#include <dirent.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/model_impl.h"
#include "hub/hub.h"
#include "weights/adapter.h"

static bool show(void *arg, const hub_progress *p)
{
    char what[120];

    snprintf(what, sizeof what, "%s %.40s (%d of %d), %.0f of %.0f MB", (const char *)arg, p->file ? p->file : "", p->index + 1, p->n_files,
             (double)p->done / 1048576.0, (double)p->total / 1048576.0);
    return cli_progress(what, p->total ? 0.999 * (double)p->done / (double)p->total : 0);
}

static void show_end(void) { (void)cli_progress("", 1); }

/* ---- which files ---- */

typedef struct listing {
    bool has_safetensors, has_adapter;
    int n_gguf;
    str ggufs;        /* their names, for a person */
    char gguf[256];   /* the last one */
    const char *only; /* one file that was asked for */
} listing;

static void on_file(void *arg, const char *file, uint64_t size)
{
    listing *l = arg;

    if (!strcmp(file, "adapter_config.json"))
        l->has_adapter = true;
    else if (str_ends(file, ".safetensors"))
        l->has_safetensors = true;
    if (str_ends(file, ".gguf") && strlen(file) < sizeof l->gguf) {
        snprintf(l->gguf, sizeof l->gguf, "%s", file);
        if (l->n_gguf++ < 20)
            str_addf(&l->ggufs, "\n  %s (%.0f MB)", file, (double)size / 1048576.0);
    }
}

/* What a model or adapter needs; not the same weights in other forms, not notebooks or pictures. */
static bool wanted(void *arg, const char *file)
{
    static const char *const names[] = {"config.json", "generation_config.json", "tokenizer.json", "tokenizer.model",
                                        "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json",
                                        "chat_template.jinja", "adapter_config.json", "README.md", "NOTICE", "LICENSE",
                                        "GEMMA_TERMS.txt"};
    const listing *l = arg;

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!strcmp(file, names[i]))
            return true;
    if (l->only)
        return !strcmp(file, l->only);
    return !strchr(file, '/') && (str_ends(file, ".safetensors") || str_ends(file, ".safetensors.index.json"));
}

static bool choose(listing *l, const char *repository, const char *file, err *e)
{
    if (file)
        l->only = file;
    else if (!l->has_safetensors && l->n_gguf == 1)
        l->only = l->gguf;
    else if (!l->has_safetensors && l->n_gguf)
        return err_set(e, ERR_ARG, "%s: holds %d GGUF files; name one: salesbot model pull %s FILE%.300s", repository,
                       l->n_gguf, repository, str_text(&l->ggufs));
    else if (!l->has_safetensors)
        return err_set(e, ERR_MODEL, "%s: holds neither safetensors nor GGUF files", repository);
    return true;
}

/* ---- pull ---- */

static bool hash_files(const char *folder, json_t *files, err *e)
{
    DIR *d = opendir(folder);
    str path = {0};
    bool ok = d || err_set(e, ERR_IO, "%s: cannot open: %s", folder, strerror(errno));

    for (struct dirent *f; ok && (f = readdir(d));) {
        struct stat st;
        char hex[65];

        str_reset(&path);
        str_addf(&path, "%s/%s", folder, f->d_name);
        if (f->d_name[0] == '.' || !strcmp(f->d_name, MODEL_ORIGIN) || str_ends(f->d_name, ".part") ||
            stat(str_text(&path), &st) || !S_ISREG(st.st_mode))
            continue;
        ok = file_sha256(path.text, hex, e);
        if (ok)
            json_object_set_new(files, f->d_name, json_string(hex));
    }
    if (d)
        closedir(d);
    str_deinit(&path);
    return ok;
}

static bool write_origin(const char *folder, const char *repository, const char *commit, err *e)
{
    json_t *files = json_object();
    json_t *root = json_pack("{s:s s:s s:o}", "repository", repository, "commit", commit, "files", files);
    char *text = NULL;
    str path = {0};
    bool ok = root && hash_files(folder, files, e);

    if (ok)
        text = json_dumps(root, JSON_INDENT(1));
    str_addf(&path, "%s/%s", folder, MODEL_ORIGIN);
    ok = ok && ((text && !path.bad) || err_set(e, ERR_NOMEM, "out of memory"));
    ok = ok && file_write_atomic(path.text, text, strlen(text), 0644, e);
    free(text);
    json_decref(root);
    str_deinit(&path);
    return ok;
}

/* "models/google--gemma-2b-it" in home, and the folder where it grows. */
static bool places(const char *repository, bool is_adapter, str *final, str *work, err *e)
{
    str rest = {0};
    const char *slash = strchr(repository, '/');
    struct stat st;
    bool ok;

    str_addf(&rest, "%s/%.*s--%s", is_adapter ? "adapters" : "models", (int)(slash - repository), repository, slash + 1);
    ok = (!rest.bad || err_set(e, ERR_NOMEM, "out of memory")) && home_path(final, rest.text, e);
    if (ok)
        str_addf(work, stat(final->text, &st) ? "%s.partial" : "%s", final->text);
    str_deinit(&rest);
    return ok && (!work->bad || err_set(e, ERR_NOMEM, "out of memory"));
}

/* Say so at once when it is something that this program can't use. */
static bool check_pulled(const char *name, bool is_adapter, err *e)
{
    str path = {0};
    bool ok = model_find(name, &path, e);

    if (ok && is_adapter) {
        adapter *a = adapter_open(path.text, NULL, e);

        ok = a != NULL;
        adapter_close(a);
    } else if (ok) {
        weights *w = weights_open(path.text, e);

        ok = w != NULL;
        weights_close(w);
    }
    str_deinit(&path);
    return ok || err_wrap(e, "it is here, but cannot be used");
}

static bool pull(const char *repository, const char *file, str *final, bool *is_adapter, err *e)
{
    const hub_options o = {.on_progress = show, .arg = (void *)(uintptr_t) "Fetching"};
    listing l = {0};
    str work = {0};
    char commit[65];
    bool ok = hub_list(HUB_MODEL, repository, on_file, &l, &o, e) && choose(&l, repository, file, e);

    *is_adapter = l.has_adapter;
    ok = ok && places(repository, l.has_adapter, final, &work, e) &&
         hub_download(HUB_MODEL, repository, wanted, &l, work.text, &o, commit, e) &&
         write_origin(work.text, repository, commit, e);
    show_end();
    if (ok && strcmp(work.text, final->text))
        ok = !rename(work.text, final->text) || err_set(e, ERR_IO, "%s: cannot rename: %s", final->text, strerror(errno));
    str_deinit(&l.ggufs);
    str_deinit(&work);
    return ok;
}

int model_pull(const flags *f, const char *repository, const char *file)
{
    str final = {0};
    err e = {0};
    bool is_adapter, ok;

    (void)f;
    cli_watch_interrupt();
    if (!hub_repository_valid(repository)) {
        fprintf(stderr, "salesbot model pull: \"%.100s\" is no repository; its form is owner/name, as in google/gemma-2b-it\n", repository);
        return 2;
    }
    fprintf(stderr, "Gemma's weights are provided under and subject to the Gemma Terms of Use (ai.google.dev/gemma/terms).\n");
    ok = pull(repository, file, &final, &is_adapter, &e) && check_pulled(repository, is_adapter, &e);
    if (ok)
        fprintf(stderr, "%s\nTry: salesbot ask --%s %s \"sales by region in 2024\"\n", final.text, is_adapter ? "adapter" : "model",
                is_adapter ? final.text : repository);
    str_deinit(&final);
    return ok ? 0 : cli_fail(&e);
}

/* ---- push ---- */

enum { MOST_FILES = 200 };

typedef struct sending {
    hub_file files[MOST_FILES];
    str texts[MOST_FILES]; /* paths and names, owned */
    size_t n;
} sending;

static bool send_file(sending *s, const char *folder, const char *name, const char *as, err *e)
{
    str *text = &s->texts[s->n];
    size_t name_at;

    if (s->n == MOST_FILES)
        return err_set(e, ERR_LIMIT, "%s: more than %d files", folder, MOST_FILES);
    str_addf(text, "%s/%s", folder, name);
    str_addc(text, 0);
    name_at = text->n;
    str_adds(text, as);
    if (text->bad)
        return err_set(e, ERR_NOMEM, "out of memory");
    s->files[s->n++] = (hub_file){.name = text->text + name_at, .path = text->text};
    return true;
}

static int is_visible(const struct dirent *f)
{
    return f->d_name[0] != '.' && !str_ends(f->d_name, ".part") && strcmp(f->d_name, MODEL_ORIGIN);
}

static bool send_folder(sending *s, const char *folder, err *e)
{
    struct dirent **list = NULL;
    const int n = scandir(folder, &list, is_visible, alphasort);
    bool ok = n >= 0 || err_set(e, ERR_IO, "%s: cannot open: %s", folder, strerror(errno));

    for (int i = 0; i < n; i++) {
        str path = {0};
        struct stat st;

        str_addf(&path, "%s/%s", folder, list[i]->d_name);
        if (ok && !stat(str_text(&path), &st) && S_ISREG(st.st_mode))
            ok = send_file(s, folder, list[i]->d_name, list[i]->d_name, e);
        str_deinit(&path);
        free(list[i]);
    }
    free(list);
    return ok;
}

/* A GGUF file, its card as the repository's README.md, and the terms that lie beside it. */
static bool send_gguf(sending *s, const char *path, err *e)
{
    const char *slash = strrchr(path, '/'), *file = slash ? slash + 1 : path;
    str folder = {0}, card = {0};
    bool ok;

    str_add(&folder, slash ? path : ".", slash ? (size_t)(slash - path) : 1);
    str_addf(&card, "%.*s.md", (int)(strlen(file) - 5), file);
    ok = (!folder.bad && !card.bad) || err_set(e, ERR_NOMEM, "out of memory");
    ok = ok && send_file(s, folder.text, file, file, e) && send_file(s, folder.text, card.text, "README.md", e) &&
         send_file(s, folder.text, "NOTICE", "NOTICE", e) && send_file(s, folder.text, "GEMMA_TERMS.txt", "GEMMA_TERMS.txt", e);
    str_deinit(&folder);
    str_deinit(&card);
    return ok;
}

/* Gemma's terms go with everything built upon it. */
static bool has_notices(const sending *s, const char *path, err *e)
{
    static const char *const needed[] = {"README.md", "NOTICE", "GEMMA_TERMS.txt"};

    for (size_t k = 0; k < sizeof needed / sizeof *needed; k++) {
        bool found = false;

        for (size_t i = 0; i < s->n; i++)
            found |= !strcmp(s->files[i].name, needed[k]) && file_exists(s->files[i].path);
        if (!found)
            return err_set(e, ERR_MODEL, "%s: has no %s, which must go with it; `salesbot export --peft --out DIR` and `salesbot "
                           "merge` write all that is needed", path, needed[k]);
    }
    return true;
}

static bool push(const flags *f, const char *repository, const char *path, err *e)
{
    const hub_options o = {.on_progress = show, .arg = (void *)(uintptr_t) "Sending"};
    sending *s = calloc(1, sizeof *s);
    bool ok = s || err_set(e, ERR_NOMEM, "out of memory");

    ok = ok && (str_ends(path, ".gguf") ? send_gguf(s, path, e) : send_folder(s, path, e)) && has_notices(s, path, e) &&
         hub_upload(HUB_MODEL, repository, f->is_private, s->files, s->n, "Upload with salesbot", &o, e);
    show_end();
    for (size_t i = 0; s && i < s->n; i++)
        str_deinit(&s->texts[i]);
    free(s);
    return ok;
}

int model_push(const flags *f, const char *repository, const char *path)
{
    str what = {0};
    err e = {0};
    bool ok;

    cli_watch_interrupt();
    if (!hub_repository_valid(repository)) {
        fprintf(stderr, "salesbot model push: \"%.100s\" is no repository; its form is owner/name\n", repository);
        return 2;
    }
    ok = path ? model_find(path, &what, &e) : cli_adapter(f, &what, &e);
    if (ok && !what.n)
        ok = err_set(&e, ERR_MODEL, "nothing to push: name a folder or GGUF file, or make an adapter with `salesbot train`");
    ok = ok && push(f, repository, what.text, &e);
    if (ok)
        fprintf(stderr, "%s is at %s\n", what.text, repository);
    str_deinit(&what);
    return ok ? 0 : cli_fail(&e);
}
