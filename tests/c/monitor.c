/* oap_monitor_*: what decoders and sessions did, and whether the process is fit to serve. */
#include "frames.h"

#include <pthread.h>
#include <stdlib.h>

#define SECOND UINT64_C(1000000000)

static oap_monitor *new_monitor(void)
{
    oap_monitor *monitor = NULL;
    CHECK_STATUS(OAP_STATUS_OK, oap_monitor_new(NULL, &monitor));
    return monitor;
}

static oap_snapshot snapshot_of(const oap_monitor *monitor)
{
    oap_snapshot snapshot;
    CHECK_STATUS(OAP_STATUS_OK, oap_monitor_snapshot(monitor, &snapshot));
    return snapshot;
}

static oap_readiness readiness_of(const oap_monitor *monitor, uint64_t now)
{
    oap_readiness readiness;
    CHECK_STATUS(OAP_STATUS_OK, oap_monitor_readiness(monitor, now, &readiness));
    CHECK(strlen(readiness.json) == readiness.json_len && readiness.json_len < OAP_READYZ_BYTES);
    return readiness;
}

/* Where a key stands among the readiness's keys. */
static size_t key_named(const char *name)
{
    size_t index = 0;
    while (strcmp(oap_readiness_key(index), name) != 0)
        index++;
    return index;
}

static oap_decoder *new_decoder(const oap_monitor *monitor)
{
    oap_decoder *decoder = NULL;
    CHECK_STATUS(OAP_STATUS_OK, oap_decoder_new(NULL, &decoder));
    CHECK_STATUS(OAP_STATUS_OK, oap_decoder_set_monitor(decoder, monitor));
    return decoder;
}

static void decode_ack(oap_decoder *decoder)
{
    const uint8_t ack[] = {0, 0, 0, 10, OAP_KIND_ACK, 0, 0, 2, 8, 1};
    oap_row row;
    oap_frame_table table;
    CHECK_STATUS(OAP_STATUS_OK, oap_decoder_decode(decoder, ack, sizeof ack, &row, 1, &table));
}

static void a_new_monitor_is_ready_and_has_counted_nothing(void)
{
    oap_monitor *monitor = new_monitor();
    const oap_snapshot snapshot = snapshot_of(monitor);
    const oap_readiness readiness = readiness_of(monitor, 0);
    CHECK(snapshot.frames[OAP_KIND_ACK - 1] == 0 && snapshot.frame_bytes == 0);
    CHECK(readiness.ready && readiness.http_status == 200 && readiness.retry_after == 0);
    CHECK(strcmp(readiness.json, "{\"degraded\":false,\"missing\":[],\"retry_after\":0}") == 0);
    oap_monitor_free(monitor);
}

static void a_decoder_counts_its_frames_bytes_and_one_reject(void)
{
    const uint8_t bad[] = {0, 0, 0, 10, 0x99};
    oap_monitor *monitor = new_monitor();
    oap_decoder *decoder = new_decoder(monitor);
    oap_row row;
    oap_frame_table table;
    decode_ack(decoder);
    decode_ack(decoder);
    for (int i = 0; i < 2; i++)
        CHECK_STATUS(OAP_STATUS_UNKNOWN_ENVELOPE, oap_decoder_decode(decoder, bad, 5, &row, 1, &table));
    const oap_snapshot snapshot = snapshot_of(monitor);
    CHECK(snapshot.frames[OAP_KIND_ACK - 1] == 2 && snapshot.frame_bytes == 20);
    CHECK(snapshot.rejects[OAP_STATUS_UNKNOWN_ENVELOPE - 1] == 1);
    oap_decoder_free(decoder);
    oap_monitor_free(monitor);
}

