/* names.c - names of repositories and files, and git's hash of a file. */
#include <errno.h>
#include <nettle/sha1.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "hub/hub_impl.h"

static bool is_plain(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

static bool part_valid(const char *p, size_t n)
{
    if (n < 1 || n > 96 || *p == '.' || *p == '-')
        return false;
    for (size_t i = 0; i < n; i++)
        if (!is_plain(p[i]) || (p[i] == '.' && i + 1 < n && p[i + 1] == '.'))
            return false;
    return true;
}

bool hub_repository_valid(const char *repository)
{
    const char *slash = strchr(repository, '/');

    return slash && part_valid(repository, (size_t)(slash - repository)) && part_valid(slash + 1, strlen(slash + 1));
}

bool name_is_safe(const char *name)
{
    const size_t n = strlen(name);

    if (!n || n > 400 || !utf8_valid(name, n))
        return false;
    for (const char *p = name; *p; p++)
        if ((unsigned char)*p < ' ' || *p == 127 || *p == '\\' || *p == ':')
            return false;
    for (const char *part = name;; part += strcspn(part, "/") + 1) {
        if (*part == '/' || *part == '.' || !*part)
            return false;
        if (!strchr(part, '/'))
            return true;
    }
}

bool git_blob_sha1(const char *path, char hex[41], err *e)
{
    static const char digits[] = "0123456789abcdef";
    struct sha1_ctx sha;
    struct stat st;
    unsigned char buffer[65536], digest[SHA1_DIGEST_SIZE];
    char head[40];
    size_t n;
    FILE *f = fopen(path, "rb");
    bool ok = f && !fstat(fileno(f), &st);

    if (ok) {
        sha1_init(&sha);
        n = (size_t)snprintf(head, sizeof head, "blob %lld", (long long)st.st_size) + 1;
        sha1_update(&sha, n, (const uint8_t *)head);
        while ((n = fread(buffer, 1, sizeof buffer, f)) > 0)
            sha1_update(&sha, n, buffer);
        ok = !ferror(f);
        sha1_digest(&sha, sizeof digest, digest);
    }
    if (!ok)
        err_set(e, ERR_IO, "%s: cannot read: %s", path, strerror(errno));
    if (f)
        fclose(f);
    for (int i = 0; ok && i < SHA1_DIGEST_SIZE; i++) {
        hex[2 * i] = digits[digest[i] >> 4];
        hex[2 * i + 1] = digits[digest[i] & 15];
    }
    hex[40] = 0;
    return ok;
}
