/* files.c - the files of a set, each whole or not at all. */
#include "base/file.h"
#include "data/data_impl.h"

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
