/* page.h - the built page's files, inside the program. */
#ifndef SERVER_PAGE_H
#define SERVER_PAGE_H

#include <stdbool.h>
#include <stddef.h>

typedef struct asset {
    const char *path, *type; /* "/assets/index-1a2b.js" */
    const unsigned char *bytes;
    size_t n;
    bool gzip;    /* the bytes are compressed */
    bool lasting; /* its name changes with its content */
} asset;

/* NULL: not a file of the page. `accept`: Accept-Encoding, may be NULL. Without a
 * built page "/" is a short one that says so. */
const asset *page_asset(const char *path, const char *accept);

#endif
