/* oap_connection_*: two ends talk over memory; waiting, closing, and what the host is told. */
#include "frames.h"

enum { ROWS = 8, PIECES = 4, SECOND = 1000000000 };

/* Two ends, and the bytes that are on their way from one to the other. */
typedef struct pair {
    oap_connection *own, *peer;
    uint8_t way[8192];
    size_t filled;
    uint64_t now;
} pair;

static oap_connection *new_connection(const oap_config *config, const oap_connection_options *options)
{
    oap_connection *connection = NULL;
    CHECK_STATUS(OAP_STATUS_OK, oap_connection_new(config, options, 0, &connection));
    return connection;
}

static oap_connection_info inspect(const oap_connection *connection)
{
    oap_connection_info info;
    CHECK_STATUS(OAP_STATUS_OK, oap_connection_inspect(connection, &info));
    return info;
}

static void put(pair *p, const uint8_t *bytes, size_t len)
{
    CHECK(p->filled + len <= sizeof p->way);
    memcpy(p->way + p->filled, bytes, len);
    p->filled += len;
}

/* Writes out all that `from` has; a body that lies with the host comes from `body`. */
static void write_out(pair *p, oap_connection *from, const uint8_t *body)
{
    oap_piece pieces[PIECES];
    size_t count;
    p->filled = 0;
    do {
        size_t written = 0;
        CHECK_STATUS(OAP_STATUS_OK, oap_connection_transmit(from, p->now, pieces, PIECES, &count));
        for (size_t i = 0; i < count; written += pieces[i++].len) {
            put(p, pieces[i].bytes != NULL ? pieces[i].bytes : body, pieces[i].len);
            if (pieces[i].bytes == NULL)
                body += pieces[i].len;
        }
        CHECK_STATUS(OAP_STATUS_OK, oap_connection_transmitted(from, p->now, written));
    } while (count > 0);
}

/* Hands to `to` what is on its way. Returns how many frames it gave. */
static size_t read_in(pair *p, oap_connection *to, oap_row *rows, oap_frame_table *table)
{
    size_t frames = 0, at = 0;
    do {
        CHECK_STATUS(OAP_STATUS_OK, oap_connection_receive(to, p->now, p->way + at, p->filled - at, rows + frames,
                                                           ROWS - frames, table));
        frames += table->rows;
        at += table->consumed;
    } while (table->more);
    CHECK(at == p->filled);
    return frames;
}

static size_t carry(pair *p, oap_connection *from, oap_connection *to)
{
    oap_row rows[ROWS];
    oap_frame_table table;
    write_out(p, from, NULL);
    return read_in(p, to, rows, &table);
}

static pair met_with(const oap_config *config, const oap_connection_options *options)
{
    pair p;
    SOIL(p);
    p.now = 1;
    p.own = new_connection(NULL, options);
    p.peer = new_connection(config, NULL);
    CHECK(carry(&p, p.own, p.peer) == 0 && carry(&p, p.peer, p.own) == 0);
    CHECK(inspect(p.own).state == OAP_CONNECTION_OPEN && inspect(p.peer).state == OAP_CONNECTION_OPEN);
    return p;
}

static pair met(void)
{
    return met_with(NULL, NULL);
}

/* The peer takes at most two DATA that it has not acknowledged. */
static pair met_with_a_window_of_2(void)
{
    oap_config *config;
    CHECK_STATUS(OAP_STATUS_OK, oap_config_new(&config));
    CHECK_STATUS(OAP_STATUS_OK, oap_config_set_ack_window_frames(config, 2));
    pair p = met_with(config, NULL);
    oap_config_free(config);
    return p;
}

static void part(pair *p)
{
    oap_connection_free(p->own);
    oap_connection_free(p->peer);
}

static oap_status start(pair *p)
{
    return oap_connection_start(p->own, p->now, "notes", 5);
}

static oap_status data(pair *p)
{
    return oap_connection_data(p->own, p->now, NULL, 0, (const uint8_t *)"abc", 3, NULL);
}

static void a_new_connection_waits_for_the_peers_hello(void)
{
    oap_connection *own = new_connection(NULL, NULL);
    const oap_connection_info info = inspect(own);
    CHECK(info.state == OAP_CONNECTION_HANDSHAKE && info.end_reason == OAP_END_NONE && info.max_body == 0);
    CHECK(info.wants_write && info.wants_read && !info.wants_shutdown && info.queued > 0);
    CHECK(info.has_timeout && info.timeout_ns == 10ull * SECOND);
    CHECK_STATUS(OAP_STATUS_WAITS_HANDSHAKE, oap_connection_start(own, 0, "notes", 5));
    CHECK_STATUS(OAP_STATUS_OK, oap_connection_cancel_send(own));
    CHECK_STATUS(OAP_STATUS_OK, oap_connection_handle_timeout(own, 10ull * SECOND));
    CHECK(inspect(own).state == OAP_CONNECTION_ENDED && inspect(own).end_reason == OAP_END_HANDSHAKE_TIMEOUT);
    oap_connection_free(own);
}