static void a_stream_decoder_counts_and_a_reset_keeps_its_monitor(void)
{
    oap_monitor *monitor = new_monitor();
    oap_stream_decoder *decoder = NULL;
    wire w = {0};
    oap_row rows[8];
    oap_frame_table table;
    add_all_kinds(&w);
    CHECK_STATUS(OAP_STATUS_OK, oap_stream_decoder_new(NULL, &decoder));
    CHECK_STATUS(OAP_STATUS_OK, oap_stream_decoder_set_monitor(decoder, monitor));
    for (int i = 0; i < 2; i++) {
        CHECK_STATUS(OAP_STATUS_OK, oap_stream_decoder_feed(decoder, w.at, w.len, rows, 8, &table));
        CHECK_STATUS(OAP_STATUS_OK, oap_stream_decoder_reset(decoder));
    }
    for (int kind = OAP_KIND_HELLO; kind <= OAP_KIND_ERROR; kind++)
        CHECK(snapshot_of(monitor).frames[kind - 1] == 2);
    CHECK(snapshot_of(monitor).frame_bytes == 2 * w.len);
    oap_stream_decoder_free(decoder);
    oap_monitor_free(monitor);
}

static void a_session_counts_both_ways_and_gives_its_stream_to_the_gauges(void)
{
    oap_monitor *monitor = new_monitor();
    oap_session *peer = new_session(NULL), *session = new_session(NULL);
    wire w = {0};
    CHECK_STATUS(OAP_STATUS_OK, oap_session_set_monitor(session, monitor));
    greet(session, peer);
    add_hello(&w);
    add_start(&w, "a");
    add_data(&w, 1, NULL, "abc");
    take_all(session, w.at, w.len, 3);
    CHECK(snapshot_of(monitor).frames[OAP_KIND_HELLO - 1] == 2);
    CHECK(snapshot_of(monitor).inflight_frames == 1);
    CHECK(snapshot_of(monitor).ack_window == OAP_DEFAULT_ACK_WINDOW - 1);
    oap_session_free(session);
    CHECK(snapshot_of(monitor).inflight_frames == 0 && snapshot_of(monitor).ack_window == 0);
    oap_session_free(peer);
    oap_monitor_free(monitor);
}

static void a_loaded_host_is_not_ready_until_its_load_is_low(void)
{
    oap_monitor *monitor = new_monitor();
    CHECK(snapshot_of(monitor).inflight_capacity == 1024 && snapshot_of(monitor).host_load_permille == 0);
    CHECK_STATUS(OAP_STATUS_OK, oap_monitor_set_load(monitor, 5000));
    CHECK(snapshot_of(monitor).host_load_permille == 1000);
    CHECK(!readiness_of(monitor, 1).keys[3]);
    CHECK_STATUS(OAP_STATUS_OK, oap_monitor_set_load(monitor, 601));
    CHECK(!readiness_of(monitor, 2).keys[3]);
    CHECK_STATUS(OAP_STATUS_OK, oap_monitor_set_load(monitor, 600));
    CHECK(readiness_of(monitor, 3).ready);
    oap_monitor_free(monitor);
}

static void a_draining_host_is_not_ready(void)
{
    oap_monitor *monitor = new_monitor();
    CHECK_STATUS(OAP_STATUS_OK, oap_monitor_set_parser_ready(monitor, false));
    const oap_readiness readiness = readiness_of(monitor, 0);
    CHECK(!readiness.ready && readiness.http_status == 503 && readiness.retry_after > 0);
    CHECK(!readiness.keys[key_named("oap_parser_ready")] && readiness.keys[key_named("oap_reject_rate_ok")]);
    CHECK(strstr(readiness.json, "\"missing\":[\"oap_parser_ready\"]") != NULL);
    CHECK_STATUS(OAP_STATUS_OK, oap_monitor_set_parser_ready(monitor, true));
    CHECK(readiness_of(monitor, 1).ready);
    oap_monitor_free(monitor);
}

static void the_headers_of_the_answer_say_what_the_readiness_says(void)
{
    char expected[128];
    oap_monitor *monitor = new_monitor();
    CHECK(strcmp(oap_readyz_headers(true), "Content-Type: application/json\r\n") == 0);
    CHECK_STATUS(OAP_STATUS_OK, oap_monitor_set_parser_ready(monitor, false));
    const oap_readiness readiness = readiness_of(monitor, 0);
    snprintf(expected, sizeof expected, "Content-Type: application/json\r\nRetry-After: %u\r\n", readiness.retry_after);
    CHECK(strcmp(oap_readyz_headers(readiness.ready), expected) == 0);
    oap_monitor_free(monitor);
}

