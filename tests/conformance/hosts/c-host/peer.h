/* A peer of the server: its stream as it comes in, and the receipts that go back. */
#ifndef PEER_H
#define PEER_H

#include "conn.h"

typedef struct frame_note frame_note;
typedef struct receipt receipt;

typedef struct peer {
    conn conn;
    const options *options;
    /* The stream that comes in. */
    char name[OAP_MAX_HEADER_BYTES];
    uint64_t bytes;
    unsigned long crc;
    /* Frames given and not taken: with --slow they wait. */
    frame_note *first, *last;
    uint64_t allowance_at; /* the time up to which --slow has given out bytes */
    uint64_t allowance;
    /* Receipts to be sent, the first of them perhaps in part. */
    receipt *receipts, *last_receipt;
    struct peer *next;
} peer;

peer *peer_open(int fd, const options *options);
void peer_free(peer *peer);
/* Takes what it may, sends what it can, writes. */
void peer_turn(peer *peer);
/* Whether nothing of it is under way, so that a shutdown may close it. */
bool peer_is_idle(const peer *peer);
/* Milliseconds until peer_turn has something to do, at most `most`. */
int peer_timeout(const peer *peer, int most);

#endif
