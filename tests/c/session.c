/* oap_session_*: the handshake, the order of calls, credit, refusals. */
#include "frames.h"

/* A session, its peer, and what the last send made. */
typedef struct pair {
    oap_session *own, *peer;
    uint8_t out[2048];
    size_t size;
} pair;

#define OUT(p) (p)->out, sizeof(p)->out, &(p)->size

static pair strangers(void)
{
    pair p = {0};
    p.own = new_session(NULL);
    p.peer = new_session(NULL);
    return p;
}

static pair met_with(const oap_config *config)
{
    pair p = {0};
    p.peer = new_session(NULL);
    p.own = new_session_that_met(config, p.peer);
    return p;
}

static pair with_open_stream(void)
{
    pair p = met_with(NULL);
    CHECK_STATUS(OAP_STATUS_OK, send_frame(p.own, start_frame("a", 1), OUT(&p)));
    take_all(p.peer, p.out, p.size, 1);
    return p;
}

static oap_status send_data(pair *p, uint64_t seq)
{
    return send_frame(p->own, data_frame(seq, NULL, 0, (const uint8_t *)"abc", 3), OUT(p));
}

static oap_status recv_bytes(oap_session *session, const uint8_t *bytes, size_t len)
{
    oap_row rows[4];
    oap_frame_table table;
    return oap_session_recv(session, bytes, len, rows, 4, &table);
}

static void part(pair *p)
{
    oap_session_free(p->own);
    oap_session_free(p->peer);
}

static oap_flow outbound(const oap_session *session)
{
    oap_flow flow;
    CHECK_STATUS(OAP_STATUS_OK, oap_session_outbound(session, &flow));
    return flow;
}

static oap_flow inbound(const oap_session *session)
{
    oap_flow flow;
    CHECK_STATUS(OAP_STATUS_OK, oap_session_inbound(session, &flow));
    return flow;
}

static oap_reject refusal(const oap_session *session)
{
    oap_reject refused;
    CHECK_STATUS(OAP_STATUS_OK, oap_session_refusal(session, &refused));
    CHECK(refused.offset == 0 && refused.at == 0);
    return refused;
}

static void a_new_session_has_seen_nothing(void)
{
    pair p = strangers();
    oap_reject reject;
    CHECK(!oap_session_is_established(p.own) && !oap_session_has_ended(p.own));
    CHECK(oap_session_peer_max_frame(p.own) == 0 && oap_session_staged(p.own) == 0);
    CHECK(outbound(p.own).window == 0 && !outbound(p.own).has_last_seq && !outbound(p.own).open);
    CHECK_STATUS(OAP_STATUS_ABSENT, oap_session_reject(p.own, &reject));
    CHECK_STATUS(OAP_STATUS_ABSENT, oap_session_refusal(p.own, &reject));
    part(&p);
}

static void two_hellos_establish_both_sides(void)
{
    pair p = strangers();
    greet(p.own, p.peer);
    CHECK(!oap_session_is_established(p.own) && !oap_session_is_established(p.peer));
    greet(p.peer, p.own);
    CHECK(oap_session_is_established(p.own) && oap_session_is_established(p.peer));
    CHECK(oap_session_peer_max_frame(p.own) == OAP_MAX_FRAME_BYTES);
    CHECK(outbound(p.own).window == OAP_DEFAULT_ACK_WINDOW);
    CHECK(outbound(p.own).credit == OAP_DEFAULT_ACK_WINDOW);
    part(&p);
}

static void nothing_but_hello_and_error_may_be_sent_first(void)
{
    pair p = strangers();
    CHECK_STATUS(OAP_STATUS_BAD_HELLO, send_frame(p.own, start_frame("a", 1), OUT(&p)));
    CHECK_STATUS(OAP_STATUS_BAD_HELLO, send_data(&p, 1));
    CHECK_STATUS(OAP_STATUS_BAD_HELLO, send_frame(p.own, ack_frame(1), OUT(&p)));
    CHECK_STATUS(OAP_STATUS_BAD_HELLO, send_frame(p.own, end_frame(0, 0), OUT(&p)));
    greet(p.own, p.peer);
    CHECK_STATUS(OAP_STATUS_BAD_HELLO, send_frame(p.own, start_frame("a", 1), OUT(&p)));
    CHECK_STATUS(OAP_STATUS_OK, send_frame(p.own, error_frame(1, NULL, 0), OUT(&p)));
    part(&p);
}