static void limits_of_ones_own_decide_when_a_key_turns_false(void)
{
    oap_monitor *monitor = NULL;
    oap_monitor_limits limits;
    CHECK_STATUS(OAP_STATUS_OK, oap_monitor_default_limits(&limits));
    CHECK(limits.reject_limit_permille == 10 && limits.reject_min_events == 100);
    CHECK(limits.inflight_capacity == 1024 && limits.ack_starvation_limit_ns == 5 * SECOND);
    CHECK(limits.backpressure_high_percent == 80 && limits.backpressure_low_percent == 60);
    limits.reject_min_events = 1;
    CHECK_STATUS(OAP_STATUS_OK, oap_monitor_new(&limits, &monitor));
    oap_decoder *decoder = new_decoder(monitor);
    CHECK_STATUS(OAP_STATUS_OK, oap_monitor_tick(monitor, SECOND));
    CHECK_STATUS(OAP_STATUS_TRUNCATED, oap_decoder_finish(decoder, (const uint8_t *)"x", 1));
    CHECK(!readiness_of(monitor, 2 * SECOND).keys[key_named("oap_reject_rate_ok")]);
    oap_decoder_free(decoder);
    oap_monitor_free(monitor);
}

static void timings_fall_into_the_bucket_of_their_bound(void)
{
    oap_monitor *monitor = new_monitor();
    const uint64_t first = oap_histogram_bound_ns(0);
    CHECK_STATUS(OAP_STATUS_OK, oap_monitor_observe_read(monitor, first));
    CHECK_STATUS(OAP_STATUS_OK, oap_monitor_observe_read(monitor, first + 1));
    CHECK_STATUS(OAP_STATUS_OK, oap_monitor_observe_write(monitor, 3600 * SECOND));
    const oap_snapshot snapshot = snapshot_of(monitor);
    CHECK(snapshot.read.counts[0] == 1 && snapshot.read.counts[1] == 1);
    CHECK(snapshot.read.sum_ns == 2 * first + 1);
    CHECK(snapshot.write.counts[OAP_HISTOGRAM_BUCKETS - 1] == 1);
    CHECK(oap_histogram_bound_ns(OAP_HISTOGRAM_BUCKETS - 2) < UINT64_MAX);
    CHECK(oap_histogram_bound_ns(OAP_HISTOGRAM_BUCKETS - 1) == UINT64_MAX);
    oap_monitor_free(monitor);
}

static void a_frame_counted_by_hand_needs_a_kind(void)
{
    oap_monitor *monitor = new_monitor();
    CHECK_STATUS(OAP_STATUS_OK, oap_monitor_count_frame(monitor, OAP_KIND_DATA, 1000));
    CHECK_STATUS(OAP_STATUS_OUT_OF_RANGE, oap_monitor_count_frame(monitor, 0, 1));
    CHECK_STATUS(OAP_STATUS_OUT_OF_RANGE, oap_monitor_count_frame(monitor, OAP_KIND_ERROR + 1, 1));
    const oap_snapshot snapshot = snapshot_of(monitor);
    CHECK(snapshot.frames[OAP_KIND_DATA - 1] == 1 && snapshot.frame_bytes == 1000);
    oap_monitor_free(monitor);
}

static void a_reject_counted_by_hand_needs_a_code(void)
{
    oap_monitor *monitor = new_monitor();
    CHECK_STATUS(OAP_STATUS_OK, oap_monitor_count_reject(monitor, OAP_STATUS_TRUNCATED));
    CHECK_STATUS(OAP_STATUS_OUT_OF_RANGE, oap_monitor_count_reject(monitor, 0));
    CHECK_STATUS(OAP_STATUS_OUT_OF_RANGE, oap_monitor_count_reject(monitor, OAP_STATUS_TRUNCATED + 1));
    const oap_snapshot snapshot = snapshot_of(monitor);
    CHECK(snapshot.rejects[OAP_STATUS_TRUNCATED - 1] == 1);
    oap_monitor_free(monitor);
}

