/* poll PORT: a server that answers each stream with its length, until SIGINT.
 * poll PORT BYTES CONNECTIONS: as many clients of it at once, each with a stream of so many bytes. */
#include "count.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

enum { MOST = 1024, PIECES = 16 };

typedef struct link {
    counter counter;
    int fd;
    bool shut;
} link_t;

static link_t links[MOST];
static struct pollfd polled[MOST + 1];
static size_t count;
static volatile sig_atomic_t stopping;

static void on_signal(int signal)
{
    (void)signal;
    stopping = 1;
}

static bool failed(ssize_t result)
{
    return result < 0 && errno != EAGAIN && errno != EINTR;
}

static void open_link(int fd, bool is_client, uint64_t bytes)
{
    const int on = 1;
    fcntl(fd, F_SETFL, O_NONBLOCK);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    links[count] = (link_t){.fd = fd};
    if (counter_open(&links[count].counter, is_client, bytes))
        count++;
    else
        close(fd);
}

static void read_some(link_t *link)
{
    static uint8_t chunk[OAP_STREAM_CHUNK_BYTES];
    oap_connection *engine = link->counter.engine;
    ssize_t len = read(link->fd, chunk, sizeof chunk);
    if (len > 0)
        counter_receive(&link->counter, chunk, (size_t)len);
    else if (len == 0)
        oap_connection_receive_end(engine, now_ns());
    else if (failed(len))
        oap_connection_transport_failed(engine);
}

/* One write of all that waits. False: there is nothing, or the socket takes no more now. */
static bool write_some(link_t *link)
{
    oap_connection *engine = link->counter.engine;
    oap_piece pieces[PIECES];
    struct iovec parts[PIECES];
    size_t n = 0;
    if (oap_connection_transmit(engine, now_ns(), pieces, PIECES, &n) != OAP_STATUS_OK || n == 0)
        return false;
    for (size_t i = 0; i < n; i++)
        parts[i] = (struct iovec){.iov_base = (void *)(uintptr_t)pieces[i].bytes, .iov_len = pieces[i].len};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = n};
    ssize_t written = sendmsg(link->fd, &message, MSG_NOSIGNAL);
    if (failed(written))
        oap_connection_transport_failed(engine);
    if (written > 0)
        oap_connection_transmitted(engine, now_ns(), (size_t)written);
    return written > 0;
}

/* All that can be done now without waiting. What is written makes room for a send that waits. */
static void turn(link_t *link)
{
    oap_connection_handle_timeout(link->counter.engine, now_ns());
    do
        counter_move(&link->counter);
    while (write_some(link));
    oap_connection_inspect(link->counter.engine, &link->counter.info);
    if (link->counter.info.wants_shutdown && !link->shut) {
        shutdown(link->fd, SHUT_WR); /* ENOTCONN after a reset by the peer: the next read tells it too */
        link->shut = true;
    }
}

static void end_link(size_t i)
{
    counter_report(&links[i].counter);
    counter_free(&links[i].counter);
    close(links[i].fd);
    links[i] = links[--count];
}

/* Fills what poll waits for, and gives its timeout in milliseconds. */
static int prepare(void)
{
    int timeout = 1000; /* a signal just before poll is seen by then */
    for (size_t i = 0; i < count; i++) {
        const oap_connection_info *info = &links[i].counter.info;
        short events = (short)((info->wants_read ? POLLIN : 0) | (info->wants_write ? POLLOUT : 0));
        polled[i] = (struct pollfd){.fd = events != 0 ? links[i].fd : -1, .events = events};
        timeout = counter_timeout(&links[i].counter, timeout);
    }
    return timeout;
}

/* From the last link on, so that the one which fills a gap has had its turn. */
static void turn_all(void)
{
    for (size_t i = count; i-- > 0;) {
        if (polled[i].revents & (POLLIN | POLLHUP | POLLERR))
            read_some(&links[i]);
        polled[i].revents = 0;
        turn(&links[i]);
        if (counter_has_ended(&links[i].counter))
            end_link(i);
    }
}

static struct sockaddr_in loopback(const char *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

static int listen_on(const char *port)
{
    struct sockaddr_in address = loopback(port);
    socklen_t len = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(fd, (struct sockaddr *)&address, len) != 0 || listen(fd, 1024) != 0) {
        perror("listen");
        exit(1);
    }
    getsockname(fd, (struct sockaddr *)&address, &len);
    fcntl(fd, F_SETFL, O_NONBLOCK);
    printf("listening %u\n", ntohs(address.sin_port));
    return fd;
}

static void accept_all(int listener)
{
    int fd = 0;
    while (count < MOST && (fd = accept(listener, NULL, NULL)) >= 0)
        open_link(fd, false, 0);
    if (failed(fd) && errno != ECONNABORTED)
        poll(NULL, 0, 10); /* no descriptor is free: another try may do better */
}

static void close_all(void)
{
    for (size_t i = 0; i < count; i++)
        oap_connection_close(links[i].counter.engine, now_ns(), OAP_CLOSE_TIMEOUT);
}

static void serve(int listener)
{
    while (!stopping || count > 0) {
        int timeout = prepare();
        bool accepts = !stopping && count < MOST;
        polled[count] = (struct pollfd){.fd = accepts ? listener : -1, .events = POLLIN};
        poll(polled, count + 1, timeout);
        bool comes = polled[count].revents != 0;
        polled[count].revents = 0;
        if (comes)
            accept_all(listener);
        if (stopping)
            close_all();
        turn_all();
    }
}

static void connect_one(const char *port, uint64_t bytes)
{
    struct sockaddr_in address = loopback(port);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    fcntl(fd, F_SETFL, O_NONBLOCK);
    if (fd < 0 || (connect(fd, (struct sockaddr *)&address, sizeof address) != 0 && errno != EINPROGRESS)) {
        perror("connect");
        exit(1);
    }
    open_link(fd, true, bytes);
}

int main(int argc, char **argv)
{
    struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGINT, &action, NULL);
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc == 2)
        return serve(listen_on(argv[1])), 0;
    for (int i = argc == 4 ? atoi(argv[3]) : 0; i > 0 && count < MOST; i--)
        connect_one(argv[1], strtoull(argv[2], NULL, 10));
    do {
        turn_all();
        if (count > 0)
            poll(polled, count, prepare());
    } while (count > 0);
    return 0;
}
