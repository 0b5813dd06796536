/* knowledge.c - salesbot knowledge: what is known about a database beside its rows. */
#include "cli/knowledge_impl.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"

static const char help[] =
    "  salesbot knowledge build           cards of tables and columns, patterns of verified statements;\n"
    "                                     only what changed is read anew\n"
    "  salesbot knowledge add FILE…       documents (Markdown, text): terms, rules; again: takes their place\n"
    "  salesbot knowledge add --sql SQL QUESTION\n"
    "                                     a question with its statement, checked and verified by you\n"
    "  salesbot knowledge search TEXT     what fits, with its scores and the reason (--limit N, default 10)\n"
    "  salesbot knowledge list [KIND]     table, column, pattern, pair, document, feedback; or pending\n"
    "  salesbot knowledge verify ID…      runs the pair's statement; if it does, the pair is used from now on\n"
    "  salesbot knowledge remove ID…|FILE entries, or what a document gave\n"
    "  salesbot knowledge export          one JSON object a line, to --out FILE or here\n"
    "  salesbot knowledge import FILE     such lines; pairs are pending (--force: as the file says)\n"
    "  salesbot knowledge stats           how much of what\n"
    "  --db FILE, --format json\n"
    "  Where: $SALESBOT_KNOWLEDGE, else a file for each database in the home folder's knowledge/.\n";

static const struct {
    const char *name;
    int least, most; /* words after it */
    bool writes, needs_catalog, needs_encoder;
    bool (*run)(knowledge *k, err *e);
} actions[] = {
    {"build", 0, 0, true, true, true, knowledge_build},
    {"add", 1, 1000, true, true, true, knowledge_add},
    {"search", 1, 1000, false, false, true, knowledge_search},
    {"list", 0, 1, false, false, false, knowledge_list},
    {"verify", 1, 1000, true, true, true, knowledge_verify},
    {"remove", 1, 1000, true, false, false, knowledge_remove},
    {"export", 0, 0, false, false, false, knowledge_export},
    {"import", 1, 1, true, true, true, knowledge_import},
    {"stats", 0, 0, false, false, false, knowledge_stats},
};
enum { N_ACTIONS = sizeof actions / sizeof actions[0] };

void knowledge_join(const knowledge *k, str *out)
{
    for (int i = 1; i < k->f->n_words; i++)
        str_addf(out, "%s%s", i > 1 ? " " : "", k->f->words[i]);
}

/* Without an encoder words and names still find much: a note, no error. */
static void open_encoder(knowledge *k)
{
    str path = {0};
    err e = {0};

    k->encoder = minilm_default_path(&path, &e) ? minilm_open(path.text, &(minilm_options){.threads = k->f->threads}, &e) : NULL;
    if (!k->encoder)
        fprintf(stderr, "Note: searching by words only: %s\n", e.msg);
    str_deinit(&path);
}

static bool open_parts(knowledge *k, int action, err *e)
{
    str path = {0}, file = {0};
    bool ok = cli_database(k->f, &path, e) && rag_default_path(path.text, &file, e);

    if (ok && actions[action].needs_catalog) {
        k->db = db_open(path.text, &(db_options){.on_import = cli_import}, e);
        k->catalog = k->db ? db_catalog_get(k->db, e) : NULL;
        ok = k->catalog != NULL;
    }
    if (ok && actions[action].needs_encoder)
        open_encoder(k);
    if (ok)
        k->rag = rag_open(file.text, &(rag_options){.encoder = k->encoder, .read_only = !actions[action].writes}, e);
    k->file = str_take(&file);
    str_deinit(&path);
    return ok && k->rag && k->file;
}

static int act(flags *f, int action)
{
    knowledge k = {.f = f};
    err e = {0};
    bool ok;

    cli_watch_interrupt();
    ok = open_parts(&k, action, &e) && actions[action].run(&k, &e);
    rag_close(k.rag);
    minilm_close(k.encoder);
    db_close(k.db);
    free(k.file);
    return ok ? 0 : cli_fail(&e);
}

static int run(int argc, char **argv)
{
    flags f;

    if (!flags_parse(&f, argc, argv, "db format limit out sql force threads", &verb_knowledge))
        return 2;
    for (int i = 0; f.n_words && i < N_ACTIONS; i++)
        if (!strcmp(f.words[0], actions[i].name) && f.n_words - 1 >= actions[i].least && f.n_words - 1 <= actions[i].most)
            return act(&f, i);
    fprintf(stderr, "salesbot knowledge: build, add FILE, search TEXT, list, verify ID, remove ID, export, import FILE or "
                    "stats (salesbot knowledge --help tells more)\n");
    return 2;
}

const verb verb_knowledge = {"knowledge", "build|add|search|list|verify|remove|export|import|stats",
                             "terms, rules, verified questions: what answers may rely on", help, run};
