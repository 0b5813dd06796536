/* hub_impl.h - what the files of this module share. */
#ifndef HUB_HUB_IMPL_H
#define HUB_HUB_IMPL_H

#include <curl/curl.h>
#include <jansson.h>

#include "base/file.h"
#include "base/str.h"
#include "hub/hub.h"

/* One conversation with a hub: a connection that is used again, and who asks. */
typedef struct client {
    CURL *curl;       /* owned */
    char *endpoint;   /* owned, without a slash at its end */
    char *token;      /* owned; "" : none */
    const hub_options *o;
    hub_progress progress;
    bool cancelled;
} client;

MUST_CHECK bool client_open(client *c, const hub_options *o, err *e);
void client_close(client *c);
/* Reports c->progress; false (ERR_CANCELLED) when the caller has had enough. */
MUST_CHECK bool client_report(client *c, err *e);

/* One request. Strings and bytes are borrowed. */
typedef struct request {
    const char *method;       /* NULL: GET */
    const char *url;
    const char *content_type; /* of the body */
    const char *accept;       /* NULL: anything */
    const void *body;         /* NULL: none, or `from` */
    size_t n_body;
    const char *from;         /* PUT: the bytes of this file */
    uint64_t n_from;
    struct curl_slist *headers; /* further ones */
    bool with_token;          /* to the endpoint only */
    int into;                 /* >= 0: a descriptor that gets the body of a 200 or 206 */
    uint64_t offset;          /* go on at this byte of the file behind `into` */
    const char *about;        /* what it is for: begins the error */
} request;

typedef struct response {
    long status;
    str body;          /* at most 64 MB; of a request without `into`, or of a failed one */
    str etag;
    int retry_after_s; /* 0: not said */
    uint64_t received; /* bytes written to `into` */
} response;
void response_deinit(response *r);

/* Sends it, waits and tries again after network failures, 429 and 5xx. True: an answer of 2xx.
 * False: *e as hub.h says, r->status is the last answer's (0: none came). A 416 and a 409 are
 * for the caller (false). */
MUST_CHECK bool client_send(client *c, const request *q, response *r, err *e);
/* The same, and the body as JSON; NULL on failure. */
MUST_CHECK json_t *client_json(client *c, const request *q, err *e);

/* "endpoint/datasets/owner/name" + "/rest" with each part escaped; owned (free) or NULL. */
char *client_url(const client *c, const char *prefix, hub_kind kind, const char *repository, const char *rest);
char *escape(const client *c, const char *text, bool keep_slashes);

/* Hash of a file as git names a blob: SHA-1 over "blob <size>\0" and the bytes. */
MUST_CHECK bool git_blob_sha1(const char *path, char hex[41], err *e);
/* A relative path that stays inside its folder and hides nothing. */
bool name_is_safe(const char *name);

#endif