static void a_second_hello_is_refused(void)
{
    pair p = strangers();
    greet(p.own, p.peer);
    CHECK_STATUS(OAP_STATUS_BAD_HELLO, send_frame(p.own, hello_frame(NULL), OUT(&p)));
    part(&p);
}

static void a_hello_may_advertise_less_and_never_more(void)
{
    pair p = strangers();
    oap_config *config;
    oap_hello hello;
    CHECK_STATUS(OAP_STATUS_OK, oap_config_new(&config));
    CHECK_STATUS(OAP_STATUS_OK, oap_config_set_max_frame(config, 8192));
    oap_session *session = new_session(config);
    CHECK_STATUS(OAP_STATUS_OK, oap_session_hello(session, &hello));
    hello.max_frame = 8193;
    CHECK_STATUS(OAP_STATUS_BAD_HELLO, send_frame(session, hello_frame(&hello), OUT(&p)));
    const oap_reject refused = refusal(session);
    CHECK(says(refused.field, refused.field_len, "HELLO.max_frame"));
    CHECK(refused.has_limit && refused.limit == 8192);
    hello.max_frame = 4096;
    CHECK_STATUS(OAP_STATUS_OK, send_frame(session, hello_frame(&hello), OUT(&p)));
    take_all(p.peer, p.out, p.size, 1);
    CHECK(oap_session_peer_max_frame(p.peer) == 4096);
    oap_session_free(session);
    oap_config_free(config);
    part(&p);
}

static void a_frame_longer_than_the_peer_takes_is_refused(void)
{
    static const uint8_t body[OAP_MIN_MAX_FRAME];
    pair p = strangers();
    oap_hello small = {OAP_MIN_MAX_FRAME, 0, OAP_PROTOCOL_VERSION, 0, false, false};
    CHECK_STATUS(OAP_STATUS_OK, encode_frame(hello_frame(&small), OUT(&p)));
    take_all(p.own, p.out, p.size, 1);
    CHECK_STATUS(OAP_STATUS_OK, send_frame(p.own, hello_frame(NULL), OUT(&p)));
    CHECK_STATUS(OAP_STATUS_OK, send_frame(p.own, start_frame("a", 1), OUT(&p)));
    CHECK_STATUS(OAP_STATUS_FRAME_OVERSIZE,
                 send_frame(p.own, data_frame(1, NULL, 0, body, sizeof body), OUT(&p)));
    CHECK(refusal(p.own).limit == OAP_MIN_MAX_FRAME);
    part(&p);
}

static void data_takes_credit_and_an_ack_gives_it_back(void)
{
    pair p = with_open_stream();
    for (uint64_t seq = 1; seq <= OAP_DEFAULT_ACK_WINDOW; seq++) {
        CHECK_STATUS(OAP_STATUS_OK, send_data(&p, seq));
        take_all(p.peer, p.out, p.size, 1);
    }
    CHECK(outbound(p.own).credit == 0 && outbound(p.own).in_flight == OAP_DEFAULT_ACK_WINDOW);
    CHECK_STATUS(OAP_STATUS_CREDIT_VIOLATION, send_data(&p, OAP_DEFAULT_ACK_WINDOW + 1));
    CHECK_STATUS(OAP_STATUS_OK, send_frame(p.peer, ack_frame(30), OUT(&p)));
    take_all(p.own, p.out, p.size, 1);
    CHECK(outbound(p.own).in_flight == 2 && inbound(p.peer).in_flight == 2);
    CHECK_STATUS(OAP_STATUS_OK, send_data(&p, OAP_DEFAULT_ACK_WINDOW + 1));
    part(&p);
}

static void a_flow_tells_the_stream_and_its_last_seq(void)
{
    pair p = met_with(NULL);
    CHECK_STATUS(OAP_STATUS_OK, send_frame(p.own, start_frame("objects/v1", 10), OUT(&p)));
    CHECK(outbound(p.own).open && outbound(p.own).objects);
    take_all(p.peer, p.out, p.size, 1);
    CHECK(inbound(p.peer).open && inbound(p.peer).objects && !inbound(p.peer).has_last_seq);
    CHECK_STATUS(OAP_STATUS_OK,
                 send_frame(p.own, data_frame(41, OBJ, strlen(OBJ), (const uint8_t *)"abc", 3), OUT(&p)));
    take_all(p.peer, p.out, p.size, 1);
    CHECK(inbound(p.peer).has_last_seq && inbound(p.peer).last_seq == 41);
    CHECK_STATUS(OAP_STATUS_OK, send_frame(p.own, end_frame(41, 0), OUT(&p)));
    take_all(p.peer, p.out, p.size, 1);
    CHECK(!inbound(p.peer).open && !inbound(p.peer).objects && inbound(p.peer).last_seq == 41);
    part(&p);
}

