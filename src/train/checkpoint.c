/* checkpoint.c - see checkpoint.h. */
#include "train/checkpoint.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/str.h"

static const char magic[8] = {'S', 'A', 'L', 'E', 'S', 'C', 'K', '1'};
enum { FRONT = 16, HASH = 32, MAX_HEAD = 1 << 20 };

/* ---- writing ---- */

typedef struct sink {
    int fd;
    crypto_generichash_state hash;
} sink;

static bool put(sink *s, const void *bytes, size_t n)
{
    const unsigned char *p = bytes;

    crypto_generichash_update(&s->hash, p, n);
    while (n) {
        const ssize_t done = write(s->fd, p, n);

        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return false;
        p += done;
        n -= (size_t)done;
    }
    return true;
}

static bool put_all(sink *s, const char *head, const checkpoint_part *parts, int n_parts)
{
    const uint64_t n = strlen(head);
    unsigned char hash[HASH];
    bool ok;

    crypto_generichash_init(&s->hash, NULL, 0, HASH);
    ok = put(s, magic, sizeof magic) && put(s, &n, sizeof n) && put(s, head, n);
    for (int i = 0; ok && i < n_parts; i++)
        ok = put(s, parts[i].data, parts[i].n_bytes);
    crypto_generichash_final(&s->hash, hash, HASH);
    return ok && put(s, hash, HASH);
}

static bool sync_folder(const char *path)
{
    char *copy = strdup(path), *slash = copy ? strrchr(copy, '/') : NULL;
    int fd;
    bool ok;

    if (slash)
        slash[slash == copy] = 0;
    fd = copy ? open(slash ? copy : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    ok = fd >= 0 && (!fsync(fd) || errno == EINVAL); /* some file systems can't */
    if (fd >= 0)
        close(fd);
    free(copy);
    return ok;
}

static bool fail(err *e, const char *path, const char *what)
{
    return err_set(e, ERR_IO, "%s: %s: %s", path, what, strerror(errno));
}

static bool write_file(const char *path, const char *head, const checkpoint_part *parts, int n_parts, err *e)
{
    str temporary = {0};
    sink s;
    bool ok;

    str_addf(&temporary, "%s.XXXXXX", path);
    if (temporary.bad)
        return err_set(e, ERR_NOMEM, "%s: out of memory", path);
    s.fd = mkostemp(temporary.text, O_CLOEXEC);
    ok = s.fd >= 0 || fail(e, path, "cannot write beside it");
    ok = ok && (put_all(&s, head, parts, n_parts) || fail(e, path, "cannot write"));
    ok = ok && (!fsync(s.fd) || fail(e, path, "cannot write to disk"));
    if (s.fd >= 0 && close(s.fd) && ok)
        ok = fail(e, path, "cannot close");
    ok = ok && (!rename(temporary.text, path) || fail(e, path, "cannot rename"));
    if (!ok && s.fd >= 0)
        unlink(temporary.text);
    str_deinit(&temporary);
    return ok && (sync_folder(path) || fail(e, path, "cannot sync its folder"));
}

bool checkpoint_write(const char *path, const json_t *head, const checkpoint_part *parts, int n_parts, err *e)
{
    json_t *whole = json_copy((json_t *)(uintptr_t)head), *list = json_array();
    char *text = NULL;
    bool ok = whole && list;

    for (int i = 0; ok && i < n_parts; i++)
        ok = !json_array_append_new(list, json_pack("{s:s, s:I}", "name", parts[i].name, "bytes",
                                                    (json_int_t)parts[i].n_bytes));
    ok = ok && !json_object_set(whole, "parts", list) && (text = json_dumps(whole, JSON_COMPACT | JSON_SORT_KEYS));
    ok = ok ? write_file(path, text, parts, n_parts, e) : err_set(e, ERR_NOMEM, "%s: out of memory", path);
    free(text);
    json_decref(list);
    json_decref(whole);
    return ok;
}

/* ---- reading ---- */

static bool damaged(const char *path, const char *what, err *e)
{
    return err_set(e, ERR_FORMAT, "%s: not a checkpoint or damaged: %s", path, what);
}

/* Magic, the head's place and the hash. */
static bool check(const char *path, const file_map *m, uint64_t *n_head, err *e)
{
    unsigned char hash[HASH];

    if (m->n < FRONT + HASH || memcmp(m->bytes, magic, sizeof magic))
        return damaged(path, "wrong beginning", e);
    memcpy(n_head, m->bytes + sizeof magic, sizeof *n_head);
    if (*n_head > MAX_HEAD || *n_head > m->n - FRONT - HASH)
        return damaged(path, "wrong size of its head", e);
    crypto_generichash(hash, HASH, m->bytes, m->n - HASH, NULL, 0);
    return !memcmp(hash, m->bytes + m->n - HASH, HASH) || damaged(path, "its checksum is wrong", e);
}

static json_t *parse_head(const char *path, const file_map *m, uint64_t n_head, err *e)
{
    json_t *head = json_loadb((const char *)m->bytes + FRONT, n_head, 0, NULL);

    if (json_is_object(head))
        return head;
    json_decref(head);
    damaged(path, "its head is no JSON object", e);
    return NULL;
}

json_t *checkpoint_head(const char *path, err *e)
{
    file_map m;
    uint64_t n_head = 0;
    json_t *head = NULL;

    if (!file_map_open(path, &m, e))
        return NULL;
    if (check(path, &m, &n_head, e))
        head = parse_head(path, &m, n_head, e);
    file_map_close(&m);
    return head;
}

static bool read_parts(const char *path, const file_map *m, const json_t *list, uint64_t at,
                       const checkpoint_part *parts, int n_parts, err *e)
{
    if (json_array_size(list) != (size_t)n_parts)
        return damaged(path, "another number of parts", e);
    for (int i = 0; i < n_parts; i++) {
        const json_t *entry = json_array_get(list, (size_t)i);
        const char *name = json_string_value(json_object_get(entry, "name"));
        const json_int_t n = json_integer_value(json_object_get(entry, "bytes"));

        if (!name || strcmp(name, parts[i].name) || n < 0 || (uint64_t)n != parts[i].n_bytes ||
            parts[i].n_bytes > m->n - HASH - at)
            return damaged(path, parts[i].name, e);
        if (parts[i].n_bytes)
            memcpy(parts[i].data, m->bytes + at, parts[i].n_bytes);
        at += parts[i].n_bytes;
    }
    return true;
}

bool checkpoint_read(const char *path, const checkpoint_part *parts, int n_parts, err *e)
{
    file_map m;
    uint64_t n_head = 0;
    json_t *head = NULL;
    bool ok;

    if (!file_map_open(path, &m, e))
        return false;
    ok = m.n >= FRONT + HASH || damaged(path, "too short", e);
    if (ok)
        memcpy(&n_head, m.bytes + sizeof magic, sizeof n_head);
    ok = ok && (n_head <= m.n - FRONT - HASH || damaged(path, "wrong size of its head", e));
    ok = ok && (head = parse_head(path, &m, n_head, e)) &&
         read_parts(path, &m, json_object_get(head, "parts"), FRONT + n_head, parts, n_parts, e);
    json_decref(head);
    file_map_close(&m);
    return ok;
}
