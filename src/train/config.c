/* config.c - the table of settings. */
#include "train/config.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef enum field_kind { TEXT, INT, REAL, BOOL, SEED, TARGETS, BASE, OPTIMISER } field_kind;

typedef struct field {
    const char *name;
    field_kind kind;
    size_t offset;
    double low, high;
    const char *standard, *help;
    bool free; /* may differ when a run goes on */
} field;

#define FIELD(name, kind, low, high, standard, free, help) \
    {#name, kind, offsetof(train_config, name), low, high, standard, help, free}

static const field fields[] = {
    FIELD(model, TEXT, 0, 0, "", true, "weights: a GGUF file or a folder"),
    FIELD(data, TEXT, 0, 0, "", true, "training examples, JSONL"),
    FIELD(val, TEXT, 0, 0, "", true, "examples for the validation loss; none: no validation"),
    FIELD(out, TEXT, 0, 0, "", true, "folder for the adapter, its log and its checkpoints"),
    FIELD(init, TEXT, 0, 0, "", true, "an adapter to begin with, of the same rank, alpha and targets"),
    FIELD(steps, INT, 1, 1e7, "500", false, "optimiser steps"),
    FIELD(batch_tokens, INT, 16, 1 << 20, "2048", false, "tokens computed in one pass"),
    FIELD(accumulate, INT, 1, 4096, "1", false, "passes in one step"),
    FIELD(max_length, INT, 16, 1 << 20, "4096", false, "longer examples are left out and counted"),
    FIELD(group_examples, INT, 1, 4096, "8", false, "most examples of one database under one computed schema"),
    FIELD(share, BOOL, 0, 1, "true", false, "compute a schema once for the examples of its database"),
    FIELD(seed, SEED, 0, 0, "1", false, "of the order of examples, first weights and dropout"),
    FIELD(rank, INT, 1, 256, "64", false, "LoRA rank"),
    FIELD(alpha, REAL, 1e-6, 1e6, "32", false, "LoRA alpha: updates are scaled by alpha / rank"),
    FIELD(dropout, REAL, 0, 0.99, "0", false, "on the input of LoRA"),
    FIELD(targets, TARGETS, 0, 0, "q,k,v,o,gate,up,down", false, "matrices that learn"),
    FIELD(base, BASE, 0, 0, "served", false, "served: the file's own types; nf4: 4 bits, for folders"),
    FIELD(lr, REAL, 0, 1, "0.0006", false, "highest learning rate"),
    FIELD(lr_end, REAL, 0, 1, "0", false, "the last rate, as a part of lr"),
    FIELD(warmup, REAL, 0, 1, "0.05", false, "part of the steps in which the rate rises"),
    FIELD(weight_decay, REAL, 0, 1, "0", false, "AdamW's"),
    FIELD(beta1, REAL, 0, 0.9999999, "0.9", false, "AdamW's"),
    FIELD(beta2, REAL, 0, 0.9999999, "0.999", false, "AdamW's"),
    FIELD(eps, REAL, 1e-30, 1, "1e-08", false, "AdamW's"),
    FIELD(clip, REAL, 0, 1e9, "1", false, "greatest norm of the gradients; 0: no limit"),
    {"optimizer", OPTIMISER, offsetof(train_config, eight_bit), 0, 0, "adamw", "adamw, or adamw8bit: states in 8 bits", false},
    FIELD(f32, BOOL, 0, 1, "false", false, "F32 products (slow; for comparisons)"),
    FIELD(checkpoint_every, INT, 0, 1e7, "100", true, "steps between checkpoints; 0: only at the end"),
    FIELD(keep, INT, 1, 1000, "2", true, "checkpoints to keep beside the best"),
    FIELD(eval_every, INT, 0, 1e7, "100", false, "steps between validations; 0: none"),
    FIELD(eval_examples, INT, 1, 1e6, "128", false, "examples of a validation"),
    FIELD(eval_db_dir, TEXT, 0, 0, "", true, "databases (<db_id>.duckdb or .sqlite): the executable rate is measured too"),
    FIELD(eval_questions, INT, 1, 1e5, "24", true, "validation questions asked of them"),
    FIELD(patience, INT, 0, 1e6, "0", false, "stop after so many validations without a better loss; 0: never"),
    FIELD(threads, INT, 0, 64, "0", true, "0: every core this process may use"),
    FIELD(keep_mb, INT, 0, 1 << 20, "512", true, "memory for unpacked copies of the base, in MB"),
};
enum { N_FIELDS = sizeof fields / sizeof fields[0] };

static const struct { const char *name; unsigned bit; } target_names[] = {
    {"q", TRAIN_Q}, {"k", TRAIN_K}, {"v", TRAIN_V}, {"o", TRAIN_O},
    {"gate", TRAIN_GATE}, {"up", TRAIN_UP}, {"down", TRAIN_DOWN}};
enum { N_TARGETS = sizeof target_names / sizeof target_names[0] };

static const char *const words[][2] = {
    [BOOL] = {"false", "true"}, [BASE] = {"served", "nf4"}, [OPTIMISER] = {"adamw", "adamw8bit"}};

/* ---- text to value ---- */

static bool set_targets(unsigned *out, const char *value)
{
    *out = strcmp(value, "all") ? 0 : TRAIN_ALL;
    if (*out)
        return true;
    for (size_t n; *value; value += n + (value[n] == ',')) {
        int i = 0;

        n = strcspn(value, ",");
        while (i < N_TARGETS && (strlen(target_names[i].name) != n || strncmp(value, target_names[i].name, n)))
            i++;
        if (i == N_TARGETS)
            return false;
        *out |= target_names[i].bit;
        if (value[n] && !value[n + 1])
            return false;
    }
    return *out != 0;
}

static bool set_number(void *at, const field *f, const char *value)
{
    char *end;
    double x;

    errno = 0;
    x = strtod(value, &end);
    if (!*value || *end || errno == EINVAL || !(x >= f->low && x <= f->high))
        return false;
    if (f->kind == INT) {
        if (x != floor(x))
            return false;
        *(int *)at = (int)x;
    } else {
        *(double *)at = x;
    }
    return true;
}

static bool set_word(void *at, const field *f, const char *value)
{
    for (int i = 0; i < 2; i++)
        if (!strcmp(value, words[f->kind][i])) {
            if (f->kind == BASE)
                *(train_base *)at = i ? TRAIN_BASE_NF4 : TRAIN_BASE_SERVED;
            else
                *(bool *)at = i;
            return true;
        }
    return false;
}

static bool set_seed(uint64_t *out, const char *value)
{
    char *end;

    errno = 0;
    *out = strtoull(value, &end, 10);
    return *value >= '0' && *value <= '9' && !*end && !errno;
}

static bool set_text(char *out, const char *value)
{
    const size_t n = strlen(value);

    if (n >= sizeof ((train_config *)0)->data || strpbrk(value, "\n\r"))
        return false;
    memcpy(out, value, n + 1);
    return true;
}

static bool set_field(train_config *c, const field *f, const char *value)
{
    void *at = (char *)c + f->offset;

    switch (f->kind) {
    case TEXT: return set_text(at, value);
    case INT: case REAL: return set_number(at, f, value);
    case SEED: return set_seed(at, value);
    case TARGETS: return set_targets(at, value);
    default: return set_word(at, f, value);
    }
}

static bool no_field(const char *name, err *e)
{
    const char *nearest = NULL;
    int least = 3;

    for (int i = 0; i < N_FIELDS; i++) {
        const int d = str_distance(name, fields[i].name, 2);

        if (d < least)
            least = d, nearest = fields[i].name;
    }
    return err_set(e, ERR_ARG, "no setting \"%.60s\"%s%s%s", name, nearest ? "; did you mean \"" : "",
                   nearest ? nearest : "", nearest ? "\"?" : "");
}

static bool wrong_value(const field *f, const char *value, err *e)
{
    switch (f->kind) {
    case TEXT:
        return err_set(e, ERR_ARG, "%s: a path of at most 1,023 bytes is expected", f->name);
    case INT: case REAL:
        return err_set(e, ERR_ARG, "%s: %s from %.9g to %.9g is expected, not \"%.60s\"", f->name,
                       f->kind == INT ? "a whole number" : "a number", f->low, f->high, value);
    case SEED:
        return err_set(e, ERR_ARG, "%s: a whole number is expected, not \"%.60s\"", f->name, value);
    case TARGETS:
        return err_set(e, ERR_ARG, "%s: \"all\" or some of q,k,v,o,gate,up,down are expected, not \"%.60s\"",
                       f->name, value);
    default:
        return err_set(e, ERR_ARG, "%s: \"%s\" or \"%s\" is expected, not \"%.60s\"", f->name,
                       words[f->kind][0], words[f->kind][1], value);
    }
}

bool train_config_set(train_config *c, const char *name, const char *value, err *e)
{
    for (int i = 0; i < N_FIELDS; i++)
        if (!strcmp(fields[i].name, name)) {
            train_config changed = *c;

            if (!set_field(&changed, &fields[i], value))
                return wrong_value(&fields[i], value, e);
            *c = changed;
            return true;
        }
    return no_field(name, e);
}

void train_config_default(train_config *c)
{
    *c = (train_config){0};
    for (int i = 0; i < N_FIELDS; i++)
        (void)set_field(c, &fields[i], fields[i].standard);
}

/* ---- value to text ---- */

static void print_targets(unsigned targets, str *out)
{
    for (int i = 0, n = 0; i < N_TARGETS; i++)
        if (targets & target_names[i].bit)
            str_addf(out, "%s%s", n++ ? "," : "", target_names[i].name);
}

/* The fewest digits that read back as the same number. */
static void print_real(double x, str *out)
{
    char text[40];
    int digits = 5;

    do
        snprintf(text, sizeof text, "%.*g", digits++, x);
    while (strtod(text, NULL) != x && digits < 18);
    str_adds(out, text);
}

void train_config_value(const train_config *c, int i, str *out)
{
    const field *f = &fields[i];
    const void *at = (const char *)c + f->offset;

    switch (f->kind) {
    case TEXT:    str_adds(out, at); break;
    case INT:     str_addf(out, "%d", *(const int *)at); break;
    case REAL:    print_real(*(const double *)at, out); break;
    case SEED:    str_addf(out, "%" PRIu64, *(const uint64_t *)at); break;
    case TARGETS: print_targets(*(const unsigned *)at, out); break;
    case BASE:    str_adds(out, words[BASE][*(const train_base *)at == TRAIN_BASE_NF4]); break;
    default:      str_adds(out, words[f->kind][*(const bool *)at]);
    }
}

int train_config_count(void) { return N_FIELDS; }
const char *train_config_name(int i) { return fields[i].name; }
bool train_config_decides(int i) { return !fields[i].free; }

/* A path as a YAML text in double quotes. */
static void print_quoted(const char *text, str *out)
{
    str_addc(out, '"');
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            str_addc(out, '\\');
        str_addc(out, *text);
    }
    str_addc(out, '"');
}

void train_config_print(const train_config *c, bool comments, str *out)
{
    for (int i = 0; i < N_FIELDS; i++) {
        str_addf(out, "%s: ", fields[i].name);
        if (fields[i].kind == TEXT)
            print_quoted((const char *)c + fields[i].offset, out);
        else
            train_config_value(c, i, out);
        if (comments)
            str_addf(out, "  # %s", fields[i].help);
        str_addc(out, '\n');
    }
}

void train_config_help(str *out)
{
    for (int i = 0; i < N_FIELDS; i++) {
        const field *f = &fields[i];
        char name[40];

        snprintf(name, sizeof name, "--%s", f->name);
        for (char *p = name + 2; *p; p++)
            if (*p == '_')
                *p = '-';
        str_addf(out, "  %-19s %s%s%s%s\n", name, f->help, *f->standard ? " (" : "", f->standard,
                 *f->standard ? ")" : "");
    }
}
