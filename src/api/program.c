/* program.c - which program runs as the database's process.
 *
 * It is `salesbot` with a hidden verb. Inside salesbot that is the program
 * itself; a program that loaded libsalesbot.so has it beside the library. */
#include <dlfcn.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/api_impl.h"
#include "base/file.h"
#include "base/str.h"

static bool is_salesbot(const char *path)
{
    const char *slash = strrchr(path, '/');

    return !strcmp(slash ? slash + 1 : path, "salesbot");
}

/* folder + relative, if it can be run; owned, else NULL. */
static char *beside(const char *file, const char *relative)
{
    const char *slash = strrchr(file, '/');
    str path = {0};

    if (!slash)
        return NULL;
    str_add(&path, file, (size_t)(slash - file + 1));
    str_adds(&path, relative);
    if (!path.bad && !access(path.text, X_OK))
        return str_take(&path);
    str_deinit(&path);
    return NULL;
}

static char *in_path(void)
{
    const char *folders = getenv("PATH");

    while (folders && *folders) {
        const size_t n = strcspn(folders, ":");
        str path = {0};

        str_add(&path, folders, n);
        str_adds(&path, "/salesbot");
        if (n && folders[0] == '/' && !path.bad && !access(path.text, X_OK))
            return str_take(&path);
        str_deinit(&path);
        folders += n + (folders[n] == ':');
    }
    return NULL;
}

char *api_program(void)
{
    static const char *const places[] = {"../bin/salesbot", "../../bin/salesbot", "salesbot"};
    char self[PATH_MAX] = "", library[PATH_MAX] = "";
    const ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    Dl_info info;

    self[n > 0 ? n : 0] = 0;
    if (is_salesbot(self))
        return NULL;
    if (dladdr((void *)(uintptr_t)salesbot_open, &info) && info.dli_fname &&
        realpath(info.dli_fname, library))
        for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
            char *found = beside(library, places[i]);

            if (found)
                return found;
        }
    return in_path();
}
