/* main.c - the program: one verb a run. */
#include <locale.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"

static const verb *const verbs[] = {
    &verb_ask, &verb_chat, &verb_init, &verb_catalog, &verb_model, &verb_data, &verb_train, &verb_doctor,
    &verb_bench, &verb_version,
};
enum { N_VERBS = sizeof verbs / sizeof verbs[0] };

static void usage(FILE *out)
{
    fprintf(out, "usage: salesbot VERB [FLAGS] [WORDS]\n\n");
    for (int i = 0; i < N_VERBS; i++)
        fprintf(out, "  %-8s %-18s %s\n", verbs[i]->name, verbs[i]->arguments,
                verbs[i]->summary);
    fprintf(out, "\nsalesbot VERB --help tells its flags. First: salesbot ask \"sales by region in 2024\"\n"
                 "Exit: 0 answered, 2 usage, 3 not in this data, 4 ambiguous, 5 refused, 6 limit,\n"
                 "7 database, 8 model, 9 disk or permission, 130 interrupted, 1 internal.\n");
}

static void print_help(const verb *v)
{
    printf("usage: salesbot %s %s\n%s\n\n%s", v->name, v->arguments, v->summary, v->help);
}

static const verb *nearest(const char *name)
{
    const verb *best = NULL;
    int least = 3;

    for (int i = 0; i < N_VERBS; i++) {
        const int d = str_distance(name, verbs[i]->name, 2);

        if (d < least)
            least = d, best = verbs[i];
    }
    return best;
}

int main(int argc, char **argv)
{
    setlocale(LC_CTYPE, "C.UTF-8");
    signal(SIGPIPE, SIG_IGN);
    if (sodium_init() < 0)
        return 1;
    if (argc > 1 && !strcmp(argv[1], "__executor"))
        return db_executor_main(argc, argv);
    if (argc < 2) {
        usage(stderr);
        return 2;
    }
    if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help")) {
        usage(stdout);
        return 0;
    }
    if (!strcmp(argv[1], "--version"))
        argv[1] += 2;
    for (int i = 0; i < N_VERBS; i++) {
        if (strcmp(argv[1], verbs[i]->name))
            continue;
        for (int k = 2; verbs[i]->help && k < argc && strcmp(argv[k], "--"); k++)
            if (!strcmp(argv[k], "--help") || !strcmp(argv[k], "-h")) {
                print_help(verbs[i]);
                return 0;
            }
        return verbs[i]->run(argc - 1, argv + 1);
    }
    fprintf(stderr, "salesbot: no verb \"%s\"", argv[1]);
    if (nearest(argv[1]))
        fprintf(stderr, "; did you mean \"%s\"?", nearest(argv[1])->name);
    fprintf(stderr, " (salesbot --help lists them)\n");
    return 2;
}
