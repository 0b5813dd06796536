/* knowledge_change.c - the actions that write. A statement is run before it counts as verified. */
#include "cli/knowledge_impl.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "sql/sql.h"

static bool tell(void *arg, size_t done, size_t all)
{
    return cli_progress(arg, all ? (double)done / (double)all : 1);
}

static void print_count(const rag_count *c)
{
    printf("%zu added, %zu changed, %zu unchanged, %zu removed; %zu embedded\n", c->added, c->changed, c->unchanged,
           c->removed, c->embedded);
}

bool knowledge_build(knowledge *k, err *e)
{
    static char label[] = "Reading the catalog";
    rag_count count = {0};

    if (!rag_build(k->rag, k->catalog, tell, label, &count, e))
        return false;
    printf("%s: %d tables. ", k->catalog->database, k->catalog->n_tables);
    print_count(&count);
    return true;
}

/* The statement as it would run: printed, checked, and run with few rows. */
static bool check(knowledge *k, const char *sql, str *printed, err *e)
{
    arena *a = arena_new((size_t)64 << 20);
    const char *text = a ? sql_check(a, sql, k->catalog, NULL, e) : NULL;
    db_result *r = text ? db_execute(k->db, text, &(db_limits){.max_rows = 100}, e) : NULL;

    if (!a)
        err_set(e, ERR_NOMEM, "out of memory");
    if (r)
        str_adds(printed, text);
    db_result_free(r);
    arena_free(a);
    return r != NULL;
}

static bool add_pair(knowledge *k, err *e)
{
    str question = {0}, sql = {0};
    rag_count mined = {0};
    int64_t id = 0;
    bool ok;

    knowledge_join(k, &question);
    ok = check(k, k->f->sql, &sql, e) &&
         rag_add_pair(k->rag, str_text(&question), str_text(&sql), "user", RAG_VERIFIED, &id, e) &&
         rag_mine(k->rag, k->catalog, &mined, e);
    if (ok)
        printf("%lld: verified: %s\n", (long long)id, str_text(&sql));
    str_deinit(&question);
    str_deinit(&sql);
    return ok;
}

static bool add_file(knowledge *k, const char *path, err *e)
{
    const char *slash = strrchr(path, '/');
    str text = {0};
    rag_count count = {0};
    bool ok = file_read(path, 17 << 20, &text, e) &&
              rag_add_document(k->rag, slash ? slash + 1 : path, str_text(&text), text.n, &count, e);

    if (ok) {
        printf("%s: ", path);
        print_count(&count);
    }
    str_deinit(&text);
    return ok;
}

bool knowledge_add(knowledge *k, err *e)
{
    if (k->f->sql)
        return add_pair(k, e);
    for (int i = 1; i < k->f->n_words; i++)
        if (!add_file(k, k->f->words[i], e))
            return false;
    return true;
}

static bool parse_id(const char *word, int64_t *id)
{
    char *end;

    *id = strtoll(word, &end, 10);
    return *word && !*end && *id > 0;
}

static bool verify_one(knowledge *k, int64_t id, err *e)
{
    rag_list found = {0};
    str sql = {0};
    const rag_entry *x;
    bool ok = rag_get(k->rag, id, &found, e);

    x = ok ? &found.entries[0] : NULL;
    if (ok && x->kind != RAG_PAIR && x->kind != RAG_FEEDBACK)
        ok = err_set(e, ERR_ARG, "%lld is a %s; pairs and feedback are verified", (long long)id, rag_kind_name(x->kind));
    if (ok && *x->sql && !check(k, x->sql, &sql, e))
        ok = err_wrap(e, "%lld stays pending: its statement does not run", (long long)id);
    ok = ok && rag_set_status(k->rag, id, RAG_VERIFIED, e);
    if (ok)
        printf("%lld: verified: %s\n", (long long)id, x->text);
    rag_list_deinit(&found);
    str_deinit(&sql);
    return ok;
}

bool knowledge_verify(knowledge *k, err *e)
{
    rag_count mined = {0};
    int64_t id;

    for (int i = 1; i < k->f->n_words; i++) {
        if (!parse_id(k->f->words[i], &id))
            return err_set(e, ERR_ARG, "\"%s\" is no id (salesbot knowledge list pending shows them)", k->f->words[i]);
        if (!verify_one(k, id, e))
            return false;
    }
    return rag_mine(k->rag, k->catalog, &mined, e);
}

bool knowledge_remove(knowledge *k, err *e)
{
    for (int i = 1; i < k->f->n_words; i++) {
        const char *word = k->f->words[i];
        size_t n = 1;
        int64_t id;

        if (parse_id(word, &id) ? !rag_remove(k->rag, id, e) : !rag_clear(k->rag, 1u << RAG_DOCUMENT, word, &n, e))
            return false;
        if (!n)
            return err_set(e, ERR_NOT_FOUND, "no entry and no document \"%s\" (salesbot knowledge list shows them)", word);
        printf("%s: removed%s\n", word, n > 1 ? " (all its parts)" : "");
    }
    return true;
}

bool knowledge_import(knowledge *k, err *e)
{
    str text = {0};
    rag_count count = {0}, mined = {0};
    bool ok = file_read(k->f->words[1], (size_t)512 << 20, &text, e);

    ok = ok && (rag_import(k->rag, str_text(&text), text.n, k->f->force, &count, e) ||
                err_wrap(e, "%s", k->f->words[1])) && rag_mine(k->rag, k->catalog, &mined, e);
    if (ok)
        print_count(&count);
    if (ok && !k->f->force)
        fprintf(stderr, "Pairs are pending: salesbot knowledge list pending, then verify those that are right.\n");
    str_deinit(&text);
    return ok;
}