static void a_stream_arrives_and_what_is_taken_is_acknowledged(void)
{
    pair p = met();
    oap_row rows[ROWS];
    oap_frame_table table;
    uint64_t seq = 9;
    CHECK(inspect(p.own).outbound.window == OAP_CONNECTION_WINDOW && inspect(p.own).max_body > 1000000);
    CHECK_STATUS(OAP_STATUS_OK, start(&p));
    CHECK_STATUS(OAP_STATUS_OK,
                 oap_connection_data(p.own, p.now, OBJ, strlen(OBJ), (const uint8_t *)"abc", 3, &seq));
    CHECK_STATUS(OAP_STATUS_OK, oap_connection_end_stream(p.own, p.now, 0));
    write_out(&p, p.own, NULL);
    CHECK(read_in(&p, p.peer, rows, &table) == 3 && rows[1].kind == OAP_KIND_DATA && rows[1].seq == seq);
    CHECK(says((const char *)table.bytes + rows[1].body_offset, rows[1].body_len, "abc"));
    CHECK(inspect(p.own).outbound.in_flight == 1 && inspect(p.peer).untaken > 0);
    CHECK_STATUS(OAP_STATUS_OK, oap_connection_take(p.peer, p.now, 3));
    CHECK(inspect(p.peer).untaken == 0 && inspect(p.peer).wants_write);
    CHECK(carry(&p, p.peer, p.own) == 0);
    CHECK(inspect(p.own).outbound.in_flight == 0);
    part(&p);
}

static void a_send_without_credit_waits_for_an_acknowledgement(void)
{
    pair p = met_with_a_window_of_2();
    CHECK_STATUS(OAP_STATUS_OK, start(&p));
    CHECK_STATUS(OAP_STATUS_OK, data(&p));
    CHECK_STATUS(OAP_STATUS_OK, data(&p));
    CHECK_STATUS(OAP_STATUS_WAITS_CREDIT, data(&p));
    CHECK(carry(&p, p.own, p.peer) == 3);
    CHECK_STATUS(OAP_STATUS_OK, oap_connection_take(p.peer, p.now, 2));
    CHECK(carry(&p, p.peer, p.own) == 0);
    CHECK_STATUS(OAP_STATUS_OK, data(&p));
    part(&p);
}

static void a_send_waits_for_room_among_what_is_to_be_written(void)
{
    oap_connection_options options;
    CHECK_STATUS(OAP_STATUS_OK, oap_connection_options_init(&options));
    options.send_buffer = 20;
    pair p = met_with(NULL, &options);
    CHECK_STATUS(OAP_STATUS_OK, start(&p));
    CHECK_STATUS(OAP_STATUS_OK, data(&p));
    CHECK_STATUS(OAP_STATUS_WAITS_ROOM, data(&p));
    CHECK(carry(&p, p.own, p.peer) == 2);
    CHECK_STATUS(OAP_STATUS_OK, data(&p));
    part(&p);
}

static void many_bodies_go_in_one_call_as_far_as_credit_goes(void)
{
    const uint32_t lens[] = {1, 0, 2}, beyond[] = {4};
    pair p = met_with_a_window_of_2();
    oap_row rows[ROWS];
    oap_frame_table table;
    size_t sent = 9;
    CHECK_STATUS(OAP_STATUS_OK, start(&p));
    CHECK_STATUS(OAP_STATUS_OUT_OF_RANGE,
                 oap_connection_data_all(p.own, p.now, (const uint8_t *)"abc", 3, beyond, 1, &sent));
    CHECK(sent == 0);
    CHECK_STATUS(OAP_STATUS_WAITS_CREDIT,
                 oap_connection_data_all(p.own, p.now, (const uint8_t *)"abc", 3, lens, 3, &sent));
    CHECK(sent == 2);
    write_out(&p, p.own, NULL);
    CHECK(read_in(&p, p.peer, rows, &table) == 3 && rows[1].body_len == 1 && rows[2].body_len == 0);
    CHECK_STATUS(OAP_STATUS_OK, oap_connection_take(p.peer, p.now, 3));
    CHECK(carry(&p, p.peer, p.own) == 0);
    CHECK_STATUS(OAP_STATUS_OK,
                 oap_connection_data_all(p.own, p.now, (const uint8_t *)"bc", 2, lens + 2, 1, &sent));
    CHECK(sent == 1);
    part(&p);
}

