/* help.c - what the verbs say about themselves: usage, a verb's help, the man page.
 *
 * All of it comes from the table of verbs: name, arguments, summary and the help
 * text, whose lines "  --flag VALUE   what it does" are the flags. */
#include <ctype.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/train_impl.h"

static const char first[] = "salesbot ask \"sales by region in 2024\"";

static const struct { err_code code; const char *meaning; } exits[] = {
    {ERR_OK, "answered, also with no rows"}, {ERR_INTERNAL, "internal error"},
    {ERR_ARG, "usage"}, {ERR_NOT_IN_DATA, "not in this data: the answer says what is missing"},
    {ERR_AMBIGUOUS, "ambiguous: the readings are listed, --pick N takes one"},
    {ERR_REFUSED, "refused by the guard"}, {ERR_LIMIT, "rows or time cut by a limit"},
    {ERR_DB, "database"}, {ERR_MODEL, "model or weights"}, {ERR_IO, "disk or permission"},
    {ERR_CANCELLED, "interrupted"}};

static const struct { const char *name, *meaning; } variables[] = {
    {"SALESBOT_HOME", "where weights, databases and caches live (default $XDG_DATA_HOME/salesbot, "
                      "else ~/.local/share/salesbot)"},
    {"SALESBOT_DB", "the database, unless --db names one"},
    {"SALESBOT_MODEL", "the weights, unless --model names them"},
    {"SALESBOT_ADAPTER", "the adapter, unless --adapter names it"},
    {"SALESBOT_KNOWLEDGE", "the knowledge file, in place of the database's own in $SALESBOT_HOME/knowledge"},
    {"SALESBOT_EMBEDDER", "the sentence encoder's folder (default $SALESBOT_HOME/models/all-MiniLM-L6-v2)"},
    {"HF_TOKEN, HF_ENDPOINT", "token and address of the hub, for `model pull`, `model push` and `data import`"},
    {"SALESBOT_DUCKDB", "libduckdb.so (default $SALESBOT_HOME/lib/libduckdb.so)"},
    {"SALESBOT_KERNELS", "the kernel table: scalar, avx2, avx512, amx, neon"},
    {"TMPDIR", "where the database's process may put its temporary files"}};

/* Verbs whose flags are a table of their own. */
static const struct { const verb *v; void (*more)(str *out); } longer[] = {
    {&verb_train, train_config_help}};

void help_usage(FILE *out)
{
    int n, width = 0;
    const verb *const *verbs = cli_verbs(&n);

    fprintf(out, "usage: salesbot VERB [FLAGS] [WORDS]\n\n");
    for (int i = 0; i < n; i++) {
        const int w = (int)(strlen(verbs[i]->name) + strlen(verbs[i]->arguments)) + 1;

        width = w > width && w < 36 ? w : width;
    }
    for (int i = 0; i < n; i++)
        fprintf(out, "  %s %-*s  %s\n", verbs[i]->name, width - (int)strlen(verbs[i]->name) - 1,
                verbs[i]->arguments, verbs[i]->summary);
    fprintf(out, "\nsalesbot VERB --help tells its flags. First: %s\n"
                 "Exit: 0 answered, 2 usage, 3 not in this data, 4 ambiguous, 5 refused, 6 limit,\n"
                 "7 database, 8 model, 9 disk or permission, 130 interrupted, 1 internal.\n", first);
}

void help_text(const verb *v, str *out)
{
    str_adds(out, v->help);
    for (size_t i = 0; i < sizeof longer / sizeof longer[0]; i++)
        if (longer[i].v == v)
            longer[i].more(out);
    if (out->n && out->text[out->n - 1] != '\n')
        str_addc(out, '\n');
}

void help_verb(const verb *v, FILE *out)
{
    str text = {0};

    help_text(v, &text);
    fprintf(out, "usage: salesbot %s%s%s\n%s\n%s%s", v->name, *v->arguments ? " " : "", v->arguments,
            v->summary, text.n ? "\n" : "", str_text(&text));
    str_deinit(&text);
}

static const verb *nearest(const char *name)
{
    int n, least = 3;
    const verb *const *verbs = cli_verbs(&n), *best = NULL;

    for (int i = 0; i < n; i++) {
        const int d = str_distance(name, verbs[i]->name, 2);

        if (d < least)
            least = d, best = verbs[i];
    }
    return best;
}

