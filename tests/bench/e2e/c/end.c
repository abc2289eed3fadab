#include "end.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Messages that are queued before they are written: with a whole window at a time each side would wait for the other. */
enum { DATA_A_WRITE = OAP_CONNECTION_WINDOW / 2 };

static void take_body(end *end, const uint8_t *body, size_t len)
{
    if (end->serves || end->scenario->kind == PING)
        tally_add(end->scenario, &end->taken, body, len);
    if (end->round_trips != NULL)
        end->round_trips[end->taken.messages - 1] = clock_ns() - end->sent_at;
    if (!end->serves && end->scenario->kind != PING) {
        char digits[24] = "";
        memcpy(digits, body, len < sizeof digits ? len : sizeof digits - 1);
        end->answer = strtoull(digits, NULL, 10);
    }
}

static void see(void *application, const oap_row *row, const uint8_t *bytes)
{
    end *end = application;
    end->untold++;
    if (row->kind == OAP_KIND_DATA)
        take_body(end, bytes + row->body_offset, row->body_len);
    else if (row->kind == OAP_KIND_END)
        end->stream_ended = true;
}

void end_open(end *end, int fd, const scenario *scenario, const options *options, bool serves)
{
    *end = (struct end){.scenario = scenario, .serves = serves};
    if (!conn_open(&end->conn, fd, options, see, end))
        abort();
    if (!serves && scenario->kind == PING) {
        end->round_trips = malloc(scenario->count * sizeof *end->round_trips);
        if (end->round_trips == NULL)
            abort();
    }
}

static bool queue(end *end, const uint8_t *body, size_t len)
{
    oap_status status = oap_connection_data(end->conn.engine, now_ns(), NULL, 0, body, len, NULL);
    end->sent += status == OAP_STATUS_OK;
    return status == OAP_STATUS_OK;
}

/* The answer of a server to a stream: the sum, as decimal digits. */
static bool queue_sum(end *end)
{
    char digits[24];
    int len = snprintf(digits, sizeof digits, "%" PRIu64, end->taken.sum);
    return end->stream_ended && (end->sent > 0 || queue(end, (const uint8_t *)digits, (size_t)len));
}

/* A ping sends when the message before has come back, a pong what has come. */
static bool may_go(const end *end)
{
    if (end->scenario->kind != PING)
        return true;
    return end->serves ? end->sent < end->taken.messages : end->sent == end->taken.messages;
}

static bool queue_bodies(end *end)
{
    for (size_t unwritten = 0; end->sent < end->scenario->count; unwritten++) {
        if (!may_go(end) || unwritten == DATA_A_WRITE)
            return false;
        end->sent_at = end->round_trips != NULL ? clock_ns() : 0;
        if (!queue(end, message_at(end->scenario, end->sent), end->scenario->size))
            return false;
    }
    return true;
}

/* Whether a stage is over. A send that waits is tried again when the connection has moved. */
static bool advance(end *end)
{
    oap_connection *engine = end->conn.engine;
    switch (end->stage) {
    case GREETING:
        return conn_refresh(&end->conn), end->conn.info.state == OAP_CONNECTION_OPEN;
    case STARTING:
        return oap_connection_start(engine, now_ns(), "bench", 5) == OAP_STATUS_OK;
    case SENDING:
        return end->serves && end->scenario->kind != PING ? queue_sum(end) : queue_bodies(end);
    case ENDING:
        return oap_connection_end_stream(engine, now_ns(), 0) == OAP_STATUS_OK;
    case WAITING:
        return end->stream_ended;
    case DONE:
        break;
    }
    return false;
}

void end_turn(end *end, bool readable)
{
    if (readable)
        conn_read(&end->conn);
    do {
        if (end->untold > 0)
            oap_connection_take(end->conn.engine, now_ns(), end->untold);
        end->untold = 0;
        while (advance(end))
            end->stage++;
    } while (conn_turn(&end->conn));
}
