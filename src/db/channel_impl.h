/* channel_impl.h - frames over a socket that was inherited or made in pairs. */
#ifndef DB_CHANNEL_IMPL_H
#define DB_CHANNEL_IMPL_H

#include "db/message_impl.h"

typedef enum channel_state {
    CHANNEL_OK,
    CHANNEL_CLOSED,  /* the other side is gone */
    CHANNEL_TIMEOUT, /* nothing within the time; nothing was lost */
    CHANNEL_BAD,     /* not a frame, or a system error; *e says which */
} channel_state;

int64_t now_ms(void); /* monotonic */

/* Send a whole frame, blocking. False with ERR_DB when the other side is gone. */
MUST_CHECK bool channel_send(int fd, frame_kind kind, const str *payload, err *e);
/* Wait until a frame begins, at most timeout_ms (-1: for ever). */
channel_state channel_wait(int fd, int timeout_ms);
/* Receive one frame, replacing *payload. Once begun it must go on: a sender
 * that stops in the middle for 10 s is CHANNEL_BAD. */
channel_state channel_receive(int fd, frame_kind *kind, str *payload, err *e);

#endif