static void a_refusal_leaves_the_session_and_the_output_as_they_were(void)
{
    pair p = with_open_stream();
    CHECK_STATUS(OAP_STATUS_OK, send_data(&p, 1));
    const oap_flow before = outbound(p.own);
    SOIL(p.out);
    SOIL(p.size);
    CHECK_STATUS(OAP_STATUS_CREDIT_VIOLATION, send_data(&p, 3));
    CHECK(IS_SOILED(p.out) && IS_SOILED(p.size));
    CHECK(refusal(p.own).code == OAP_STATUS_CREDIT_VIOLATION);
    CHECK(says(refusal(p.own).field, refusal(p.own).field_len, "DATA.seq"));
    CHECK(outbound(p.own).last_seq == before.last_seq && outbound(p.own).in_flight == before.in_flight);
    CHECK_STATUS(OAP_STATUS_OK, send_data(&p, 2));
    part(&p);
}

static void a_refusal_is_told_until_the_next_send(void)
{
    pair p = with_open_stream();
    oap_reject none;
    SOIL(none);
    CHECK_STATUS(OAP_STATUS_CREDIT_VIOLATION, send_frame(p.own, end_frame(9, 0), OUT(&p)));
    CHECK(says(refusal(p.own).field, refusal(p.own).field_len, "END.seq"));
    CHECK_STATUS(OAP_STATUS_OK, send_frame(p.own, end_frame(0, 0), OUT(&p)));
    CHECK_STATUS(OAP_STATUS_ABSENT, oap_session_refusal(p.own, &none));
    CHECK(IS_SOILED(none));
    part(&p);
}

static void text_that_is_not_utf8_is_refused_and_told(void)
{
    pair p = met_with(NULL);
    CHECK_STATUS(OAP_STATUS_HEADER_MALFORMED, send_frame(p.own, start_frame("\xff", 1), OUT(&p)));
    CHECK(refusal(p.own).code == OAP_STATUS_HEADER_MALFORMED);
    CHECK(says(refusal(p.own).field, refusal(p.own).field_len, "START.stream"));
    part(&p);
}

static void a_send_without_room_tells_the_size_and_does_not_count(void)
{
    pair p = with_open_stream();
    CHECK_STATUS(OAP_STATUS_BUFFER_TOO_SMALL,
                 send_frame(p.own, data_frame(1, NULL, 0, (const uint8_t *)"abc", 3), NULL, 0, &p.size));
    const size_t needed = p.size;
    CHECK(outbound(p.own).in_flight == 0 && !outbound(p.own).has_last_seq);
    CHECK_STATUS(OAP_STATUS_OK,
                 send_frame(p.own, data_frame(1, NULL, 0, (const uint8_t *)"abc", 3), p.out, needed, &p.size));
    CHECK(p.size == needed && outbound(p.own).in_flight == 1);
    part(&p);
}

static void what_the_peer_breaks_is_rejected_until_an_error_is_sent(void)
{
    pair p = met_with(NULL);
    wire w = {0};
    oap_reject reject;
    add_data(&w, 1, NULL, "abc");
    CHECK_STATUS(OAP_STATUS_CREDIT_VIOLATION, recv_bytes(p.own, w.at, w.len));
    CHECK_STATUS(OAP_STATUS_OK, oap_session_reject(p.own, &reject));
    CHECK(reject.code == OAP_STATUS_CREDIT_VIOLATION && reject.offset == 16 && reject.at == 16 + 10);
    CHECK_STATUS(OAP_STATUS_CREDIT_VIOLATION, recv_bytes(p.own, NULL, 0));
    CHECK_STATUS(OAP_STATUS_CREDIT_VIOLATION, oap_session_finish(p.own));
    CHECK_STATUS(OAP_STATUS_CREDIT_VIOLATION, send_frame(p.own, start_frame("a", 1), OUT(&p)));
    CHECK_STATUS(OAP_STATUS_OK, send_frame(p.own, error_frame(reject.code, "no", 2), OUT(&p)));
    take_all(p.own, w.at, w.len, 0);
    CHECK_STATUS(OAP_STATUS_OK, oap_session_finish(p.own));
    CHECK(oap_session_has_ended(p.own));
    part(&p);
}

