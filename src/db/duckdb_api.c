/* duckdb_api.c - see duckdb_api.h. */
#include "db/duckdb_api.h"

#include <dlfcn.h>
#include <string.h>

/* ISO C has no cast from void * to a function pointer; POSIX promises the
 * copy of its bytes. */
static bool find(void *library, const char *name, void *slot, const char *path, err *e)
{
    void *symbol = dlsym(library, name);

    if (!symbol)
        return err_set(e, ERR_DB, "%s: no function %s: this is not DuckDB 1.5 or later",
                       path, name);
    memcpy(slot, &symbol, sizeof symbol);
    return true;
}

bool duckdb_api_load(duckdb_api *api, const char *path, err *e)
{
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    const char *why = library ? NULL : dlerror();

    if (!library)
        return err_set(e, ERR_DB,
                       "cannot load DuckDB's library (%s): run `make setup`, or "
                       "set SALESBOT_DUCKDB to its path", why ? why : path);
#define F(result, name, parameters)                                        \
    if (!find(library, "duckdb_" #name, &api->name, path, e))              \
        return false;
    DUCKDB_FUNCTIONS(F)
#undef F
    return true;
}
