/* files.c - the files of a set, each whole or not at all. */
#include <string.h>

#include "base/file.h"
#include "data/data_impl.h"

enum { NAMES_LIMIT = 1 << 20, VALIDATION_IN_256 = 16 };

bool read_names(const char *path, json_t *names, err *e)
{
    str text = {0};
    char *save = NULL;

    if (!path)
        return true;
    if (!file_read(path, NAMES_LIMIT, &text, e))
        return false;
    for (char *line = text.n ? strtok_r(text.text, "\r\n", &save) : NULL; line; line = strtok_r(NULL, "\r\n", &save))
        if (*line != '#')
            json_object_set_new(names, line, json_true());
    str_deinit(&text);
    return true;
}

bool whole_database_side(const char *db_id, uint64_t seed)
{
    return (hash_text(db_id, seed) & 255) < VALIDATION_IN_256;
}

bool write_in(const char *folder, const char *name, const str *text, err *e)
{
    str path = {0};
    bool ok;

    str_addf(&path, "%s/%s", folder, name);
    ok = (!path.bad && !text->bad) || err_set(e, ERR_NOMEM, "%s does not fit in memory", name);
    ok = ok && file_write_atomic(path.text, str_text(text), text->n, 0644, e);
    str_deinit(&path);
    return ok;
}
