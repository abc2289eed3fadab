/* Where malloc gives NULL, making a handle is a status. Against the shared library only: the allocator is this file's. */
#define _GNU_SOURCE
#include "frames.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>

static bool none_left;

static void *next(const char *name)
{
    void *found = dlsym(RTLD_NEXT, name);
    if (found == NULL)
        abort();
    return found;
}

void *malloc(size_t size)
{
    void *(*real)(size_t);
    *(void **)&real = next("malloc");
    return none_left ? NULL : real(size);
}

int posix_memalign(void **out, size_t alignment, size_t size)
{
    int (*real)(void **, size_t, size_t);
    *(void **)&real = next("posix_memalign");
    return none_left ? ENOMEM : real(out, alignment, size);
}

/* The status of a call made while there is no memory. */
#define WITHOUT_MEMORY(call) (none_left = true, status = (call), none_left = false, status)

static void making_a_handle_tells_that_there_is_no_memory(void)
{
    oap_status status;
    oap_config *config = NULL;
    oap_decoder *decoder = NULL;
    oap_stream_decoder *stream = NULL;
    oap_session *session = NULL;
    oap_monitor *monitor = NULL;
    CHECK_STATUS(OAP_STATUS_NO_MEMORY, WITHOUT_MEMORY(oap_config_new(&config)));
    CHECK_STATUS(OAP_STATUS_NO_MEMORY, WITHOUT_MEMORY(oap_decoder_new(NULL, &decoder)));
    CHECK_STATUS(OAP_STATUS_NO_MEMORY, WITHOUT_MEMORY(oap_stream_decoder_new(NULL, &stream)));
    CHECK_STATUS(OAP_STATUS_NO_MEMORY, WITHOUT_MEMORY(oap_session_new(NULL, &session)));
    CHECK_STATUS(OAP_STATUS_NO_MEMORY, WITHOUT_MEMORY(oap_monitor_new(NULL, &monitor)));
    CHECK(!config && !decoder && !stream && !session && !monitor);
}

/* What neither stages a partial frame nor makes a page takes no memory. */
static void decode_encode_send_and_ticks_need_none(void)
{
    oap_status status;
    oap_session *peer = new_session(NULL), *session = new_session_that_met(NULL, peer);
    oap_monitor *monitor;
    oap_frame ack = ack_frame(1), start = start_frame("a", 1);
    oap_row row;
    oap_frame_table table;
    uint8_t out[64];
    size_t size;
    CHECK_STATUS(OAP_STATUS_OK, oap_monitor_new(NULL, &monitor));
    CHECK_STATUS(OAP_STATUS_OK, WITHOUT_MEMORY(oap_encode(&ack, out, sizeof out, &size)));
    CHECK_STATUS(OAP_STATUS_OK, WITHOUT_MEMORY(oap_decode(NULL, out, size, &row, &table)));
    CHECK_STATUS(OAP_STATUS_OK, WITHOUT_MEMORY(oap_session_send(session, &start, out, sizeof out, &size)));
    CHECK_STATUS(OAP_STATUS_OK, WITHOUT_MEMORY(oap_session_recv(peer, out, size, &row, 1, &table)));
    CHECK_STATUS(OAP_STATUS_OK, WITHOUT_MEMORY(oap_monitor_tick(monitor, 1)));
    oap_monitor_free(monitor);
    oap_session_free(session);
    oap_session_free(peer);
}

int main(void)
{
    RUN(making_a_handle_tells_that_there_is_no_memory);
    RUN(decode_encode_send_and_ticks_need_none);
    return summary();
}