static void a_body_of_the_hosts_is_a_piece_without_bytes(void)
{
    pair p = met();
    oap_piece pieces[PIECES];
    oap_row rows[ROWS];
    oap_frame_table table;
    size_t count = 0;
    CHECK_STATUS(OAP_STATUS_OK, start(&p));
    CHECK_STATUS(OAP_STATUS_OK, oap_connection_data_head(p.own, p.now, NULL, 0, 3, NULL));
    CHECK_STATUS(OAP_STATUS_OK, oap_connection_data_head(p.own, p.now, NULL, 0, 2, NULL));
    CHECK_STATUS(OAP_STATUS_OK, oap_connection_transmit(p.own, p.now, pieces, PIECES, &count));
    CHECK(count == 4 && pieces[0].bytes != NULL && pieces[1].bytes == NULL && pieces[1].len == 3);
    CHECK_STATUS(OAP_STATUS_OK, oap_connection_transmit(p.own, p.now, pieces, 2, &count));
    CHECK(count == 2);
    write_out(&p, p.own, (const uint8_t *)"abcde");
    CHECK(read_in(&p, p.peer, rows, &table) == 3);
    CHECK(says((const char *)table.bytes + rows[1].body_offset, rows[1].body_len, "abc"));
    CHECK(says((const char *)table.bytes + rows[2].body_offset, rows[2].body_len, "de"));
    part(&p);
}

static void what_the_peer_would_reject_is_refused_and_told(void)
{
    pair p = met();
    oap_reject refusal;
    CHECK_STATUS(OAP_STATUS_ABSENT, oap_connection_refusal(p.own, &refusal));
    CHECK_STATUS(OAP_STATUS_CREDIT_VIOLATION, data(&p));
    CHECK_STATUS(OAP_STATUS_OK, oap_connection_refusal(p.own, &refusal));
    CHECK(refusal.code == OAP_STATUS_CREDIT_VIOLATION);
    CHECK_STATUS(OAP_STATUS_HEADER_MALFORMED, oap_connection_start(p.own, p.now, "\xff", 1));
    CHECK_STATUS(OAP_STATUS_OK, start(&p));
    CHECK_STATUS(OAP_STATUS_ABSENT, oap_connection_refusal(p.own, &refusal));
    part(&p);
}

static void a_host_may_acknowledge_by_itself(void)
{
    oap_connection_options options;
    CHECK_STATUS(OAP_STATUS_OK, oap_connection_options_init(&options));
    options.auto_ack = false;
    pair p = met_with(NULL, &options);
    CHECK_STATUS(OAP_STATUS_OK, oap_connection_start(p.peer, p.now, "a", 1));
    CHECK_STATUS(OAP_STATUS_OK, oap_connection_data(p.peer, p.now, NULL, 0, NULL, 0, NULL));
    CHECK(carry(&p, p.peer, p.own) == 2);
    CHECK_STATUS(OAP_STATUS_OK, oap_connection_take(p.own, p.now, 2));
    CHECK(!inspect(p.own).wants_write);
    CHECK_STATUS(OAP_STATUS_CREDIT_VIOLATION, oap_connection_acknowledge(p.own, p.now, 7));
    CHECK_STATUS(OAP_STATUS_OK, oap_connection_acknowledge(p.own, p.now, inspect(p.own).inbound.last_seq));
    CHECK(carry(&p, p.own, p.peer) == 0 && inspect(p.peer).outbound.in_flight == 0);
    part(&p);
}

static void both_ends_close_clean(void)
{
    pair p = met();
    CHECK_STATUS(OAP_STATUS_OK, start(&p));
    CHECK_STATUS(OAP_STATUS_OK, oap_connection_end_stream(p.own, p.now, 0));
    CHECK_STATUS(OAP_STATUS_OK, oap_connection_close(p.own, p.now, OAP_CLOSE_TIMEOUT));
    CHECK_STATUS(OAP_STATUS_CLOSED, start(&p));
    CHECK(carry(&p, p.own, p.peer) == 2 && inspect(p.own).wants_shutdown);
    CHECK_STATUS(OAP_STATUS_OK, oap_connection_receive_end(p.peer, p.now));
    CHECK(inspect(p.peer).state == OAP_CONNECTION_PEER_CLOSED);
    CHECK_STATUS(OAP_STATUS_OK, oap_connection_take(p.peer, p.now, 2));
    CHECK_STATUS(OAP_STATUS_OK, oap_connection_close(p.peer, p.now, SECOND));
    CHECK_STATUS(OAP_STATUS_OK, oap_connection_receive_end(p.own, p.now));
    CHECK(inspect(p.own).state == OAP_CONNECTION_ENDED && inspect(p.own).end_reason == OAP_END_CLEAN);
    CHECK(inspect(p.peer).state == OAP_CONNECTION_ENDED && inspect(p.peer).end_reason == OAP_END_CLEAN);
    part(&p);
}

