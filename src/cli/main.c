/* main.c - the program: one verb a run. */
#include <locale.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"

static const verb *const verbs[] = {
#define X(name) &verb_##name,
    VERBS(X)
#undef X
};
enum { N_VERBS = sizeof verbs / sizeof verbs[0] };

const verb *const *cli_verbs(int *n)
{
    *n = N_VERBS;
    return verbs;
}

int main(int argc, char **argv)
{
    const verb *v;

    setlocale(LC_CTYPE, "C.UTF-8");
    signal(SIGPIPE, SIG_IGN);
    if (sodium_init() < 0)
        return 1;
    if (argc > 1 && !strcmp(argv[1], "__executor"))
        return db_executor_main(argc, argv);
    if (argc < 2) {
        help_usage(stderr);
        return 2;
    }
    if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) {
        help_usage(stdout);
        return 0;
    }
    if (!strcmp(argv[1], "--version"))
        argv[1] += 2;
    v = help_find(argv[1]);
    if (!v)
        return 2;
    for (int k = 2; k < argc && strcmp(argv[k], "--"); k++)
        if (!strcmp(argv[k], "--help") || !strcmp(argv[k], "-h")) {
            help_verb(v, stdout);
            return 0;
        }
    return v->run(argc - 1, argv + 1);
}