static void a_reject_writes_no_output(void)
{
    pair p = met_with(NULL);
    wire w = {0};
    oap_row rows[2];
    oap_frame_table table;
    add_data(&w, 1, NULL, "abc");
    SOIL(rows);
    SOIL(table);
    CHECK_STATUS(OAP_STATUS_CREDIT_VIOLATION, oap_session_recv(p.own, w.at, w.len, rows, 2, &table));
    CHECK(IS_SOILED(table));
    CHECK(IS_SOILED(rows));
    part(&p);
}

static void after_an_error_nothing_more_may_be_sent_by_either_side(void)
{
    pair p = with_open_stream();
    CHECK_STATUS(OAP_STATUS_OK, send_frame(p.own, error_frame(1000, "bye", 3), OUT(&p)));
    take_all(p.peer, p.out, p.size, 1);
    CHECK(oap_session_has_ended(p.own) && oap_session_has_ended(p.peer));
    CHECK_STATUS(OAP_STATUS_CREDIT_VIOLATION, send_data(&p, 1));
    CHECK_STATUS(OAP_STATUS_CREDIT_VIOLATION, send_frame(p.own, error_frame(1, NULL, 0), OUT(&p)));
    CHECK_STATUS(OAP_STATUS_CREDIT_VIOLATION, send_frame(p.peer, start_frame("a", 1), OUT(&p)));
    part(&p);
}

static void a_reset_in_the_middle_starts_a_new_session(void)
{
    pair p = with_open_stream();
    wire w = {0};
    add_data(&w, 1, NULL, "abc");
    CHECK_STATUS(OAP_STATUS_CREDIT_VIOLATION, send_frame(p.own, end_frame(9, 0), OUT(&p)));
    take_all(p.peer, w.at, w.len - 1, 0);
    CHECK(oap_session_staged(p.peer) == w.len - 1);
    CHECK_STATUS(OAP_STATUS_OK, oap_session_reset(p.own));
    CHECK_STATUS(OAP_STATUS_OK, oap_session_reset(p.peer));
    CHECK(oap_session_staged(p.peer) == 0 && !oap_session_is_established(p.peer) && !outbound(p.own).open);
    oap_reject none;
    CHECK_STATUS(OAP_STATUS_ABSENT, oap_session_refusal(p.own, &none));
    greet(p.own, p.peer);
    greet(p.peer, p.own);
    CHECK(oap_session_is_established(p.own));
    part(&p);
}

static void single_bytes_establish_a_session_too(void)
{
    pair p = strangers();
    wire w = {0};
    greet(p.own, p.peer);
    add_all_kinds(&w);
    size_t found = 0, hello_start_data = 18 + 20 + 82;
    for (size_t i = 0; i < hello_start_data; i++) {
        oap_row row;
        oap_frame_table table;
        CHECK_STATUS(OAP_STATUS_OK, oap_session_recv(p.own, w.at + i, 1, &row, 1, &table));
        CHECK(table.consumed == 1);
        found += table.rows;
    }
    CHECK(found == 3 && inbound(p.own).in_flight == 1 && oap_session_staged(p.own) == 0);
    part(&p);
}

static void a_staged_frame_stays_while_other_frames_are_sent(void)
{
    pair p = with_open_stream();
    oap_row row;
    oap_frame_table table;
    wire sent = {0};
    CHECK_STATUS(OAP_STATUS_OK, send_data(&p, 1));
    sent.len = p.size;
    memcpy(sent.at, p.out, p.size);
    take_all(p.peer, sent.at, 7, 0);
    CHECK_STATUS(OAP_STATUS_OK, oap_session_recv(p.peer, sent.at + 7, sent.len - 7, &row, 1, &table));
    CHECK(table.rows == 1 && oap_session_staged(p.peer) == 0);
    CHECK_STATUS(OAP_STATUS_OK, send_frame(p.peer, ack_frame(1), OUT(&p)));
    CHECK_STATUS(OAP_STATUS_OK, send_frame(p.peer, start_frame("b", 1), OUT(&p)));
    CHECK_STATUS(OAP_STATUS_OK,
                 send_frame(p.peer, data_frame(1, NULL, 0, table.bytes + row.body_offset, row.body_len), OUT(&p)));
    CHECK_STATUS(OAP_STATUS_OK, send_frame(p.peer, end_frame(1, 0), OUT(&p)));
    CHECK(inbound(p.peer).in_flight == 0);
    CHECK(memcmp(table.bytes, sent.at, sent.len) == 0);
    part(&p);
}

