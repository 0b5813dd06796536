/* model_files.c - salesbot model verify and remove. */
#include <dirent.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/model_impl.h"

/* ---- verify ---- */

/* Files whose hash everybody may know. */
static const struct { const char *name, *sha256; } known[] = {
    {"gemma-3-270m-Q4_K_M.gguf", "a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818"}};

static const char *known_hash(const char *file, const json_t *origin)
{
    const char *recorded = json_string_value(json_object_get(json_object_get(origin, "files"), file));

    for (size_t i = 0; !recorded && i < sizeof known / sizeof *known; i++)
        if (!strcmp(file, known[i].name))
            return known[i].sha256;
    return recorded;
}

/* A line as sha256sum prints it, and what is known of it. */
static bool verify_file(const char *path, const char *name, const json_t *origin, bool *well, err *e)
{
    const char *right = known_hash(name, origin);
    char hex[65];

    if (!file_sha256(path, hex, e))
        return false;
    printf("%s  %s%s\n", hex, path, !right ? "" : strcmp(hex, right) ? "  WRONG" : "  as it should be");
    if (right && strcmp(hex, right))
        *well = err_set(e, ERR_MODEL, "%s: its SHA-256 should be %s; remove it and fetch it again", path, right);
    return true;
}

static bool verify_folder(const char *folder, bool *well, err *e)
{
    str path = {0};
    json_t *origin;
    const char *name;
    json_t *hash;
    DIR *d = opendir(folder);
    bool ok = d || err_set(e, ERR_IO, "%s: cannot open: %s", folder, strerror(errno));

    str_addf(&path, "%s/%s", folder, MODEL_ORIGIN);
    origin = json_load_file(str_text(&path), 0, NULL);
    for (struct dirent *f; ok && d && (f = readdir(d));) {
        struct stat st;

        str_reset(&path);
        str_addf(&path, "%s/%s", folder, f->d_name);
        if (f->d_name[0] != '.' && strcmp(f->d_name, MODEL_ORIGIN) && !stat(path.text, &st) && S_ISREG(st.st_mode))
            ok = verify_file(path.text, f->d_name, origin, well, e);
    }
    json_object_foreach(json_object_get(origin, "files"), name, hash) {
        str_reset(&path);
        str_addf(&path, "%s/%s", folder, name);
        if (ok && !file_exists(path.text))
            *well = err_set(e, ERR_MODEL, "%s: is missing; `salesbot model pull` fetches it again", path.text);
    }
    if (d)
        closedir(d);
    json_decref(origin);
    str_deinit(&path);
    return ok;
}

int model_verify(const flags *f, const char *name)
{
    str path = {0};
    err e = {0};
    bool well = true, ok = name ? model_find(name, &path, &e) : cli_model(f, &path, &e);

    if (ok && is_folder(path.text)) {
        ok = verify_folder(path.text, &well, &e);
    } else if (ok) {
        const char *slash = strrchr(path.text, '/');

        ok = verify_file(path.text, slash ? slash + 1 : path.text, NULL, &well, &e);
    }
    str_deinit(&path);
    return ok && well ? 0 : cli_fail(&e);
}

/* ---- remove ---- */

/* A folder's files and folders, at most a few levels deep; links are removed, not followed. */
static bool remove_tree(const char *path, int depth, err *e)
{
    struct stat st;
    str inner = {0};
    DIR *d;
    bool ok = true;

    if (lstat(path, &st))
        return errno == ENOENT || err_set(e, ERR_IO, "%s: %s", path, strerror(errno));
    if (!S_ISDIR(st.st_mode))
        return !unlink(path) || err_set(e, ERR_IO, "%s: cannot remove: %s", path, strerror(errno));
    if (depth > 8 || !(d = opendir(path)))
        return err_set(e, ERR_IO, "%s: cannot open: %s", path, depth > 8 ? "too deep" : strerror(errno));
    for (struct dirent *f; ok && (f = readdir(d));) {
        if (!strcmp(f->d_name, ".") || !strcmp(f->d_name, ".."))
            continue;
        str_reset(&inner);
        str_addf(&inner, "%s/%s", path, f->d_name);
        ok = (!inner.bad || err_set(e, ERR_NOMEM, "out of memory")) && remove_tree(inner.text, depth + 1, e);
    }
    closedir(d);
    str_deinit(&inner);
    return ok && (!rmdir(path) || err_set(e, ERR_IO, "%s: cannot remove: %s", path, strerror(errno)));
}

/* NAME's stamp and card go with it. */
static bool remove_beside(const char *path, err *e)
{
    const size_t stem = str_ends(path, ".gguf") ? strlen(path) - 5 : strlen(path);
    str beside = {0};
    bool ok;

    str_addf(&beside, "%s.checked", path);
    ok = (!beside.bad || err_set(e, ERR_NOMEM, "out of memory")) && remove_tree(beside.text, 0, e);
    str_reset(&beside);
    str_addf(&beside, "%.*s.md", (int)stem, path);
    ok = ok && (!str_ends(path, ".gguf") || remove_tree(beside.text, 0, e));
    str_deinit(&beside);
    return ok;
}

int model_remove(const char *name)
{
    static const char *const folders[] = {"models", "adapters"};
    str rest = {0}, path = {0}, flat = {0};
    err e = {0};
    bool found = false, ok = true;

    for (const char *p = name; *p; p++)
        str_adds(&flat, *p == '/' ? "--" : (char[]){*p, 0});
    for (size_t i = 0; !found && i < 2 && *name && name[0] != '.' && name[0] != '/' && !flat.bad; i++) {
        struct stat st;

        str_reset(&rest);
        str_addf(&rest, "%s/%s", folders[i], flat.text);
        ok = home_path(&path, str_text(&rest), &e);
        found = ok && !lstat(path.text, &st);
    }
    if (ok && !found)
        ok = err_set(&e, ERR_MODEL, "%.200s: `salesbot model list` names no such model or adapter", name);
    ok = ok && remove_tree(path.text, 0, &e) && remove_beside(path.text, &e);
    if (ok)
        fprintf(stderr, "Removed %s\n", path.text);
    str_deinit(&rest);
    str_deinit(&path);
    str_deinit(&flat);
    return ok ? 0 : cli_fail(&e);
}
