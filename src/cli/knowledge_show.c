/* knowledge_show.c - the actions that read. Entries are untrusted text: what is printed is
 * one line each, without control characters. */
#include "cli/knowledge_impl.h"

#include <math.h>
#include <string.h>

#include "base/file.h"
#include "rag/prompt.h"

static void print_line(const char *text)
{
    str clean = {0};

    prompt_clean(text, &clean);
    printf("%s\n", str_text(&clean));
    str_deinit(&clean);
}

static void print_entry(const rag_entry *x)
{
    printf("%6lld  %-8s  %-8s  ", (long long)x->id, rag_kind_name(x->kind),
           x->kind == RAG_TABLE || x->kind == RAG_COLUMN ? "" : rag_status_name(x->status));
    print_line(x->kind == RAG_PAIR || x->kind == RAG_DOCUMENT || x->kind == RAG_FEEDBACK ? x->text : x->key);
    if (*x->sql && x->kind != RAG_PATTERN) {
        printf("%28s", "");
        print_line(x->sql);
    } else if (*x->body) {
        printf("%28s", "");
        print_line(x->body);
    }
}

static json_t *entry_json(const rag_entry *x)
{
    return json_pack("{s:I, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "id", (json_int_t)x->id, "kind", rag_kind_name(x->kind),
                     "status", rag_status_name(x->status), "key", x->key, "text", x->text, "body", x->body, "sql", x->sql,
                     "source", x->source);
}

static bool print_json(json_t *j, err *e)
{
    if (!j)
        return err_set(e, ERR_NOMEM, "out of memory");
    json_dumpf(j, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(j);
    return true;
}

static json_t *number_or_null(double x) { return isfinite(x) ? json_real(x) : json_null(); }

static json_t *hit_json(const rag_hit *h)
{
    json_t *j = entry_json(&h->entry);
    str why = {0};

    rag_reason(h, &why);
    if (j) {
        json_object_set_new(j, "score", json_real(h->score));
        json_object_set_new(j, "meaning", number_or_null(h->meaning));
        json_object_set_new(j, "words", number_or_null(h->words));
        json_object_set_new(j, "names", number_or_null(h->names));
        json_object_set_new(j, "reason", json_string(str_text(&why)));
    }
    str_deinit(&why);
    return j;
}

static bool print_hits_json(const rag_hits *hits, err *e)
{
    json_t *all = json_array();

    for (int i = 0; all && i < hits->n; i++)
        json_array_append_new(all, hit_json(&hits->hits[i]));
    return print_json(all, e);
}

bool knowledge_search(knowledge *k, err *e)
{
    str text = {0};
    rag_hits hits = {0};
    bool ok;

    knowledge_join(k, &text);
    ok = rag_search(k->rag, &(rag_query){.text = str_text(&text), .most = k->f->limit}, &hits, e);
    if (ok && k->f->format == FORMAT_JSON) {
        ok = print_hits_json(&hits, e);
    } else if (ok) {
        for (int i = 0; i < hits.n; i++) {
            str why = {0};

            rag_reason(&hits.hits[i], &why);
            printf("%.2f  %s\n", hits.hits[i].score, str_text(&why));
            print_entry(&hits.hits[i].entry);
            str_deinit(&why);
        }
        if (!hits.n)
            fprintf(stderr, "Nothing fits. salesbot knowledge stats tells what is there.\n");
    }
    rag_hits_deinit(&hits);
    str_deinit(&text);
    return ok;
}

bool knowledge_list(knowledge *k, err *e)
{
    const char *word = k->f->n_words > 1 ? k->f->words[1] : NULL;
    const int kind = word ? rag_kind_of(word) : -1, status = word ? rag_status_of(word) : -1;
    rag_list all = {0};
    json_t *array = NULL;

    if (word && kind < 0 && status < 0)
        return err_set(e, ERR_ARG, "\"%s\": table, column, pattern, pair, document, feedback, pending, verified or rejected",
                       word);
    if (!rag_read(k->rag, kind >= 0 ? 1u << kind : RAG_ALL_KINDS, status >= 0 ? 1u << status : ~0u,
                  k->f->limit > 0 ? (size_t)k->f->limit : 0, &all, e))
        return false;
    if (k->f->format == FORMAT_JSON)
        array = json_array();
    for (size_t i = 0; i < all.n; i++)
        if (array)
            json_array_append_new(array, entry_json(&all.entries[i]));
        else
            print_entry(&all.entries[i]);
    rag_list_deinit(&all);
    return !array || print_json(array, e);
}

static bool write_line(void *arg, const char *line, size_t n, err *e)
{
    str *out = arg;

    str_add(out, line, n);
    return !out->bad || err_set(e, ERR_NOMEM, "out of memory");
}

bool knowledge_export(knowledge *k, err *e)
{
    str out = {0};
    const bool ok = rag_export(k->rag, RAG_ALL_KINDS & ~(unsigned)RAG_CARDS, write_line, &out, e) &&
                    output_write(k->f, &out, e);

    str_deinit(&out);
    return ok;
}

static bool print_stats_json(const knowledge *k, const rag_stats *s, err *e)
{
    json_t *all = json_object();

    for (int i = 0; all && i < RAG_KIND_COUNT; i++) {
        json_t *one = json_object();

        for (int j = 0; one && j < RAG_STATUS_COUNT; j++)
            json_object_set_new(one, rag_status_name((rag_status)j), json_integer(s->n[i][j]));
        json_object_set_new(all, rag_kind_name((rag_kind)i), one);
    }
    if (all) {
        json_object_set_new(all, "vectors", json_integer(s->n_vectors));
        json_object_set_new(all, "bytes", json_integer(s->n_bytes));
        json_object_set_new(all, "version", json_string(s->version));
        json_object_set_new(all, "encoder", json_string(s->encoder));
        json_object_set_new(all, "file", json_string(k->file));
    }
    return print_json(all, e);
}

bool knowledge_stats(knowledge *k, err *e)
{
    rag_stats s;

    if (!rag_stats_get(k->rag, &s, e))
        return false;
    if (k->f->format == FORMAT_JSON)
        return print_stats_json(k, &s, e);
    printf("%-10s %9s %9s %9s\n", "", "verified", "pending", "rejected");
    for (int i = 0; i < RAG_KIND_COUNT; i++)
        printf("%-10s %9lld %9lld %9lld\n", rag_kind_name((rag_kind)i), (long long)s.n[i][RAG_VERIFIED],
               (long long)s.n[i][RAG_PENDING], (long long)s.n[i][RAG_REJECTED]);
    printf("%lld entries, %lld with a vector; %.1f MB; version %s\n%s\n", (long long)s.n_entries, (long long)s.n_vectors,
           (double)s.n_bytes / 1e6, s.version, k->file);
    return true;
}
