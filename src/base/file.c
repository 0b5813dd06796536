/* file.c - see file.h. */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

static bool fail(err *e, const char *path, const char *what)
{
    return err_set(e, ERR_IO, "%s: %s: %s", path, what, strerror(errno));
}

static int open_regular(const char *path, struct stat *st, err *e)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (fd < 0 || fstat(fd, st)) {
        fail(e, path, "cannot open");
        if (fd >= 0)
            close(fd);
        return -1;
    }
    if (!S_ISREG(st->st_mode)) {
        err_set(e, ERR_IO, "%s: not a regular file", path);
        close(fd);
        return -1;
    }
    return fd;
}

bool file_read(const char *path, size_t limit, str *out, err *e)
{
    struct stat st;
    char buffer[65536];
    ssize_t n;
    const int fd = open_regular(path, &st, e);

    if (fd < 0)
        return false;
    str_reset(out);
    while ((n = read(fd, buffer, sizeof buffer)) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            fail(e, path, "cannot read");
            close(fd);
            return false;
        }
        if ((size_t)n > limit - out->n) {
            close(fd);
            return err_set(e, ERR_LIMIT, "%s: larger than %zu bytes", path, limit);
        }
        str_add(out, buffer, (size_t)n);
    }
    close(fd);
    str_add(out, "", 0);
    return out->bad ? err_set(e, ERR_NOMEM, "%s: out of memory", path) : true;
}

static bool write_all(int fd, const void *bytes, size_t n)
{
    const char *p = bytes;

    while (n) {
        const ssize_t w = write(fd, p, n);

        if (w < 0 && errno == EINTR)
            continue;
        if (w < 0)
            return false;
        p += w;
        n -= (size_t)w;
    }
    return true;
}

/* What fills a new file; false with errno. */
typedef bool (*filler)(int fd, const void *arg);

static bool write_new(const char *path, int mode, filler fill, const void *arg, err *e)
{
    str temporary = {0};
    bool ok;
    int fd;

    str_addf(&temporary, "%s.XXXXXX", path);
    if (temporary.bad)
        return err_set(e, ERR_NOMEM, "%s: out of memory", path);
    fd = mkostemp(temporary.text, O_CLOEXEC);
    ok = fd >= 0 || fail(e, path, "cannot write beside it");
    ok = ok && (fill(fd, arg) || fail(e, path, "cannot write"));
    ok = ok && (!fchmod(fd, (mode_t)mode) || fail(e, path, "cannot set its mode"));
    ok = ok && (!fsync(fd) || fail(e, path, "cannot write to disk"));
    if (fd >= 0 && close(fd) && ok)
        ok = fail(e, path, "cannot close");
    ok = ok && (!rename(temporary.text, path) || fail(e, path, "cannot rename"));
    if (!ok && fd >= 0)
        unlink(temporary.text);
    str_deinit(&temporary);
    return ok;
}

typedef struct span {
    const void *bytes;
    size_t n;
} span;

static bool fill_bytes(int fd, const void *arg)
{
    const span *s = arg;

    return write_all(fd, s->bytes, s->n);
}

bool file_write_atomic(const char *path, const void *bytes, size_t n, int mode, err *e)
{
    return write_new(path, mode, fill_bytes, &(span){bytes, n}, e);
}

static bool fill_copy(int fd, const void *arg)
{
    const int from = *(const int *)arg;
    char buffer[65536];
    ssize_t n;

    while ((n = read(from, buffer, sizeof buffer)) != 0)
        if (n < 0 ? errno != EINTR : !write_all(fd, buffer, (size_t)n))
            return false;
    return true;
}

