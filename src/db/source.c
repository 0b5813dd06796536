/* source.c - what a path is, before any process is started for it.
 *
 * Only a few bytes are looked at, by plain comparison: the content of an
 * untrusted file is for the child. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/db_impl.h"

enum { HEAD_BYTES = 16, DUCKDB_AT = 8 };

static bool ends_nocase(const char *text, const char *end)
{
    const size_t n = strlen(text), m = strlen(end);

    return n > m && !strcasecmp(text + n - m, end);
}

bool source_by_name(const char *name, source_kind *kind)
{
    static const struct { const char *end; source_kind kind; } ends[] = {
        {".csv", SOURCE_CSV},    {".tsv", SOURCE_CSV},        {".csv.gz", SOURCE_CSV},
        {".tsv.gz", SOURCE_CSV}, {".parquet", SOURCE_PARQUET}};

    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (ends_nocase(name, ends[i].end)) {
            *kind = ends[i].kind;
            return true;
        }
    return false;
}

static bool named_sqlite(const char *path)
{
    static const char *const ends[] = {".sqlite", ".sqlite3", ".db", ".db3"};

    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (ends_nocase(path, ends[i]))
            return true;
    return false;
}

static bool classify(const char *path, const unsigned char head[HEAD_BYTES], size_t n,
                     source_kind *kind, err *e)
{
    if (n == HEAD_BYTES && !memcmp(head + DUCKDB_AT, "DUCK", 4))
        return *kind = SOURCE_DUCKDB, true;
    if (n == HEAD_BYTES && !memcmp(head, "SQLite format 3", 16))
        return *kind = SOURCE_SQLITE, true;
    if (n >= 4 && !memcmp(head, "PAR1", 4))
        return *kind = SOURCE_PARQUET, true;
    if (source_by_name(path, kind) && *kind == SOURCE_CSV)
        return true;
    if (named_sqlite(path))
        return err_set(e, ERR_DB, "%s is neither a SQLite nor a DuckDB database, or it is "
                                  "encrypted: decrypt it first, or restore it from a copy", path);
    return err_set(e, ERR_DB, "%s is not a DuckDB database: give a .duckdb, .sqlite, .csv or "
                              ".parquet file (or restore it from a copy, if it was one)", path);
}

bool source_inspect(const char *path, source_kind *kind, err *e)
{
    unsigned char head[HEAD_BYTES];
    struct stat st;
    ssize_t n;
    int fd;

    if (stat(path, &st))
        return errno == ENOENT
                   ? err_set(e, ERR_DB, "%s: no such file: check the path, or make the sample "
                                        "with `salesbot init %s`", path, path)
                   : err_set(e, ERR_DB, "%s: %s", path, strerror(errno));
    if (S_ISDIR(st.st_mode))
        return *kind = SOURCE_FOLDER, true;
    if (!S_ISREG(st.st_mode))
        return err_set(e, ERR_DB, "%s is not a regular file: give a database file", path);
    if (st.st_size == 0)
        return err_set(e, ERR_DB, "%s is empty (0 bytes): give a database file, or restore it "
                                  "from a copy", path);
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return err_set(e, ERR_DB, "%s cannot be read: %s: ask its owner for the right to read "
                                  "it", path, strerror(errno));
    n = read(fd, head, sizeof head);
    close(fd);
    if (n < 0)
        return err_set(e, ERR_IO, "%s: cannot read: %s", path, strerror(errno));
    return classify(path, head, (size_t)n, kind, e);
}
