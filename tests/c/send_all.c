/* oap_session_send_all: many frames in one call, all or none. */
#include "frames.h"

typedef struct pair {
    oap_session *own, *peer;
    uint8_t out[512];
    size_t size;
} pair;

#define OUT(p) (p)->out, sizeof(p)->out, &(p)->size

static pair met(void)
{
    pair p;
    SOIL(p);
    p.peer = new_session(NULL);
    p.own = new_session_that_met(NULL, p.peer);
    return p;
}

static void part(pair *p)
{
    oap_session_free(p->own);
    oap_session_free(p->peer);
}

static uint32_t in_flight(const oap_session *session)
{
    oap_flow flow;
    CHECK_STATUS(OAP_STATUS_OK, oap_session_outbound(session, &flow));
    return flow.in_flight;
}

enum { COUNT = 4 };

/* A whole stream. */
static void fill(oap_frame *frames)
{
    frames[0] = start_frame("notes", 5);
    frames[1] = data_frame(1, NULL, 0, (const uint8_t *)"abc", 3);
    frames[2] = data_frame(2, NULL, 0, NULL, 0);
    frames[3] = end_frame(2, 0);
}

static void frames_come_out_in_their_order(void)
{
    pair p = met();
    oap_frame frames[COUNT];
    oap_row rows[COUNT];
    oap_frame_table table;
    fill(frames);
    CHECK_STATUS(OAP_STATUS_OK, oap_session_send_all(p.own, frames, COUNT, OUT(&p)));
    CHECK_STATUS(OAP_STATUS_OK, oap_session_recv(p.peer, p.out, p.size, rows, COUNT, &table));
    CHECK(table.rows == COUNT && table.consumed == p.size && in_flight(p.own) == 2);
    CHECK(rows[0].kind == OAP_KIND_START && rows[1].seq == 1 && rows[2].seq == 2 && rows[3].kind == OAP_KIND_END);
    part(&p);
}

static void no_frames_are_nothing(void)
{
    pair p = met();
    CHECK_STATUS(OAP_STATUS_OK, oap_session_send_all(p.own, NULL, 0, OUT(&p)));
    CHECK(p.size == 0);
    part(&p);
}

static void a_frame_that_is_refused_takes_all_with_it(void)
{
    pair p = met();
    oap_frame frames[COUNT];
    oap_reject refusal;
    fill(frames);
    frames[2].seq = 9;
    CHECK_STATUS(OAP_STATUS_CREDIT_VIOLATION, oap_session_send_all(p.own, frames, COUNT, OUT(&p)));
    CHECK_STATUS(OAP_STATUS_OK, oap_session_refusal(p.own, &refusal));
    CHECK(says(refusal.field, refusal.field_len, "DATA.seq") && in_flight(p.own) == 0);
    fill(frames);
    CHECK_STATUS(OAP_STATUS_OK, oap_session_send_all(p.own, frames, COUNT, OUT(&p)));
    part(&p);
}

static void too_little_room_tells_the_size_of_all_and_sends_none(void)
{
    pair p = met();
    oap_frame frames[COUNT];
    size_t needed;
    fill(frames);
    CHECK_STATUS(OAP_STATUS_BUFFER_TOO_SMALL, oap_session_send_all(p.own, frames, COUNT, NULL, 0, &needed));
    CHECK_STATUS(OAP_STATUS_BUFFER_TOO_SMALL, oap_session_send_all(p.own, frames, COUNT, p.out, needed - 1, &p.size));
    CHECK(p.size == needed && in_flight(p.own) == 0);
    CHECK_STATUS(OAP_STATUS_OK, oap_session_send_all(p.own, frames, COUNT, p.out, needed, &p.size));
    CHECK(p.size == needed);
    part(&p);
}

