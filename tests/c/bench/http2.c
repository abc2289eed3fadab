#include "http2.h"
#include "floor.h"

#include <nghttp2/nghttp2.h>
#include <stdlib.h>
#include <string.h>

/* Half of the largest, so that ACK's counterparts can make it grow. */
enum { WINDOW = 1 << 30, MAX_FRAME = 1 << 20, STREAM = 1 };

static size_t frames_taken;
static const uint8_t *volatile last_data;
static bool with_obj;

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *user)
{
    (void)session, (void)user;
    frames_taken += frame->hd.type == NGHTTP2_DATA || frame->hd.type == NGHTTP2_WINDOW_UPDATE;
    return 0;
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t stream, const uint8_t *data, size_t len, void *user)
{
    (void)session, (void)flags, (void)stream, (void)user;
    last_data = data;
    return !with_obj || (len >= OBJ_BYTES && floor_is_obj(data)) ? 0 : NGHTTP2_ERR_CALLBACK_FAILURE;
}

static ssize_t give_body(nghttp2_session *session, int32_t stream, uint8_t *out, size_t room, uint32_t *flags,
                         nghttp2_data_source *source, void *user)
{
    (void)session, (void)stream, (void)flags, (void)user;
    if (room < TINY_BODY)
        return NGHTTP2_ERR_CALLBACK_FAILURE;
    memcpy(out, source->ptr, TINY_BODY);
    return TINY_BODY;
}

/* Has one side take all that the other wants to write; its bytes. */
static size_t pass(nghttp2_session *from, nghttp2_session *to)
{
    const uint8_t *out;
    size_t passed = 0;
    for (ssize_t size; (size = nghttp2_session_mem_send(from, &out)) > 0; passed += (size_t)size)
        if (nghttp2_session_mem_recv(to, out, (size_t)size) != size)
            abort();
    return passed;
}

static void greet(nghttp2_session *session)
{
    const nghttp2_settings_entry settings[] = {{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, WINDOW},
                                               {NGHTTP2_SETTINGS_MAX_FRAME_SIZE, MAX_FRAME}};
    if (nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, settings, 2) != 0 ||
        nghttp2_session_set_local_window_size(session, NGHTTP2_FLAG_NONE, 0, WINDOW) != 0)
        abort();
}

/* A server's session on which a client has opened a stream. */
static nghttp2_session *new_server(void)
{
    const nghttp2_nv request[] = {{(uint8_t *)":method", (uint8_t *)"POST", 7, 4, 0},
                                  {(uint8_t *)":scheme", (uint8_t *)"http", 7, 4, 0},
                                  {(uint8_t *)":authority", (uint8_t *)"a", 10, 1, 0},
                                  {(uint8_t *)":path", (uint8_t *)"/", 5, 1, 0}};
    nghttp2_session_callbacks *callbacks;
    nghttp2_session *client, *server;
    if (nghttp2_session_callbacks_new(&callbacks) != 0)
        abort();
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
    if (nghttp2_session_server_new(&server, callbacks, NULL) != 0 ||
        nghttp2_session_client_new(&client, callbacks, NULL) != 0)
        abort();
    greet(server);
    greet(client);
    if (nghttp2_submit_headers(client, NGHTTP2_FLAG_NONE, -1, NULL, request, 4, NULL) != STREAM)
        abort();
    while (pass(client, server) + pass(server, client) > 0) {
    }
    nghttp2_session_del(client);
    nghttp2_session_callbacks_del(callbacks);
    return server;
}

size_t http2_decode(const work *work)
{
    static nghttp2_session *server;
    const uint8_t *out;
    if (server == NULL)
        server = new_server();
    frames_taken = 0;
    with_obj = work->obj;
    for (size_t at = 0; at < work->http2_size; at += work->chunk) {
        size_t left = work->http2_size - at, len = left < work->chunk ? left : work->chunk;
        if (nghttp2_session_mem_recv(server, work->http2 + at, len) != (ssize_t)len)
            return 0;
    }
    while (nghttp2_session_mem_send(server, &out) > 0) {
    }
    return frames_taken;
}

/* A server's session that sends DATA without an end. */
static nghttp2_session *new_sender(void)
{
    static uint8_t body[TINY_BODY];
    const nghttp2_nv response = {(uint8_t *)":status", (uint8_t *)"200", 7, 3, 0};
    const nghttp2_data_provider provider = {{.ptr = body}, give_body};
    nghttp2_session *server = new_server();
    const uint8_t *out;
    if (nghttp2_submit_headers(server, NGHTTP2_FLAG_NONE, STREAM, NULL, &response, 1, NULL) != 0 ||
        nghttp2_session_mem_send(server, &out) <= 0 ||
        nghttp2_submit_data(server, NGHTTP2_FLAG_NONE, STREAM, &provider) != 0)
        abort();
    return server;
}

size_t http2_encode(size_t frames)
{
    static nghttp2_session *server;
    const uint8_t *out;
    size_t sent = 0;
    if (server == NULL)
        server = new_sender();
    while (sent < frames && nghttp2_session_mem_send(server, &out) > 0)
        sent++;
    return sent;
}
