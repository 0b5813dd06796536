/* json.h - what jansson leaves unsaid.
 *
 * When it runs out of memory it gives no object and no reason; a syntax error
 * always has one. (Inside a string even that becomes "invalid token".) */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <jansson.h>
#include <stdbool.h>

static inline bool json_no_memory(const json_t *j, const json_error_t *why)
{
    return !j && !why->text[0];
}

#endif
