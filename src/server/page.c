/* page.c - see page.h. The table is made by cmake/web.cmake from web/dist. */
#include "server/page.h"

#include <string.h>

extern const asset server_assets[];
extern const size_t server_n_assets;

static const char plain[] =
    "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>salesbot</title>\n"
    "<h1>salesbot</h1>\n<p>This program was built without its page. <code>make serve</code> builds it "
    "(needs npm once).</p>\n<p>The API works: <a href=\"/openapi.json\">/openapi.json</a>, and "
    "<code>POST /api/ask {\"question\": \"sales by region in 2024\"}</code>.</p>\n</html>\n";
static const asset fallback = {"/", "text/html; charset=utf-8", (const unsigned char *)plain, sizeof plain - 1, false, false};

static bool takes_gzip(const char *accept)
{
    return accept && strstr(accept, "gzip");
}

const asset *page_asset(const char *path, const char *accept)
{
    if (!strcmp(path, "/index.html"))
        path = "/";
    for (size_t i = 0; i < server_n_assets; i++)
        if (!strcmp(server_assets[i].path, path) && (!server_assets[i].gzip || takes_gzip(accept)))
            return &server_assets[i];
    return strcmp(path, "/") ? NULL : &fallback;
}
