/* log.h - notes for people on stderr; stdout belongs to the answer.
 *
 * Levels: 0 errors only, 1 notes (default), 2 debug ($SALESBOT_LOG=debug).
 * Only cli and server set the sink; modules below log sparingly. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/attr.h"

void log_note(const char *fmt, ...) PRINTF(1, 2);
void log_debug(const char *fmt, ...) PRINTF(1, 2);
double clock_ms(void); /* monotonic milliseconds since some start */

#endif
