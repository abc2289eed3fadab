/* A connection on a socket that does not block: bytes between the socket and the engine, for a loop on poll(2). */
#ifndef CONN_H
#define CONN_H

#include "options.h"

#include <poll.h>

/* What the application sees of its peer, frame by frame: `row` counts in `bytes`, which stay during the call. */
typedef void on_frame(void *application, const oap_row *row, const uint8_t *bytes);

typedef struct conn {
    int fd;
    oap_connection *engine;
    oap_connection_info info;
    bool shut;
    on_frame *on_frame;
    void *application;
} conn;

/* Makes the engine over a connected socket; false where there is no memory. */
bool conn_open(conn *conn, int fd, const options *options, on_frame *on_frame, void *application);
void conn_free(conn *conn);

/* What poll is to wait for. */
short conn_events(const conn *conn);
/* Milliseconds until the engine's next deadline, at most `most`. */
int conn_timeout(const conn *conn, int most);
/* Reads what came, where the socket is ready. */
void conn_read(conn *conn);
/* Writes what there is and handles the time. True: something was written, so that a send which waits for room may go. */
bool conn_turn(conn *conn);
bool conn_has_ended(const conn *conn);
/* Frees `info` of what has changed. */
void conn_refresh(conn *conn);
/* The word for why it ended, in static memory. */
const char *conn_reason(const conn *conn);

#endif