static void a_rule_that_the_peer_breaks_ends_both_sides(void)
{
    pair p = met();
    oap_reject reject;
    uint32_t code;
    const char *text;
    size_t len;
    wire w = {.len = 0};
    add_data(&w, 1, NULL, "abc");
    p.filled = 0;
    put(&p, w.at, w.len);
    CHECK_STATUS(OAP_STATUS_ABSENT, oap_connection_reject(p.own, &reject));
    oap_row rows[ROWS];
    oap_frame_table table;
    CHECK(read_in(&p, p.own, rows, &table) == 0);
    CHECK_STATUS(OAP_STATUS_OK, oap_connection_reject(p.own, &reject));
    CHECK(reject.code == OAP_STATUS_CREDIT_VIOLATION && inspect(p.own).end_reason == OAP_END_REJECT);
    CHECK_STATUS(OAP_STATUS_ABSENT, oap_connection_peer_error(p.own, &code, &text, &len));
    CHECK(carry(&p, p.own, p.peer) == 0);
    CHECK_STATUS(OAP_STATUS_OK, oap_connection_peer_error(p.peer, &code, &text, &len));
    CHECK(code == OAP_STATUS_CREDIT_VIOLATION && says(text, len, "credit_violation"));
    CHECK(inspect(p.peer).end_reason == OAP_END_PEER_ERROR);
    part(&p);
}

static void an_end_at_once_has_its_reason(void)
{
    pair p = met();
    CHECK_STATUS(OAP_STATUS_OK, oap_connection_abort(p.own));
    CHECK_STATUS(OAP_STATUS_OK, oap_connection_transport_failed(p.own));
    CHECK(inspect(p.own).state == OAP_CONNECTION_ENDED && inspect(p.own).end_reason == OAP_END_ABORTED);
    CHECK_STATUS(OAP_STATUS_OK, oap_connection_transport_failed(p.peer));
    CHECK(inspect(p.peer).end_reason == OAP_END_RESET);
    part(&p);
}

static void a_monitor_counts_the_frames(void)
{
    oap_monitor *monitor;
    oap_snapshot snapshot;
    CHECK_STATUS(OAP_STATUS_OK, oap_monitor_new(NULL, &monitor));
    pair p = met();
    CHECK_STATUS(OAP_STATUS_OK, oap_connection_set_monitor(p.peer, monitor));
    CHECK_STATUS(OAP_STATUS_OK, start(&p));
    CHECK(carry(&p, p.own, p.peer) == 1);
    CHECK_STATUS(OAP_STATUS_OK, oap_monitor_snapshot(monitor, &snapshot));
    CHECK(snapshot.frames[OAP_KIND_START - 1] == 1);
    part(&p);
    oap_monitor_free(monitor);
}

static void an_option_that_is_out_of_its_range_is_named(void)
{
    struct later {
        oap_connection_options options;
        uint64_t field;
    } later;
    oap_connection *connection = NULL;
    oap_config_error error;
    SOIL(error);
    CHECK_STATUS(OAP_STATUS_OK, oap_connection_options_init(&later.options));
    CHECK_STATUS(OAP_STATUS_OK, oap_connection_options_check(&later.options, &error));
    CHECK(later.options.struct_size == sizeof later.options && later.options.auto_ack && IS_SOILED(error));
    later.options.receive_buffer = 0;
    CHECK_STATUS(OAP_STATUS_OUT_OF_RANGE, oap_connection_options_check(&later.options, &error));
    CHECK(says(error.field, error.field_len, "receive_buffer") && error.value == 0 && error.min == 1);
    CHECK_STATUS(OAP_STATUS_OUT_OF_RANGE, oap_connection_new(NULL, &later.options, 0, &connection));
    later.options.receive_buffer = 1;
    later.options.struct_size = sizeof later;
    later.field = 0;
    CHECK_STATUS(OAP_STATUS_OK, oap_connection_options_check(&later.options, &error));
    later.field = 1; /* a field that this library does not know asks for something */
    CHECK_STATUS(OAP_STATUS_OUT_OF_RANGE, oap_connection_options_check(&later.options, &error));
    CHECK(says(error.field, error.field_len, "struct_size") && error.value == sizeof later);
    later.options.struct_size = 8;
    CHECK_STATUS(OAP_STATUS_OUT_OF_RANGE, oap_connection_new(NULL, &later.options, 0, &connection));
    CHECK(connection == NULL);
}

