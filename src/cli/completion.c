/* completion.c - salesbot completion: a script for the shell, from the table of verbs.
 *
 *     salesbot completion bash >~/.local/share/bash-completion/completions/salesbot */
#include <string.h>

#include "cli/cli.h"

static const char help[] = "  salesbot completion bash >~/.local/share/bash-completion/completions/salesbot\n"
                           "  salesbot completion zsh  >somewhere-in-fpath/_salesbot\n"
                           "  salesbot completion fish >~/.config/fish/completions/salesbot.fish\n";

static const char formats[] = "table json csv markdown parquet";
static const char files[] = "db model adapter semantic out chart batch data config predictions db-dir";

/* Each flag that the help text names, once. */
static void each_flag(const verb *v, void (*tell)(const verb *, const char *, int))
{
    const char *at, *flag, *seen;
    size_t n, k;
    str text = {0};

    help_text(v, &text);
    at = str_text(&text);
    while ((flag = help_flag(&at, &n))) {
        const char *from = str_text(&text);

        while ((seen = help_flag(&from, &k)) && seen < flag && (k != n || memcmp(seen, flag, n)))
            continue;
        if (seen == flag)
            tell(v, flag, (int)n);
    }
    str_deinit(&text);
    tell(v, "--help", 6);
}

static void each_word(const verb *v, void (*tell)(const verb *, const char *, int))
{
    const char *word;
    size_t n;

    for (int i = 0; (word = help_word(v, i, &n)); i++)
        tell(v, word, (int)n);
}

static void plain(const verb *v, const char *text, int n)
{
    (void)v;
    printf("%.*s ", n, text);
}

static void verb_names(void)
{
    int n;
    const verb *const *verbs = cli_verbs(&n);

    for (int i = 0; i < n; i++)
        printf("%s%s", i ? " " : "", verbs[i]->name);
}

static void file_pattern(const char *prefix, const char *separator)
{
    for (const char *p = files; *p;) {
        const size_t n = strcspn(p, " ");

        printf("%s%s%.*s", p == files ? "" : separator, prefix, (int)n, p);
        p += n + (p[n] == ' ');
    }
}

static void bash(void)
{
    int n;
    const verb *const *verbs = cli_verbs(&n);

    printf("# bash completion for salesbot; made by: salesbot completion bash\n"
           "_salesbot() {\n"
           "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} choices=\n"
           "    if [ \"$COMP_CWORD\" = 1 ]; then\n        COMPREPLY=($(compgen -W \"");
    verb_names();
    printf("\" -- \"$word\")); return\n    fi\n    case $before in\n        --format) COMPREPLY=($(compgen -W \"%s\" "
           "-- \"$word\")); return ;;\n        ", formats);
    file_pattern("--", "|");
    printf(") COMPREPLY=($(compgen -f -- \"$word\")); return ;;\n    esac\n    case ${COMP_WORDS[1]} in\n");
    for (int i = 0; i < n; i++) {
        printf("        %s) choices=\"", verbs[i]->name);
        if (!strcmp(verbs[i]->name, "help"))
            verb_names(), putchar(' ');
        each_word(verbs[i], plain);
        each_flag(verbs[i], plain);
        printf("\" ;;\n");
    }
    printf("    esac\n    COMPREPLY=($(compgen -W \"$choices\" -- \"$word\"))\n"
           "    [ \"${#COMPREPLY[@]}\" -gt 0 ] || COMPREPLY=($(compgen -f -- \"$word\"))\n}\n"
           "complete -o filenames -F _salesbot salesbot\n");
}

static void zsh_summary(const verb *v)
{
    printf("        '%s:", v->name);
    for (const char *p = v->summary; *p; p++)
        if (*p == '\'')
            fputs("'\\''", stdout);
        else
            putchar(*p);
    printf("'\n");
}

static void zsh(void)
{
    int n;
    const verb *const *verbs = cli_verbs(&n);

    printf("#compdef salesbot\n# zsh completion for salesbot; made by: salesbot completion zsh\n"
           "_salesbot() {\n    local -a verbs choices\n    verbs=(\n");
    for (int i = 0; i < n; i++)
        zsh_summary(verbs[i]);
    printf("    )\n    if (( CURRENT == 2 )); then _describe verb verbs; return; fi\n"
           "    case ${words[CURRENT-1]} in\n        --format) compadd -- %s; return ;;\n        ", formats);
    file_pattern("--", "|");
    printf(") _files; return ;;\n    esac\n    case ${words[2]} in\n");
    for (int i = 0; i < n; i++) {
        printf("        %s) choices=(", verbs[i]->name);
        each_word(verbs[i], plain);
        each_flag(verbs[i], plain);
        printf(") ;;\n");
    }
    printf("    esac\n    compadd -- $choices || _files\n}\n_salesbot \"$@\"\n");
}

static void fish_flag(const verb *v, const char *flag, int n)
{
    printf("complete -c salesbot -n '__fish_seen_subcommand_from %s' -l %.*s", v->name, n - 2, flag + 2);
    if (n == 8 && !memcmp(flag, "--format", 8))
        printf(" -x -a '%s'", formats);
    printf("\n");
}

static void fish_word(const verb *v, const char *word, int n)
{
    printf("complete -c salesbot -n '__fish_seen_subcommand_from %s' -a %.*s\n", v->name, n, word);
}

static void fish(void)
{
    int n;
    const verb *const *verbs = cli_verbs(&n);

    printf("# fish completion for salesbot; made by: salesbot completion fish\n");
    for (int i = 0; i < n; i++) {
        printf("complete -c salesbot -n __fish_use_subcommand -x -a %s -d \"%s\"\n", verbs[i]->name,
               verbs[i]->summary);
        each_word(verbs[i], fish_word);
        each_flag(verbs[i], fish_flag);
    }
}

static int run(int argc, char **argv)
{
    static const struct { const char *name; void (*print)(void); } shells[] = {
        {"bash", bash}, {"zsh", zsh}, {"fish", fish}};

    for (size_t i = 0; argc == 2 && i < sizeof shells / sizeof shells[0]; i++)
        if (!strcmp(argv[1], shells[i].name)) {
            shells[i].print();
            return 0;
        }
    fprintf(stderr, "salesbot completion: bash, zsh or fish\n");
    return 2;
}

const verb verb_completion = {"completion", "[bash|zsh|fish]", "completion for the shell", help, run};
