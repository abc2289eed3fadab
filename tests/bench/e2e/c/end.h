/* One connection of a scenario: what its end sends and takes. */
#ifndef END_H
#define END_H

#include "conn.h"
#include "scenario.h"

typedef enum { GREETING, STARTING, SENDING, ENDING, WAITING, DONE } stage;

typedef struct end {
    conn conn;
    const scenario *scenario;
    bool serves;
    stage stage;
    size_t sent;     /* messages */
    size_t untold;   /* frames taken, of which the engine does not know */
    tally taken;
    uint64_t answer; /* the sum that the server made */
    uint64_t sent_at;
    uint64_t *round_trips; /* room for all of a ping; NULL in a server */
    bool stream_ended;     /* the peer's END has come */
} end;

/* Puts an end on a connected socket. Ends the process where there is no memory. */
void end_open(end *end, int fd, const scenario *scenario, const options *options, bool serves);
/* Reads where the socket is ready, then sends and writes what can go now. */
void end_turn(end *end, bool readable);

#endif
