/* uv PORT: a server that answers each stream with its length, until SIGINT.
 * uv PORT BYTES CONNECTIONS: as many clients of it at once, each with a stream of so many bytes. */
#include "count.h"

#include <uv.h>

enum { MOST = 1024, PIECES = 16 };

typedef struct link {
    counter counter;
    uv_tcp_t tcp;
    uv_timer_t timer;
    uv_write_t write;
    uv_shutdown_t shutdown;
    uint8_t out[OAP_STREAM_CHUNK_BYTES]; /* what a write that waits has */
    size_t out_len;
    bool connected, shut;
    int open_handles;
    struct link *previous, *next;
} link_t;

static uv_tcp_t listener;
static uv_signal_t interrupt;
static link_t *links;
static size_t count;

static void turn(link_t *link);
static void accept_all(uv_stream_t *server, int status);

static void on_closed(uv_handle_t *handle)
{
    link_t *link = handle->data;
    if (--link->open_handles > 0)
        return;
    counter_free(&link->counter);
    free(link);
}

static void end_link(link_t *link)
{
    if (uv_is_closing((uv_handle_t *)&link->tcp))
        return;
    counter_report(&link->counter);
    uv_close((uv_handle_t *)&link->tcp, on_closed);
    uv_close((uv_handle_t *)&link->timer, on_closed);
    *(link->previous != NULL ? &link->previous->next : &links) = link->next;
    if (link->next != NULL)
        link->next->previous = link->previous;
    if (count-- == MOST && !link->counter.is_client)
        accept_all((uv_stream_t *)&listener, 0);
}

static void on_timer(uv_timer_t *timer)
{
    turn(timer->data);
}

static void on_shut(uv_shutdown_t *request, int status)
{
    (void)request, (void)status; /* ENOTCONN after a reset by the peer: the next read tells it too */
}

static void on_room(uv_handle_t *handle, size_t size, uv_buf_t *buffer)
{
    static char chunk[OAP_STREAM_CHUNK_BYTES]; /* used up before the loop reads again */
    (void)handle, (void)size;
    *buffer = uv_buf_init(chunk, sizeof chunk);
}

static void on_read(uv_stream_t *stream, ssize_t len, const uv_buf_t *buffer)
{
    link_t *link = stream->data;
    if (len > 0)
        counter_receive(&link->counter, (const uint8_t *)buffer->base, (size_t)len);
    else if (len == UV_EOF)
        oap_connection_receive_end(link->counter.engine, now_ns());
    else if (len < 0)
        oap_connection_transport_failed(link->counter.engine);
    turn(link);
}

static void on_written(uv_write_t *write, int status)
{
    link_t *link = write->data;
    if (status == 0)
        oap_connection_transmitted(link->counter.engine, now_ns(), link->out_len);
    else
        oap_connection_transport_failed(link->counter.engine);
    link->out_len = 0;
    turn(link);
}

/* The pieces stay only until the next call, so a write that has to wait needs a copy. */
static void write_later(link_t *link, const uv_buf_t *parts, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        size_t room = sizeof link->out - link->out_len, len = parts[i].len < room ? parts[i].len : room;
        memcpy(link->out + link->out_len, parts[i].base, len);
        link->out_len += len;
    }
    uv_buf_t all = uv_buf_init((char *)link->out, (unsigned)link->out_len);
    if (uv_write(&link->write, (uv_stream_t *)&link->tcp, &all, 1, on_written) != 0)
        oap_connection_transport_failed(link->counter.engine);
}

/* One write of all that waits. False: there is nothing, or the socket takes no more now. */
static bool write_some(link_t *link)
{
    oap_connection *engine = link->counter.engine;
    oap_piece pieces[PIECES];
    uv_buf_t parts[PIECES];
    size_t n = 0;
    if (link->out_len > 0 || oap_connection_transmit(engine, now_ns(), pieces, PIECES, &n) != OAP_STATUS_OK || n == 0)
        return false;
    for (size_t i = 0; i < n; i++)
        parts[i] = uv_buf_init((char *)(uintptr_t)pieces[i].bytes, (unsigned)pieces[i].len);
    int written = uv_try_write((uv_stream_t *)&link->tcp, parts, (unsigned)n);
    if (written > 0)
        oap_connection_transmitted(engine, now_ns(), (size_t)written);
    else if (written == UV_EAGAIN)
        write_later(link, parts, n);
    else
        oap_connection_transport_failed(engine);
    return written > 0;
}