static void finish_inside_a_frame_is_truncated(void)
{
    pair p = strangers();
    wire w = {0};
    add_hello(&w);
    CHECK_STATUS(OAP_STATUS_OK, oap_session_finish(p.own));
    take_all(p.own, w.at, 9, 0);
    CHECK_STATUS(OAP_STATUS_TRUNCATED, oap_session_finish(p.own));
    part(&p);
}

static void a_length_that_no_object_has_is_out_of_range(void)
{
    pair p = with_open_stream();
    const uint8_t byte = 0;
    const size_t over = SIZE_MAX / 2 + 1;
    oap_row row;
    oap_frame_table table;
    CHECK_STATUS(OAP_STATUS_OUT_OF_RANGE, oap_session_recv(p.own, &byte, over, &row, 1, &table));
    CHECK_STATUS(OAP_STATUS_OUT_OF_RANGE, oap_session_recv(p.own, &byte, 1, &row, over, &table));
    CHECK_STATUS(OAP_STATUS_OUT_OF_RANGE, send_frame(p.own, start_frame("a", over), OUT(&p)));
    CHECK_STATUS(OAP_STATUS_OUT_OF_RANGE, send_frame(p.own, data_frame(1, "a", over, NULL, 0), OUT(&p)));
    CHECK_STATUS(OAP_STATUS_OUT_OF_RANGE, send_frame(p.own, data_frame(1, NULL, 0, &byte, over), OUT(&p)));
    CHECK_STATUS(OAP_STATUS_OUT_OF_RANGE, send_frame(p.own, error_frame(1, "a", over), OUT(&p)));
    CHECK_STATUS(OAP_STATUS_OUT_OF_RANGE, send_frame(p.own, ack_frame(1), p.out, over, &p.size));
    CHECK_STATUS(OAP_STATUS_OK, send_data(&p, 1));
    part(&p);
}

static void an_output_over_its_input_is_told_and_does_not_count(void)
{
    pair p = with_open_stream();
    memcpy(p.out + 100, "abc", 3);
    CHECK_STATUS(OAP_STATUS_OVERLAP, send_frame(p.own, data_frame(1, NULL, 0, p.out + 100, 3), OUT(&p)));
    CHECK(outbound(p.own).in_flight == 0);
    CHECK_STATUS(OAP_STATUS_OK,
                 send_frame(p.own, data_frame(1, NULL, 0, p.out + 100, 3), p.out, 100, &p.size));
    part(&p);
}

int main(void)
{
    RUN(a_new_session_has_seen_nothing);
    RUN(two_hellos_establish_both_sides);
    RUN(nothing_but_hello_and_error_may_be_sent_first);
    RUN(a_second_hello_is_refused);
    RUN(a_hello_may_advertise_less_and_never_more);
    RUN(a_frame_longer_than_the_peer_takes_is_refused);
    RUN(data_takes_credit_and_an_ack_gives_it_back);
    RUN(a_flow_tells_the_stream_and_its_last_seq);
    RUN(a_refusal_leaves_the_session_and_the_output_as_they_were);
    RUN(a_refusal_is_told_until_the_next_send);
    RUN(text_that_is_not_utf8_is_refused_and_told);
    RUN(a_send_without_room_tells_the_size_and_does_not_count);
    RUN(what_the_peer_breaks_is_rejected_until_an_error_is_sent);
    RUN(a_reject_writes_no_output);
    RUN(after_an_error_nothing_more_may_be_sent_by_either_side);
    RUN(a_reset_in_the_middle_starts_a_new_session);
    RUN(single_bytes_establish_a_session_too);
    RUN(a_staged_frame_stays_while_other_frames_are_sent);
    RUN(finish_inside_a_frame_is_truncated);
    RUN(a_length_that_no_object_has_is_out_of_range);
    RUN(an_output_over_its_input_is_told_and_does_not_count);
    return summary();
}
