/* file.h - whole files: read, mapped, written so that nothing is half-written.
 *
 * Paths are UTF-8 bytes as the system takes them. Every failure names the
 * path and what the system said. */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

/* The whole of `path` into *out (initialised by the caller; replaced), at most
 * `limit` bytes. ERR_IO, ERR_LIMIT. Directories and FIFOs are ERR_IO. */
MUST_CHECK bool file_read(const char *path, size_t limit, str *out, err *e);

/* Write n bytes under a temporary name in the same folder, fsync, rename.
 * On failure the old file stays and nothing else remains. ERR_IO. */
MUST_CHECK bool file_write_atomic(const char *path, const void *bytes, size_t n,
                                  int mode, err *e);

/* Copy the regular file `from` (never a link) to `to` in the same way. */
MUST_CHECK bool file_copy_atomic(const char *from, const char *to, int mode, err *e);

typedef struct file_map {
    const unsigned char *bytes; /* read-only mapping, or NULL for an empty file */
    size_t n;
} file_map;
MUST_CHECK bool file_map_open(const char *path, file_map *m, err *e);
void file_map_close(file_map *m); /* zeroed or closed is allowed */

bool file_exists(const char *path);
MUST_CHECK bool dir_make(const char *path, err *e); /* with parents, 0700; existing is fine */
/* Free bytes for an unprivileged writer on the file system that holds `path`
 * (its nearest existing parent). */
MUST_CHECK bool disk_free(const char *path, uint64_t *n_bytes, err *e);

/* $SALESBOT_HOME, else $XDG_DATA_HOME/salesbot, else ~/.local/share/salesbot,
 * followed by "/rest" unless rest is NULL. False with ERR_IO when none is set. */
MUST_CHECK bool home_path(str *out, const char *rest, err *e);

/* Lower-case hex SHA-256 of bytes or a file: 64 digits and a NUL. */
void sha256_hex(const void *bytes, size_t n, char hex[65]);
MUST_CHECK bool file_sha256(const char *path, char hex[65], err *e);

#endif