static void wait_for_more(link_t *link)
{
    const oap_connection_info *info = &link->counter.info;
    uv_stream_t *stream = (uv_stream_t *)&link->tcp;
    if (info->wants_read)
        uv_read_start(stream, on_room, on_read);
    else
        uv_read_stop(stream);
    if (info->has_timeout)
        uv_timer_start(&link->timer, on_timer, (uint64_t)counter_timeout(&link->counter, 1000000), 0);
    else
        uv_timer_stop(&link->timer);
    if (info->wants_shutdown && !link->shut) {
        link->shut = true;
        uv_shutdown(&link->shutdown, stream, on_shut);
    }
}

/* All that can be done now without waiting. What is written makes room for a send that waits. */
static void turn(link_t *link)
{
    if (!link->connected || uv_is_closing((uv_handle_t *)&link->tcp))
        return;
    oap_connection_handle_timeout(link->counter.engine, now_ns());
    do
        counter_move(&link->counter);
    while (write_some(link));
    oap_connection_inspect(link->counter.engine, &link->counter.info);
    if (counter_has_ended(&link->counter))
        end_link(link);
    else
        wait_for_more(link);
}

static link_t *open_link(bool is_client, uint64_t bytes)
{
    link_t *link = calloc(1, sizeof *link);
    if (link == NULL || !counter_open(&link->counter, is_client, bytes))
        abort();
    uv_tcp_init(uv_default_loop(), &link->tcp);
    uv_timer_init(uv_default_loop(), &link->timer);
    link->tcp.data = link->timer.data = link->write.data = link;
    link->open_handles = 2;
    link->next = links;
    if (links != NULL)
        links->previous = link;
    links = link;
    count++;
    return link;
}

static void on_open(link_t *link, int status)
{
    link->connected = true;
    uv_tcp_nodelay(&link->tcp, 1);
    if (status != 0)
        oap_connection_transport_failed(link->counter.engine);
    turn(link);
}

/* Where all are taken nothing is accepted: libuv then waits, and the link that ends goes on here. */
static void accept_all(uv_stream_t *server, int status)
{
    if (status == 0 && count < MOST && !uv_is_closing((uv_handle_t *)server)) {
        link_t *link = open_link(false, 0);
        on_open(link, uv_accept(server, (uv_stream_t *)&link->tcp));
    }
}

static void on_interrupt(uv_signal_t *signal, int number)
{
    (void)number;
    uv_close((uv_handle_t *)signal, NULL);
    uv_close((uv_handle_t *)&listener, NULL);
    for (link_t *link = links, *next; link != NULL; link = next) {
        next = link->next;
        oap_connection_close(link->counter.engine, now_ns(), OAP_CLOSE_TIMEOUT);
        turn(link);
    }
}

static int serve(const struct sockaddr_in *address)
{
    struct sockaddr_in bound;
    int len = sizeof bound;
    uv_tcp_init(uv_default_loop(), &listener);
    uv_tcp_bind(&listener, (const struct sockaddr *)address, 0);
    uv_signal_init(uv_default_loop(), &interrupt);
    uv_signal_start(&interrupt, on_interrupt, SIGINT);
    int error = uv_listen((uv_stream_t *)&listener, 1024, accept_all);
    if (error != 0) {
        fprintf(stderr, "listen: %s\n", uv_strerror(error));
        return 1;
    }
    uv_tcp_getsockname(&listener, (struct sockaddr *)&bound, &len);
    printf("listening %u\n", (unsigned)(bound.sin_port >> 8 | (bound.sin_port & 0xff) << 8));
    return uv_run(uv_default_loop(), UV_RUN_DEFAULT);
}

static void on_connected(uv_connect_t *request, int status)
{
    on_open(request->data, status);
    free(request);
}

static void connect_one(const struct sockaddr_in *address, uint64_t bytes)
{
    link_t *link = open_link(true, bytes);
    uv_connect_t *request = calloc(1, sizeof *request);
    if (request == NULL)
        abort();
    request->data = link;
    int error = uv_tcp_connect(request, &link->tcp, (const struct sockaddr *)address, on_connected);
    if (error != 0)
        on_connected(request, error);
}

int main(int argc, char **argv)
{
    struct sockaddr_in address;
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc < 2 || uv_ip4_addr("127.0.0.1", atoi(argv[1]), &address) != 0)
        return 2;
    if (argc == 2)
        return serve(&address);
    for (int i = argc == 4 ? atoi(argv[3]) : 0; i > 0; i--)
        connect_one(&address, strtoull(argv[2], NULL, 10));
    return uv_run(uv_default_loop(), UV_RUN_DEFAULT);
}