const verb *help_find(const char *name)
{
    int n;
    const verb *const *verbs = cli_verbs(&n), *near;

    for (int i = 0; i < n; i++)
        if (!strcmp(name, verbs[i]->name))
            return verbs[i];
    near = nearest(name);
    fprintf(stderr, "salesbot: no verb \"%.60s\"%s%s%s (salesbot help lists them%s)\n", name,
            near ? "; did you mean \"" : "", near ? near->name : "", near ? "\"?" : "",
            strchr(name, ' ') ? "; a question is asked by: salesbot ask" : "");
    return NULL;
}

const char *help_flag(const char **at, size_t *n)
{
    const char *p = *at;

    while ((p = strstr(p, "--"))) {
        const char *start = p;

        p += 2;
        while (islower((unsigned char)*p) || *p == '-')
            p++;
        *n = (size_t)(p - start);
        *at = p;
        if (*n > 2 && (start == *at || start[-1] != '-'))
            return start;
    }
    return NULL;
}

const char *help_word(const verb *v, int i, size_t *n)
{
    const char *p = v->arguments + (*v->arguments == '[');

    if (!islower((unsigned char)*p) || !strchr(p, '|'))
        return NULL;
    for (; i--; p += *p == '|') {
        p += strcspn(p, "|]");
        if (*p != '|')
            return NULL;
    }
    *n = strcspn(p, "|] ");
    return *n ? p : NULL;
}

/* ---- the man page ---------------------------------------------------------- */

/* Text for roff: no line begins a request, no backslash or hyphen is eaten. */
static void roff(const char *text)
{
    if (*text == '.' || *text == '\'')
        fputs("\\&", stdout);
    for (; *text; text++) {
        if (*text == '\\')
            fputs("\\e", stdout);
        else if (*text == '-')
            fputs("\\-", stdout);
        else
            putchar(*text);
        if (*text == '\n' && (text[1] == '.' || text[1] == '\''))
            fputs("\\&", stdout);
    }
}

static void man_verb(const verb *v)
{
    str text = {0};

    printf(".SS salesbot %s ", v->name);
    roff(v->arguments);
    printf("\n");
    roff(v->summary);
    printf(".\n");
    help_text(v, &text);
    if (text.n) {
        printf(".PP\n.nf\n");
        roff(str_text(&text));
        printf(".fi\n");
    }
    str_deinit(&text);
}

static void man_page(void)
{
    int n;
    const verb *const *verbs = cli_verbs(&n);

    printf(".TH SALESBOT 1 \"\" \"salesbot %s\" \"User commands\"\n", SALESBOT_VERSION);
    printf(".SH NAME\nsalesbot \\- ask a database in plain language\n"
           ".SH SYNOPSIS\n.B salesbot\n.I VERB\n[\\fIFLAGS\\fR] [\\fIWORDS\\fR]\n"
           ".SH DESCRIPTION\nA question in; checked SQL, the rows, a chart and a sentence that says "
           "what they mean out. Everything happens on this machine. The answer goes to standard "
           "output in the format asked for, progress and notes to standard error.\n.SH VERBS\n");
    for (int i = 0; i < n; i++)
        man_verb(verbs[i]);
    printf(".SH EXIT STATUS\n");
    for (size_t i = 0; i < sizeof exits / sizeof exits[0]; i++) {
        printf(".TP\n.B %d\n", err_exit_code(exits[i].code));
        roff(exits[i].meaning);
        printf("\n");
    }
    printf(".SH ENVIRONMENT\n");
    for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++) {
        printf(".TP\n.B %s\n", variables[i].name);
        roff(variables[i].meaning);
        printf("\n");
    }
    printf(".SH EXAMPLES\n.nf\n");
    roff(first);
    printf("\n");
    roff("salesbot ask --db mine.csv \"how many rows\"\n"
         "salesbot ask \"orders per month\" --chart chart.html --format csv --out rows.csv\n"
         "salesbot ask --sql \"SELECT count(*) FROM stores\"\n");
    printf(".fi\n");
}

static int run(int argc, char **argv)
{
    const verb *v;

    if (argc < 2) {
        help_usage(stdout);
        return 0;
    }
    if (!strcmp(argv[1], "--man")) {
        man_page();
        return 0;
    }
    v = help_find(argv[1]);
    if (!v)
        return 2;
    help_verb(v, stdout);
    return 0;
}

const verb verb_help = {"help", "[VERB]", "this list, or a verb's flags",
                        "  --man  the manual page, for man -l -\n", run};