static void the_page_names_every_metric_and_tells_the_room_it_takes(void)
{
    oap_monitor *monitor = new_monitor();
    size_t needed = 0, size = 0;
    CHECK_STATUS(OAP_STATUS_BUFFER_TOO_SMALL, oap_monitor_text(monitor, NULL, 0, &needed));
    char *page = calloc(needed + 1, 1);
    CHECK(page != NULL);
    CHECK_STATUS(OAP_STATUS_BUFFER_TOO_SMALL, oap_monitor_text(monitor, page, needed - 1, &size));
    CHECK(size == needed && page[0] == 0);
    CHECK_STATUS(OAP_STATUS_OUT_OF_RANGE, oap_monitor_text(monitor, page, SIZE_MAX / 2 + 1, &size));
    CHECK_STATUS(OAP_STATUS_OK, oap_monitor_text(monitor, page, needed, &size));
    CHECK(size == needed);
    for (size_t i = 0; oap_metric_name(i) != NULL; i++)
        CHECK(strstr(page, oap_metric_name(i)) != NULL);
    CHECK(strncmp(oap_text_content_type(), "text/plain", 10) == 0);
    free(page);
    oap_monitor_free(monitor);
}

static void a_decoder_may_outlive_the_handle_of_its_monitor(void)
{
    oap_monitor *monitor = new_monitor();
    oap_decoder *decoder = new_decoder(monitor);
    oap_monitor_free(monitor);
    decode_ack(decoder);
    oap_decoder_free(decoder);
}

enum { THREADS = 4, FRAMES = 500 };

/* Says NULL where all went well: checks belong to the thread of the test. */
static void *decode_many(void *monitor)
{
    const uint8_t ack[] = {0, 0, 0, 10, OAP_KIND_ACK, 0, 0, 2, 8, 1};
    oap_decoder *decoder = NULL;
    oap_row row;
    oap_frame_table table;
    if (oap_decoder_new(NULL, &decoder) != OAP_STATUS_OK)
        return monitor;
    oap_status status = oap_decoder_set_monitor(decoder, monitor);
    for (int i = 0; status == OAP_STATUS_OK && i < FRAMES; i++)
        status = oap_decoder_decode(decoder, ack, sizeof ack, &row, 1, &table);
    oap_decoder_free(decoder);
    return status == OAP_STATUS_OK ? NULL : monitor;
}

static void threads_with_a_decoder_each_share_a_monitor(void)
{
    oap_monitor *monitor = new_monitor();
    pthread_t threads[THREADS];
    void *went_wrong;
    for (int i = 0; i < THREADS; i++)
        CHECK(pthread_create(&threads[i], NULL, decode_many, monitor) == 0);
    for (uint64_t now = 0; now < 10; now++)
        CHECK(readiness_of(monitor, now * SECOND).ready);
    for (int i = 0; i < THREADS; i++)
        CHECK(pthread_join(threads[i], &went_wrong) == 0 && went_wrong == NULL);
    CHECK(snapshot_of(monitor).frames[OAP_KIND_ACK - 1] == THREADS * FRAMES);
    oap_monitor_free(monitor);
}

int main(void)
{
    RUN(a_new_monitor_is_ready_and_has_counted_nothing);
    RUN(a_decoder_counts_its_frames_bytes_and_one_reject);
    RUN(a_stream_decoder_counts_and_a_reset_keeps_its_monitor);
    RUN(a_session_counts_both_ways_and_gives_its_stream_to_the_gauges);
    RUN(a_loaded_host_is_not_ready_until_its_load_is_low);
    RUN(a_draining_host_is_not_ready);
    RUN(the_headers_of_the_answer_say_what_the_readiness_says);
    RUN(limits_of_ones_own_decide_when_a_key_turns_false);
    RUN(timings_fall_into_the_bucket_of_their_bound);
    RUN(a_frame_counted_by_hand_needs_a_kind);
    RUN(a_reject_counted_by_hand_needs_a_code);
    RUN(the_page_names_every_metric_and_tells_the_room_it_takes);
    RUN(a_decoder_may_outlive_the_handle_of_its_monitor);
    RUN(threads_with_a_decoder_each_share_a_monitor);
    return summary();
}
