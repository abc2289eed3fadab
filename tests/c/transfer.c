/* Two sessions talk over memory: a whole windowed transfer of 1 MiB, through pipes that cut frames anywhere. */
#include "frames.h"

#include <stdlib.h>

enum { TOTAL = 1 << 20, WINDOW = 4, BODY = 5000 };

/* Bytes on their way: written at the end, read from the front. */
typedef struct pipe_end {
    uint8_t bytes[64 * 1024];
    size_t read, written;
} pipe_end;

#define INTO(p) (p)->bytes + (p)->written, sizeof(p)->bytes - (p)->written

typedef struct transfer {
    oap_session *sender, *receiver;
    pipe_end there, back;
    const uint8_t *content;
    uint8_t *arrived;
    size_t sent, received;
    uint64_t seq;
    bool ended;
} transfer;

static void send_what_credit_allows(transfer *t)
{
    size_t size = 0;
    oap_flow flow;
    CHECK_STATUS(OAP_STATUS_OK, oap_session_outbound(t->sender, &flow));
    for (; flow.credit > 0 && t->sent < TOTAL; flow.credit--) {
        size_t len = TOTAL - t->sent < BODY ? TOTAL - t->sent : BODY;
        const oap_frame data = data_frame(++t->seq, NULL, 0, t->content + t->sent, len);
        CHECK_STATUS(OAP_STATUS_OK, send_frame(t->sender, data, INTO(&t->there), &size));
        t->there.written += size;
        t->sent += len;
    }
    if (t->sent == TOTAL && flow.open) {
        CHECK_STATUS(OAP_STATUS_OK, send_frame(t->sender, end_frame(t->seq, 0), INTO(&t->there), &size));
        t->there.written += size;
    }
}

static void keep(transfer *t, const oap_row *row, const oap_frame_table *table)
{
    size_t size = 0;
    if (row->kind == OAP_KIND_DATA) {
        memcpy(t->arrived + t->received, table->bytes + row->body_offset, row->body_len);
        t->received += row->body_len;
        CHECK_STATUS(OAP_STATUS_OK, send_frame(t->receiver, ack_frame(row->seq), INTO(&t->back), &size));
        t->back.written += size;
    }
    t->ended = t->ended || row->kind == OAP_KIND_END;
}

/* Hands at most `most` bytes of the pipe to its reader. */
static void deliver(transfer *t, pipe_end *p, oap_session *reader, size_t most)
{
    oap_row rows[3];
    oap_frame_table table;
    size_t len = p->written - p->read < most ? p->written - p->read : most;
    size_t end = p->read + len;
    do {
        CHECK_STATUS(OAP_STATUS_OK,
                     oap_session_recv(reader, p->bytes + p->read, end - p->read, rows, 3, &table));
        for (size_t i = 0; reader == t->receiver && i < table.rows; i++)
            keep(t, &rows[i], &table);
        p->read += table.consumed;
    } while (table.more);
    CHECK(p->read == end);
    if (p->read == p->written)
        p->read = p->written = 0;
}

static transfer begin(const oap_config *config, const uint8_t *content)
{
    transfer t = {0};
    uint8_t start[32];
    size_t size = 0;
    t.sender = new_session(NULL);
    t.receiver = new_session_that_met(config, t.sender);
    t.content = content;
    t.arrived = malloc(TOTAL);
    CHECK(t.arrived != NULL);
    CHECK_STATUS(OAP_STATUS_OK, send_frame(t.sender, start_frame("file", 4), start, sizeof start, &size));
    take_all(t.receiver, start, size, 1);
    return t;
}

static void transfer_in_pieces(const oap_config *config, const uint8_t *content, size_t piece)
{
    static transfer t;
    oap_flow flow;
    t = begin(config, content);
    while (!t.ended) {
        if (t.there.read == t.there.written)
            send_what_credit_allows(&t);
        deliver(&t, &t.there, t.receiver, piece);
        deliver(&t, &t.back, t.sender, 7);
    }
    deliver(&t, &t.back, t.sender, sizeof t.back.bytes);
    CHECK(t.received == TOTAL && memcmp(t.arrived, content, TOTAL) == 0);
    CHECK_STATUS(OAP_STATUS_OK, oap_session_outbound(t.sender, &flow));
    CHECK(!flow.open && flow.in_flight == 0 && flow.credit == WINDOW);
    CHECK_STATUS(OAP_STATUS_OK, oap_session_finish(t.receiver));
    free(t.arrived);
    oap_session_free(t.receiver);
    oap_session_free(t.sender);
}

static void a_mebibyte_arrives_whatever_the_pieces(void)
{
    const size_t pieces[] = {1021, 5018, sizeof((pipe_end *)0)->bytes};
    uint8_t *content = malloc(TOTAL);
    oap_config *config = NULL;
    CHECK(content != NULL);
    for (size_t i = 0; i < TOTAL; i++)
        content[i] = (uint8_t)(i * 31 + (i >> 8) * 7);
    CHECK_STATUS(OAP_STATUS_OK, oap_config_new(&config));
    CHECK_STATUS(OAP_STATUS_OK, oap_config_set_ack_window_frames(config, WINDOW));
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++)
        transfer_in_pieces(config, content, pieces[i]);
    oap_config_free(config);
    free(content);
}

int main(void)
{
    RUN(a_mebibyte_arrives_whatever_the_pieces);
    return summary();
}