bool file_copy_atomic(const char *from, const char *to, int mode, err *e)
{
    struct stat st;
    const int fd = open(from, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
    bool ok = (fd >= 0 && !fstat(fd, &st)) || fail(e, from, "cannot open");

    ok = ok && (S_ISREG(st.st_mode) || err_set(e, ERR_IO, "%s: not a regular file", from));
    ok = ok && write_new(to, mode, fill_copy, &fd, e);
    if (fd >= 0)
        close(fd);
    return ok;
}

bool file_map_open(const char *path, file_map *m, err *e)
{
    struct stat st;
    void *p = NULL;
    const int fd = open_regular(path, &st, e);

    if (fd < 0)
        return false;
    if (st.st_size > 0)
        p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
    close(fd);
    if (p == MAP_FAILED)
        return fail(e, path, "cannot map");
    *m = (file_map){.bytes = p, .n = (size_t)st.st_size};
    return true;
}

void file_map_close(file_map *m)
{
    if (m->bytes)
        munmap((void *)(uintptr_t)m->bytes, m->n);
    *m = (file_map){0};
}

bool file_exists(const char *path)
{
    struct stat st;

    return !stat(path, &st);
}

bool dir_make(const char *path, err *e)
{
    char *copy = strdup(path), *p = copy;
    struct stat st;
    bool ok = copy || err_set(e, ERR_NOMEM, "%s: out of memory", path);

    while (ok && p) {
        p = strchr(p + 1, '/');
        if (p)
            *p = 0;
        if (mkdir(copy, 0700) && errno != EEXIST)
            ok = fail(e, copy, "cannot make this folder");
        if (p)
            *p = '/';
    }
    free(copy);
    if (ok && (stat(path, &st) || !S_ISDIR(st.st_mode)))
        ok = err_set(e, ERR_IO, "%s: not a folder", path);
    return ok;
}

bool disk_free(const char *path, uint64_t *n_bytes, err *e)
{
    char *copy = strdup(path), *slash;
    struct statvfs v;
    int bad;

    if (!copy)
        return err_set(e, ERR_NOMEM, "%s: out of memory", path);
    while ((bad = statvfs(*copy ? copy : ".", &v)) && errno == ENOENT) {
        slash = strrchr(copy, '/');
        if (!slash) {
            *copy = 0;
            bad = statvfs(".", &v);
            break;
        }
        if (slash == copy) {
            bad = statvfs("/", &v);
            break;
        }
        *slash = 0;
    }
    free(copy);
    if (bad)
        return fail(e, path, "cannot see the free space");
    *n_bytes = (uint64_t)v.f_bavail * v.f_frsize;
    return true;
}

bool home_path(str *out, const char *rest, err *e)
{
    const char *home = getenv("SALESBOT_HOME"), *xdg = getenv("XDG_DATA_HOME"),
               *user = getenv("HOME");

    str_reset(out);
    if (home && *home)
        str_adds(out, home);
    else if (xdg && *xdg == '/')
        str_addf(out, "%s/salesbot", xdg);
    else if (user && *user)
        str_addf(out, "%s/.local/share/salesbot", user);
    else
        return err_set(e, ERR_IO, "no home folder: set SALESBOT_HOME");
    if (rest)
        str_addf(out, "/%s", rest);
    return out->bad ? err_set(e, ERR_NOMEM, "out of memory") : true;
}

void sha256_hex(const void *bytes, size_t n, char hex[65])
{
    unsigned char digest[crypto_hash_sha256_BYTES];

    crypto_hash_sha256(digest, bytes, n);
    sodium_bin2hex(hex, 65, digest, sizeof digest);
}

bool file_sha256(const char *path, char hex[65], err *e)
{
    crypto_hash_sha256_state state;
    unsigned char buffer[65536], digest[crypto_hash_sha256_BYTES];
    struct stat st;
    ssize_t n;
    const int fd = open_regular(path, &st, e);

    if (fd < 0)
        return false;
    crypto_hash_sha256_init(&state);
    while ((n = read(fd, buffer, sizeof buffer)) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            fail(e, path, "cannot read");
            close(fd);
            return false;
        }
        crypto_hash_sha256_update(&state, buffer, (unsigned long long)n);
    }
    close(fd);
    crypto_hash_sha256_final(&state, digest);
    sodium_bin2hex(hex, 65, digest, sizeof digest);
    return true;
}
