/* A connection on a socket: bytes between the socket and liboap's engine, a turn at a time. */
#ifndef LINK_H
#define LINK_H

#include <oap.h>

/* Sees each START, DATA and END of the peer; the bytes stay during the call. */
typedef void on_frame(void *application, const oap_row *row, const uint8_t *bytes);

typedef struct link {
    int socket;
    oap_connection *engine;
    oap_connection_info info;
    const uint8_t *body; /* what is still to be written of the bodies that were announced */
    on_frame *on_frame;
    void *application;
} link_t;

/* Nanoseconds of the monotonic clock. */
uint64_t now_ns(void);

/* Connects, and makes the engine; `bodies` are those of all DATA that will be announced, one after the other. */
void link_open(link_t *link, const char *host, const char *port, const uint8_t *bodies, on_frame *on_frame,
               void *application);
void link_close(link_t *link);

/* Writes and reads what can be, and waits for the next of both. False once the connection has ended. */
bool link_turn(link_t *link);

/* Says on stderr why the connection has ended, and ends the program with 1. */
_Noreturn void link_fail(const link_t *link);

#endif
