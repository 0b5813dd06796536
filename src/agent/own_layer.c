/* own_layer.c - the semantic layer that `catalog connect` wrote for a database.
 *
 * One file a database, home/layers/<hash of its path>.yaml. Its first line holds
 * the hash of the rest: as long as that is right nobody has changed the file, and
 * the layer is derived anew from the catalog as it is now, so that a new column is
 * known at once. A file that a person changed is what counts from then on. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "agent/agent_impl.h"
#include "base/file.h"

enum { LAYER_FILE_BYTES = 8 << 20, HEX_DIGITS = 64 };
static const char head[] = "# derived by salesbot ";

bool agent_layer_path(const char *database, str *path, err *e)
{
    char *full = realpath(database, NULL), hex[65], rest[64];

    if (!full)
        return err_set(e, ERR_DB, "%s: no such file or folder", database);
    sha256_hex(full, strlen(full), hex);
    free(full);
    snprintf(rest, sizeof rest, "layers/%.16s.yaml", hex);
    return home_path(path, rest, e);
}

static bool untouched(const str *yaml)
{
    const size_t n = sizeof head - 1;
    const char *text = str_text(yaml);
    char hex[65];

    if (yaml->n < n + HEX_DIGITS + 1 || strncmp(text, head, n) != 0 || text[n + HEX_DIGITS] != '\n')
        return false;
    sha256_hex(text + n + HEX_DIGITS + 1, yaml->n - n - HEX_DIGITS - 1, hex);
    return !strncmp(hex, text + n, HEX_DIGITS);
}

bool agent_layer_edited(const char *database, str *path, str *yaml)
{
    err ignored = {0};

    return agent_layer_path(database, path, &ignored) && file_exists(str_text(path)) &&
           file_read(str_text(path), LAYER_FILE_BYTES, yaml, &ignored) && !untouched(yaml);
}

bool agent_layer_write(const char *database, const sem_layer *l, str *path, err *e)
{
    str body = {0}, all = {0}, folder = {0};
    char hex[65];
    bool ok = sem_write(l, &body, e) && agent_layer_path(database, path, e) && home_path(&folder, "layers", e) && dir_make(folder.text, e);

    if (ok) {
        sha256_hex(body.text, body.n, hex);
        str_addf(&all, "%s%s\n", head, hex);
        str_add(&all, body.text, body.n);
        ok = !all.bad ? file_write_atomic(path->text, all.text, all.n, 0600, e) : err_set(e, ERR_NOMEM, "out of memory for the layer");
    }
    str_deinit(&body);
    str_deinit(&all);
    str_deinit(&folder);
    return ok;
}

sem_layer *own_layer(agent_context *c, const char *database, err *e)
{
    str path = {0}, yaml = {0};
    err local = {0};
    sem_layer *l;

    if (!agent_layer_edited(database, &path, &yaml)) {
        l = sem_derive(c->db, c->catalog, e);
    } else {
        l = sem_load(str_text(&yaml), yaml.n, str_text(&path), c->db, c->catalog, &local);
        if (!l)
            err_set(e, local.code, "%s; correct it, or derive it anew: salesbot catalog connect --force %s", local.msg, database);
    }
    str_deinit(&path);
    str_deinit(&yaml);
    return l;
}
