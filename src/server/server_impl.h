/* server_impl.h - what the files of the server share; private to src/server. */
#ifndef SERVER_SERVER_IMPL_H
#define SERVER_SERVER_IMPL_H

#include "server/route.h"
#include "server/server.h"

#endif
