#include "peer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { SECOND = 1000000000 };

struct frame_note {
    uint32_t body_len;
    struct receipt *receipt; /* of an END */
    struct frame_note *next;
};

struct receipt {
    char text[OAP_MAX_HEADER_BYTES + 64];
    enum { RECEIPT_START, RECEIPT_DATA, RECEIPT_END, RECEIPT_SENT } stage;
    struct receipt *next;
};

static receipt *receipt_of(const peer *peer, uint32_t status)
{
    receipt *receipt = calloc(1, sizeof *receipt);
    if (receipt != NULL)
        snprintf(receipt->text, sizeof receipt->text, "%s %llu %08lx %u", peer->name, (unsigned long long)peer->bytes,
                 peer->crc, (unsigned)status);
    return receipt;
}

static void begin_stream(peer *peer, const oap_row *row, const uint8_t *bytes)
{
    snprintf(peer->name, sizeof peer->name, "%.*s", (int)row->text_len, (const char *)bytes + row->text_offset);
    peer->bytes = 0;
    peer->crc = crc32(0, NULL, 0);
}

static void take_note(void *application, const oap_row *row, const uint8_t *bytes)
{
    peer *peer = application;
    frame_note *note = calloc(1, sizeof *note);
    if (note == NULL) {
        oap_connection_abort(peer->conn.engine);
        return;
    }
    if (row->kind == OAP_KIND_START)
        begin_stream(peer, row, bytes);
    if (row->kind == OAP_KIND_DATA) {
        note->body_len = row->body_len;
        peer->bytes += row->body_len;
        peer->crc = crc32(peer->crc, bytes + row->body_offset, row->body_len);
    }
    if (row->kind == OAP_KIND_END)
        note->receipt = receipt_of(peer, row->value);
    *(peer->first != NULL ? &peer->last->next : &peer->first) = note;
    peer->last = note;
}

peer *peer_open(int fd, const options *options)
{
    peer *peer = calloc(1, sizeof *peer);
    if (peer == NULL || !conn_open(&peer->conn, fd, options, take_note, peer)) {
        free(peer);
        return NULL;
    }
    peer->options = options;
    peer->allowance_at = now_ns();
    return peer;
}

static void free_receipts(receipt *receipt)
{
    while (receipt != NULL) {
        struct receipt *next = receipt->next;
        free(receipt);
        receipt = next;
    }
}

void peer_free(peer *peer)
{
    while (peer->first != NULL) {
        frame_note *next = peer->first->next;
        free_receipts(peer->first->receipt);
        free(peer->first);
        peer->first = next;
    }
    free_receipts(peer->receipts);
    conn_free(&peer->conn);
    free(peer);
}

/* With --slow: bytes are given out as time passes, at most those of a second at once. */
static void add_allowance(peer *peer)
{
    uint64_t now = now_ns(), slow = peer->options->slow;
    uint64_t more = (now - peer->allowance_at) / 1000 * slow / (SECOND / 1000);
    if (more == 0)
        return;
    peer->allowance_at = now;
    peer->allowance += more;
    uint64_t front = peer->first != NULL ? peer->first->body_len : 0, most = slow > front ? slow : front;
    if (peer->allowance > most)
        peer->allowance = most;
}

static bool may_take(peer *peer)
{
    if (peer->first == NULL)
        return false;
    if (peer->options->slow == 0)
        return true;
    add_allowance(peer);
    if (peer->first->body_len > peer->allowance)
        return false;
    peer->allowance -= peer->first->body_len;
    return true;
}

static void take_frames(peer *peer)
{
    while (may_take(peer)) {
        frame_note *note = peer->first;
        oap_connection_take(peer->conn.engine, now_ns(), 1);
        if (note->receipt != NULL) {
            *(peer->receipts != NULL ? &peer->last_receipt->next : &peer->receipts) = note->receipt;
            peer->last_receipt = note->receipt;
        }
        peer->first = note->next;
        free(note);
    }
}

static oap_status send_part(peer *peer, const receipt *receipt)
{
    oap_connection *engine = peer->conn.engine;
    switch (receipt->stage) {
    case RECEIPT_START:
        return oap_connection_start(engine, now_ns(), "receipt", strlen("receipt"));
    case RECEIPT_DATA:
        return oap_connection_data(engine, now_ns(), NULL, 0, (const uint8_t *)receipt->text, strlen(receipt->text),
                                   NULL);
    default:
        return oap_connection_end_stream(engine, now_ns(), 0);
    }
}

static void send_receipts(peer *peer)
{
    while (peer->receipts != NULL && send_part(peer, peer->receipts) == OAP_STATUS_OK) {
        receipt *receipt = peer->receipts;
        if (++receipt->stage == RECEIPT_SENT) {
            peer->receipts = receipt->next;
            free(receipt);
        }
    }
}

void peer_turn(peer *peer)
{
    do {
        take_frames(peer);
        send_receipts(peer);
    } while (conn_turn(&peer->conn));
}

bool peer_is_idle(const peer *peer)
{
    const oap_connection_info *info = &peer->conn.info;
    return !info->inbound.open && peer->first == NULL && peer->receipts == NULL && !info->outbound.open;
}

int peer_timeout(const peer *peer, int most)
{
    bool waits = peer->options->slow > 0 && peer->first != NULL;
    return conn_timeout(&peer->conn, waits && most > 10 ? 10 : most);
}
