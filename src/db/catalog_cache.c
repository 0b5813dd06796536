/* catalog_cache.c - the catalog kept on disk between runs.
 *
 * $SALESBOT_HOME/cache/catalog-<key>.bin, one file per database path. It holds
 * the size and time of the database (and of its write-ahead log) that it was
 * read from; when either differs, or the checksum does not fit, it is read
 * again. A cache may fail in silence: it only saves time. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "db/db_impl.h"

enum { CACHE_MAGIC = 0x31434253, CACHE_VERSION = 1, CACHE_LIMIT = 512 << 20, CHECK_BYTES = 64 };

static bool cache_path(const char *real, str *out)
{
    char hex[65], rest[96];
    err ignored;

    sha256_hex(real, strlen(real), hex);
    snprintf(rest, sizeof rest, "cache/catalog-%.32s.bin", hex);
    return home_path(out, rest, &ignored);
}

static void stamp_put(str *s, const char *path)
{
    struct stat st;

    if (stat(path, &st))
        memset(&st, 0, sizeof st);
    wire_put_u64(s, (uint64_t)st.st_size);
    wire_put_i64(s, st.st_mtim.tv_sec);
    wire_put_i64(s, st.st_mtim.tv_nsec);
}

/* Everything that must be the same for the copy to be good. */
static bool head_put(str *s, const char *real)
{
    str wal = {0};

    wire_put_u32(s, CACHE_MAGIC);
    wire_put_u32(s, CACHE_VERSION);
    wire_put_text(s, real);
    stamp_put(s, real);
    str_addf(&wal, "%s.wal", real);
    stamp_put(s, str_text(&wal));
    str_deinit(&wal);
    return !s->bad;
}

static bool tables_get(wire *w, arena *a, db_table **tables, int *n)
{
    const uint32_t count = wire_u32(w);
    err ignored;

    if (w->bad || count == 0 || count > wire_left(w) || !(*tables = arena_push(a, db_table, count)))
        return false;
    for (uint32_t i = 0; i < count; i++) {
        const uint64_t length = wire_u64(w);
        const uint8_t *bytes = length > FRAME_MAX ? NULL : wire_bytes(w, (size_t)length);
        wire part = {.base = bytes, .n = (size_t)length};

        if (!bytes || !table_get(&part, a, &(*tables)[i], &ignored))
            return false;
    }
    *n = (int)count;
    return wire_done(w);
}

bool catalog_cache_read(const char *path, arena *a, db_table **tables, int *n)
{
    char *real = realpath(path, NULL), hex[65];
    str file = {0}, all = {0}, head = {0};
    err ignored;
    bool ok = real && cache_path(real, &file) && head_put(&head, real) &&
              file_exists(file.text) && file_read(file.text, CACHE_LIMIT, &all, &ignored) &&
              all.n > head.n + CHECK_BYTES && !memcmp(all.text, head.text, head.n);

    if (ok) {
        const size_t body = all.n - CHECK_BYTES;
        wire w = {.base = (const uint8_t *)all.text, .n = body, .at = head.n};

        sha256_hex(all.text, body, hex);
        ok = !memcmp(hex, all.text + body, CHECK_BYTES) && tables_get(&w, a, tables, n);
    }
    str_deinit(&file);
    str_deinit(&all);
    str_deinit(&head);
    free(real);
    return ok;
}

void catalog_cache_write(const char *path, const str *payloads, int n)
{
    char *real = realpath(path, NULL), hex[65];
    str file = {0}, all = {0}, folder = {0};
    err ignored;

    if (real && cache_path(real, &file) && head_put(&all, real) &&
        home_path(&folder, "cache", &ignored) && dir_make(folder.text, &ignored)) {
        wire_put_u32(&all, (uint32_t)n);
        for (int i = 0; i < n; i++) {
            wire_put_u64(&all, payloads[i].n);
            str_add(&all, payloads[i].text, payloads[i].n);
        }
        sha256_hex(str_text(&all), all.n, hex);
        str_add(&all, hex, CHECK_BYTES);
        if (!all.bad && !file_write_atomic(file.text, all.text, all.n, 0600, &ignored))
            str_reset(&all);
    }
    str_deinit(&file);
    str_deinit(&all);
    str_deinit(&folder);
    free(real);
}