static void misaligned_inputs_are_a_status(void)
{
    static union {
        oap_connection_options options;
        oap_row rows[2];
        oap_piece pieces[2];
        uint32_t lens[2];
        uint8_t bytes[256];
    } at;
    void *odd = at.bytes + 1;
    oap_connection *connection = NULL;
    oap_config_error error;
    oap_frame_table table;
    size_t count;
    pair p = met();
    CHECK_STATUS(OAP_STATUS_MISALIGNED, oap_connection_new(NULL, odd, 0, &connection));
    CHECK_STATUS(OAP_STATUS_MISALIGNED, oap_connection_options_check(odd, &error));
    CHECK_STATUS(OAP_STATUS_MISALIGNED,
                 oap_connection_receive(p.own, p.now, (const uint8_t *)"a", 1, odd, 1, &table));
    CHECK_STATUS(OAP_STATUS_MISALIGNED, oap_connection_transmit(p.own, p.now, odd, 1, &count));
    CHECK_STATUS(OAP_STATUS_MISALIGNED, oap_connection_data_all(p.own, p.now, NULL, 0, odd, 1, &count));
    part(&p);
}

static void an_output_over_an_input_or_another_output_overlaps(void)
{
    static union {
        oap_piece pieces[2];
        uint32_t lens[2];
        size_t size;
        uint64_t seq;
        uint8_t bytes[64];
        char text[64];
    } at;
    pair p = met();
    uint32_t code;
    CHECK_STATUS(OAP_STATUS_OK, start(&p));
    CHECK_STATUS(OAP_STATUS_OVERLAP, oap_connection_transmit(p.own, p.now, at.pieces, 2, &at.size));
    CHECK_STATUS(OAP_STATUS_OVERLAP, oap_connection_data(p.own, p.now, NULL, 0, at.bytes + 7, 3, &at.seq));
    CHECK_STATUS(OAP_STATUS_OVERLAP, oap_connection_data_head(p.own, p.now, at.text, 8, 3, &at.seq));
    CHECK_STATUS(OAP_STATUS_OVERLAP, oap_connection_data_all(p.own, p.now, at.bytes, 8, NULL, 0, &at.size));
    CHECK_STATUS(OAP_STATUS_OVERLAP, oap_connection_data_all(p.own, p.now, NULL, 0, at.lens, 2, &at.size));
    CHECK_STATUS(OAP_STATUS_OVERLAP,
                 oap_connection_peer_error(p.own, &code, (const char **)(void *)&at, &at.size));
    CHECK(inspect(p.own).outbound.in_flight == 0);
    part(&p);
}

static void what_waits_to_be_written_is_no_input(void)
{
    pair p = met();
    oap_piece piece;
    size_t count;
    CHECK_STATUS(OAP_STATUS_OK, start(&p));
    CHECK_STATUS(OAP_STATUS_OK, oap_connection_transmit(p.own, p.now, &piece, 1, &count));
    CHECK_STATUS(OAP_STATUS_OVERLAP, oap_connection_data(p.own, p.now, NULL, 0, piece.bytes, piece.len, NULL));
    part(&p);
}

int main(void)
{
    RUN(a_new_connection_waits_for_the_peers_hello);
    RUN(a_stream_arrives_and_what_is_taken_is_acknowledged);
    RUN(a_send_without_credit_waits_for_an_acknowledgement);
    RUN(a_send_waits_for_room_among_what_is_to_be_written);
    RUN(many_bodies_go_in_one_call_as_far_as_credit_goes);
    RUN(a_body_of_the_hosts_is_a_piece_without_bytes);
    RUN(what_the_peer_would_reject_is_refused_and_told);
    RUN(a_host_may_acknowledge_by_itself);
    RUN(both_ends_close_clean);
    RUN(a_rule_that_the_peer_breaks_ends_both_sides);
    RUN(an_end_at_once_has_its_reason);
    RUN(a_monitor_counts_the_frames);
    RUN(an_option_that_is_out_of_its_range_is_named);
    RUN(misaligned_inputs_are_a_status);
    RUN(an_output_over_an_input_or_another_output_overlaps);
    RUN(what_waits_to_be_written_is_no_input);
    return summary();
}
