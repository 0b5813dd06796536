/* model.c - salesbot model: the weights at hand, and what a file holds. */
#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "cli/cli.h"

static const char help[] =
    "  salesbot model list          the weights in the home folder\n"
    "  salesbot model show [FILE]   family, sizes, memory\n"
    "  salesbot model verify [FILE] SHA-256 of a file\n";

static int list(void)
{
    str folder = {0};
    err e = {0};
    DIR *dir;

    if (!home_path(&folder, "models", &e))
        return cli_fail(&e);
    dir = opendir(folder.text);
    if (!dir)
        printf("no weights in %s: run `make setup`\n", folder.text);
    for (struct dirent *d; dir && (d = readdir(dir));)
        if (d->d_name[0] != '.' && !str_ends(d->d_name, ".checked"))
            printf("%s/%s\n", folder.text, d->d_name);
    if (dir)
        closedir(dir);
    str_deinit(&folder);
    return 0;
}

static int show(const char *path)
{
    err e = {0};
    gemma *g = gemma_open(path, NULL, &e);
    gemma_info i;

    if (!g) {
        if (e.code != ERR_NOMEM)
            e.code = ERR_MODEL; /* missing, cut or foreign: exit 8 */
        return cli_fail(&e);
    }
    gemma_describe(g, &i);
    printf("file         %s\nfamily       %s\nlayers       %d\nwidth        %d\n"
           "heads        %d (%d key-value), size %d\nffn          %d\nvocabulary   %d\n"
           "window       %d\ncontext      %d\nparameters   %.0f million\nweights      %.0f MB\n"
           "kernels      %s\nidentity     %s\n",
           path, i.family, i.n_layers, i.width, i.n_heads, i.n_kv_heads, i.head_size, i.ffn_width,
           i.vocabulary, i.window, i.context, (double)i.n_parameters / 1e6,
           (double)i.weight_bytes / 1048576.0, i.kernels, i.identity);
    gemma_close(g);
    return 0;
}

static int verify(const char *path)
{
    char hex[65];
    err e = {0};

    if (!file_sha256(path, hex, &e))
        return cli_fail(&e);
    printf("%s  %s\n", hex, path);
    return 0;
}

static int run(int argc, char **argv)
{
    flags f;
    str path = {0};
    err e = {0};
    const char *what;
    int code = 2;

    if (!flags_parse(&f, argc, argv, "model", &verb_model))
        return 2;
    what = f.n_words ? f.words[0] : "list";
    if (f.n_words > 1)
        f.model = f.words[1];
    if (!cli_model(&f, &path, &e))
        code = cli_fail(&e);
    else if (!strcmp(what, "list"))
        code = list();
    else if (!strcmp(what, "show"))
        code = show(path.text);
    else if (!strcmp(what, "verify"))
        code = verify(path.text);
    else
        fprintf(stderr, "salesbot model: list, show [FILE] or verify [FILE]\n");
    str_deinit(&path);
    return code;
}

const verb verb_model = {"model", "[list|show|verify]", "the weights at hand", help, run};
