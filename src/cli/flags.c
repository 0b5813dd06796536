/* flags.c - one table of flags for all verbs. */
#include <errno.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

typedef enum flag_kind { TEXT, SWITCH, INT, UNSIGNED, REAL, BYTES, FORMAT } flag_kind;

static const struct {
    const char *name;
    flag_kind kind;
    size_t offset;
} table[] = {
    {"db", TEXT, offsetof(flags, db)},
    {"model", TEXT, offsetof(flags, model)},
    {"adapter", TEXT, offsetof(flags, adapter)},
    {"sql", TEXT, offsetof(flags, sql)},
    {"out", TEXT, offsetof(flags, out)},
    {"chart", TEXT, offsetof(flags, chart)},
    {"batch", TEXT, offsetof(flags, batch)},
    {"semantic", TEXT, offsetof(flags, semantic)},
    {"schemas", TEXT, offsetof(flags, schemas)},
    {"db-dir", TEXT, offsetof(flags, db_dir)},
    {"data", TEXT, offsetof(flags, data)},
    {"json", TEXT, offsetof(flags, json)},
    {"predictions", TEXT, offsetof(flags, predictions)},
    {"host", TEXT, offsetof(flags, host)},
    {"config", TEXT, offsetof(flags, config)},
    {"store", TEXT, offsetof(flags, store)},
    {"tls-cert", TEXT, offsetof(flags, tls_cert)},
    {"tls-key", TEXT, offsetof(flags, tls_key)},
    {"role", TEXT, offsetof(flags, role)},
    {"port", INT, offsetof(flags, port)},
    {"resume", SWITCH, offsetof(flags, resume)},
    {"set-aside", TEXT, offsetof(flags, set_aside)},
    {"limit", INT, offsetof(flags, limit)},
    {"mix", TEXT, offsetof(flags, mix)},
    {"mix-limit", INT, offsetof(flags, mix_limit)},
    {"type", TEXT, offsetof(flags, type)},
    {"peft", SWITCH, offsetof(flags, peft)},
    {"private", SWITCH, offsetof(flags, is_private)},
    {"no-rag", SWITCH, offsetof(flags, no_rag)},
    {"no-model", SWITCH, offsetof(flags, no_model)},
    {"no-adapter", SWITCH, offsetof(flags, no_adapter)},
    {"no-mask", SWITCH, offsetof(flags, no_mask)},
    {"template-only", SWITCH, offsetof(flags, template_only)},
    {"model-only", SWITCH, offsetof(flags, model_only)},
    {"no-times", SWITCH, offsetof(flags, no_times)},
    {"all", SWITCH, offsetof(flags, all)},
    {"trace", SWITCH, offsetof(flags, trace)},
    {"explain", SWITCH, offsetof(flags, explain)},
    {"force", SWITCH, offsetof(flags, force)},
    {"temperature", REAL, offsetof(flags, temperature)},
    {"beam", INT, offsetof(flags, beam)},
    {"pick", INT, offsetof(flags, pick)},
    {"threads", INT, offsetof(flags, threads)},
    {"seed", UNSIGNED, offsetof(flags, seed)},
    {"rows", UNSIGNED, offsetof(flags, rows)},
    {"memory-limit", BYTES, offsetof(flags, memory_bytes)},
    {"format", FORMAT, offsetof(flags, format)},
};
enum { N_FLAGS = sizeof table / sizeof table[0] };

static const char *const formats[] = {"table", "json", "csv", "markdown", "parquet"};

static bool accepts(const char *accepted, const char *name)
{
    const size_t n = strlen(name);

    for (const char *p = accepted; (p = strstr(p, name)); p += n)
        if ((p == accepted || p[-1] == ' ') && (p[n] == ' ' || !p[n]))
            return true;
    return false;
}

static bool mistake(const verb *v, const char *what, const char *name)
{
    fprintf(stderr, "salesbot %s: %s%s (salesbot %s --help tells its flags)\n", v->name,
            what, name, v->name);
    return false;
}

static bool set_number(flags *f, int i, const char *value)
{
    char *at = (char *)f + table[i].offset, *end;

    errno = 0;
    if (table[i].kind == REAL) {
        const double x = strtod(value, &end);

        *(double *)(void *)at = x;
        return *value && !*end && !errno && isfinite(x) && x >= 0;
    }
    if (*value < '0' || *value > '9')
        return false;
    if (table[i].kind == UNSIGNED) {
        *(uint64_t *)(void *)at = strtoull(value, &end, 10);
        return !*end && !errno;
    } else {
        const long x = strtol(value, &end, 10);

        *(int *)(void *)at = (int)x;
        return !*end && !errno && x <= 1000000;
    }
}

/* "2GB", "512MB", "1.5 GB"; powers of 1024, at least 64 MB. */
static bool set_bytes(int64_t *out, const char *value)
{
    static const struct { const char *name; double bytes; } units[] = {
        {"GB", 1073741824.0}, {"GiB", 1073741824.0}, {"MB", 1048576.0}, {"MiB", 1048576.0}};
    char *end;
    const double x = strtod(value, &end);

    while (*end == ' ')
        end++;
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (str_equal_nocase(end, units[i].name) && x * units[i].bytes >= 67108864.0 &&
            x * units[i].bytes < 1e15) {
            *out = (int64_t)(x * units[i].bytes);
            return true;
        }
    return false;
}

static bool set_value(flags *f, int i, const char *value)
{
    switch (table[i].kind) {
    case TEXT:
        *(const char **)(void *)((char *)f + table[i].offset) = value;
        return *value != 0;
    case BYTES:
        return set_bytes((int64_t *)(void *)((char *)f + table[i].offset), value);
    case FORMAT:
        for (int k = 0; k < (int)(sizeof formats / sizeof formats[0]); k++)
            if (!strcmp(value, formats[k])) {
                f->format = (output_format)k;
                f->format_given = true;
                return true;
            }
        return false;
    default:
        return set_number(f, i, value);
    }
}

bool flags_parse(flags *f, int argc, char **argv, const char *accepted, const verb *v)
{
    bool only_words = false;

    *f = (flags){.rows = 200000, .seed = 1};
    f->words = argv + 1; /* compacted in place */
    for (int k = 1; k < argc; k++) {
        char *name = argv[k] + 2, *equals;
        const char *value;
        int i = 0;

        if (only_words || strncmp(argv[k], "--", 2)) {
            f->words[f->n_words++] = argv[k];
            continue;
        }
        if (!*name) {
            only_words = true;
            continue;
        }
        equals = strchr(name, '=');
        value = equals ? equals + 1 : NULL;
        if (equals)
            *equals = 0;
        while (i < N_FLAGS && (strcmp(table[i].name, name) || !accepts(accepted, name)))
            i++;
        if (i == N_FLAGS)
            return mistake(v, "no flag --", name);
        if (table[i].kind == SWITCH) {
            if (value)
                return mistake(v, "takes no value: --", name);
            *(bool *)((char *)f + table[i].offset) = true;
            continue;
        }
        if (!value && k + 1 < argc)
            value = argv[++k];
        if (!value || !set_value(f, i, value))
            return mistake(v, "missing or wrong value of --", name);
    }
    return true;
}
