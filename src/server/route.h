/* route.h - what a route is: method, path, who may, what it takes, who answers it.
 *
 * The table (routes.c) is the one source: it dispatches, checks bodies and queries,
 * and writes the OpenAPI document. */
#ifndef SERVER_ROUTE_H
#define SERVER_ROUTE_H

#include <jansson.h>
#include <stdint.h>
#include <stddef.h>

#include "base/err.h"

typedef enum role { ROLE_NONE, ROLE_VIEWER, ROLE_ANALYST, ROLE_ADMIN } role;
const char *role_name(role r);
role role_find(const char *name); /* ROLE_NONE: no such role */

/* One member of a body, or one parameter of a query. */
typedef enum field_kind { FIELD_TEXT, FIELD_SWITCH, FIELD_WHOLE, FIELD_REAL, FIELD_OBJECT,
                          FIELD_LIST, FIELD_ANY } field_kind;
typedef struct field {
    const char *name; /* NULL ends a table */
    field_kind kind;
    bool required;
    double least, most;         /* of a number; of a text's bytes; most 0: no bound */
    const char *const *choices; /* NULL-ended; NULL: any text */
    const struct field *fields; /* of an object, or of each item of a list; NULL: any */
    const char *about;
} field;

/* Where a handler runs, so that nobody waits behind what is slower. */
typedef enum lane {
    LANE_NOW,   /* on the connection's thread: must not block */
    LANE_LIGHT, /* the store and small files */
    LANE_ASK,   /* has a session: catalog, templates, SQL */
    LANE_MODEL, /* has a session that may use the model; no route begins here */
    LANE_COUNT
} lane;

typedef struct request request;
typedef struct route {
    const char *method, *path; /* "/api/answers/{id}" */
    const char *id, *summary;  /* OpenAPI's operationId */
    role least;                /* ROLE_NONE: without a key too */
    lane lane;
    const field *query, *body; /* NULL: none is taken */
    const char *reply;         /* a schema of openapi.c */
    /* Fills the request's reply; false fills *e, which becomes the reply. */
    bool (*handle)(request *r, err *e);
    bool open;   /* unknown members of the body are let pass: protocols of others */
    bool events; /* may answer as text/event-stream */
} route;

const route *routes_table(size_t *n);
/* The route of a request; NULL: none of this path, or, with *other, of this method. What
 * stands for {id} goes to `id`, "" without one. */
const route *routes_find(const char *method, const char *path, char id[64], bool *other);

/* The methods at a path, for `Allow`. A constant. */
const char *routes_allowed(const char *path);

/* Check a body against its fields. ERR_ARG names the member: "options.pick: a whole number". */
MUST_CHECK bool fields_check(const field *fields, const json_t *body, bool open, err *e);
/* Query parameters become a body of the kinds that the table says, checked alike. Takes
 * pairs of texts ("n" -> "10"). */
MUST_CHECK bool fields_query(const field *fields, const json_t *texts, json_t **out, err *e);

#endif
