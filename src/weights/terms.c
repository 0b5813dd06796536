/* terms.c - see terms.h; the texts are those of models/. */
#include "weights/terms.h"

#include "base/file.h"

extern const char gemma_terms[], gemma_terms_end[], gemma_notice[], gemma_notice_end[];

static bool write_in(const char *dir, const char *name, const char *from, const char *end, err *e)
{
    str path = {0};
    bool ok;

    str_addf(&path, "%s/%s", dir, name);
    ok = !path.bad || err_set(e, ERR_NOMEM, "%s: out of memory", dir);
    ok = ok && file_write_atomic(path.text, from, (size_t)(end - from), 0644, e);
    str_deinit(&path);
    return ok;
}

bool terms_write(const char *dir, err *e)
{
    return write_in(dir, "NOTICE", gemma_notice, gemma_notice_end, e) &&
           write_in(dir, "GEMMA_TERMS.txt", gemma_terms, gemma_terms_end, e);
}