static void a_frame_that_cannot_be_read_takes_all_with_it(void)
{
    pair p = met();
    oap_frame frames[COUNT];
    fill(frames);
    frames[3].kind = 7;
    CHECK_STATUS(OAP_STATUS_OUT_OF_RANGE, oap_session_send_all(p.own, frames, COUNT, OUT(&p)));
    fill(frames);
    frames[1].body = NULL;
    CHECK_STATUS(OAP_STATUS_NULL_POINTER, oap_session_send_all(p.own, frames, COUNT, OUT(&p)));
    fill(frames);
    frames[3].struct_size -= 8; /* the size of the first is that of all */
    CHECK_STATUS(OAP_STATUS_OUT_OF_RANGE, oap_session_send_all(p.own, frames, COUNT, OUT(&p)));
    CHECK(in_flight(p.own) == 0);
    part(&p);
}

static void frames_of_a_later_header_stand_further_apart(void)
{
    struct later {
        oap_frame frame;
        uint64_t field;
    } later[COUNT];
    oap_frame frames[COUNT];
    pair p = met();
    fill(frames);
    for (int i = 0; i < COUNT; i++) {
        later[i].frame = frames[i];
        later[i].frame.struct_size = sizeof later[i];
        later[i].field = 0;
    }
    CHECK_STATUS(OAP_STATUS_OK, oap_session_send_all(p.own, &later[0].frame, COUNT, OUT(&p)));
    take_all(p.peer, p.out, p.size, COUNT);
    part(&p);
}

static void an_output_over_a_frame_its_body_or_its_text_overlaps(void)
{
    pair p = met();
    union {
        oap_frame frames[COUNT];
        uint8_t bytes[COUNT * sizeof(oap_frame)];
        size_t size;
    } in;
    fill(in.frames);
    CHECK_STATUS(OAP_STATUS_OVERLAP, oap_session_send_all(p.own, in.frames, COUNT, in.bytes + 150, 64, &p.size));
    CHECK_STATUS(OAP_STATUS_OVERLAP, oap_session_send_all(p.own, in.frames, COUNT, p.out, sizeof p.out, &in.size));
    in.frames[1].body = p.out + 40;
    CHECK_STATUS(OAP_STATUS_OVERLAP, oap_session_send_all(p.own, in.frames, COUNT, OUT(&p)));
    fill(in.frames);
    in.frames[0].text = (const char *)p.out + 200;
    CHECK_STATUS(OAP_STATUS_OVERLAP, oap_session_send_all(p.own, in.frames, COUNT, OUT(&p)));
    CHECK(in_flight(p.own) == 0);
    part(&p);
}

static void a_hello_without_fields_says_what_the_configuration_does(void)
{
    oap_session *own = new_session(NULL), *peer = new_session(NULL);
    oap_frame hello = hello_frame(NULL);
    uint8_t out[64], same[64];
    size_t size, same_size;
    oap_hello fields;
    CHECK_STATUS(OAP_STATUS_OK, oap_session_send_all(own, &hello, 1, out, sizeof out, &size));
    CHECK_STATUS(OAP_STATUS_OK, oap_session_hello(peer, &fields));
    hello.hello = &fields;
    CHECK_STATUS(OAP_STATUS_OK, oap_session_send(peer, &hello, same, sizeof same, &same_size));
    CHECK(size == same_size && memcmp(out, same, size) == 0);
    oap_session_free(own);
    oap_session_free(peer);
}

int main(void)
{
    RUN(frames_come_out_in_their_order);
    RUN(no_frames_are_nothing);
    RUN(a_frame_that_is_refused_takes_all_with_it);
    RUN(too_little_room_tells_the_size_of_all_and_sends_none);
    RUN(a_frame_that_cannot_be_read_takes_all_with_it);
    RUN(frames_of_a_later_header_stand_further_apart);
    RUN(an_output_over_a_frame_its_body_or_its_text_overlaps);
    RUN(a_hello_without_fields_says_what_the_configuration_does);
    return summary();
}
