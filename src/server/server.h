/* server.h - `salesbot serve`: questions over HTTP, for many at once.
 *
 * The server stands on include/salesbot/salesbot.h and the JSON state alone.
 * docs/SERVER.md is its contract with pages and programs; the table of routes
 * (routes.c) dispatches, checks and describes each request. */
#ifndef SERVER_SERVER_H
#define SERVER_SERVER_H

#include "base/err.h"
#include "base/str.h"


#endif
