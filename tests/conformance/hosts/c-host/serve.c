/* `serve`: any number of peers on one loop of poll(2). */
#include "commands.h"
#include "peer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LISTENER, STDIN, SIGNALS, FIXED, MOST_PAUSE_MS = 1000 };

typedef struct server {
    const options *options;
    int listener, signals;
    bool reads_stdin;
    peer *peers;
    size_t count;
    struct pollfd *polled;
    size_t room;
    uint64_t pause_ms;     /* after an accept that failed */
    uint64_t accept_after; /* the time when it is tried again */
    bool shutting;
    uint64_t abort_at;
} server;

static int signal_pipe[2];

static void on_signal(int signal)
{
    (void)signal;
    int error = errno;
    if (write(signal_pipe[1], "", 1) < 0) {
        /* The pipe is full: the loop wakes all the same. */
    }
    errno = error;
}

static int listen_on(uint16_t port)
{
    const int on = 1;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    socklen_t len = sizeof address;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, (struct sockaddr *)&address, sizeof address) != 0 || listen(fd, 1024) != 0) {
        perror("listen");
        exit(1);
    }
    getsockname(fd, (struct sockaddr *)&address, &len);
    printf("listening %u\n", (unsigned)ntohs(address.sin_port));
    return fd;
}

/* What passes, such as a lack of descriptors, is waited out with growing pauses. */
static void pause_accepting(server *server)
{
    server->pause_ms = server->pause_ms == 0 ? 10 : server->pause_ms * 2;
    if (server->pause_ms > MOST_PAUSE_MS)
        server->pause_ms = MOST_PAUSE_MS;
    server->accept_after = now_ns() + server->pause_ms * 1000000;
    fprintf(stderr, "accept: %s; again in %llu ms\n", strerror(errno), (unsigned long long)server->pause_ms);
}

static void accept_peer(server *server)
{
    int fd = accept(server->listener, NULL, NULL);
    if (fd < 0) {
        if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
            pause_accepting(server);
        return;
    }
    server->pause_ms = 0;
    peer *peer = peer_open(fd, server->options);
    if (peer == NULL) {
        close(fd);
        return;
    }
    peer->next = server->peers;
    server->peers = peer;
    server->count++;
}

static void begin_shutdown(server *server)
{
    if (!server->shutting) {
        server->shutting = true;
        server->abort_at = now_ns() + server->options->close_ns;
    }
}

static void read_stdin(server *server)
{
    char line[256];
    ssize_t len = read(STDIN_FILENO, line, sizeof line - 1);
    if (len <= 0) {
        server->reads_stdin = false; /* its end is no command */
        return;
    }
    line[len] = '\0';
    if (strstr(line, "shutdown") != NULL)
        begin_shutdown(server);
}

static void shut_peer(const server *server, peer *peer)
{
    if (now_ns() >= server->abort_at)
        oap_connection_abort(peer->conn.engine);
    else if (peer_is_idle(peer) && peer->conn.info.state < OAP_CONNECTION_CLOSING)
        oap_connection_close(peer->conn.engine, now_ns(), server->abort_at - now_ns());
    else
        return;
    peer_turn(peer);
}

static void turn_peers(server *server)
{
    for (peer **at = &server->peers; *at != NULL;) {
        peer *peer = *at;
        peer_turn(peer);
        if (server->shutting)
            shut_peer(server, peer);
        if (!conn_has_ended(&peer->conn)) {
            at = &peer->next;
            continue;
        }
        printf("ended %s\n", conn_reason(&peer->conn));
        *at = peer->next;
        server->count--;
        peer_free(peer);
    }
}

static void make_room(server *server)
{
    size_t wanted = server->count + FIXED;
    if (wanted <= server->room)
        return;
    server->room = wanted * 2;
    server->polled = realloc(server->polled, server->room * sizeof *server->polled);
    if (server->polled == NULL)
        abort();
}

static bool accepts(const server *server)
{
    return !server->shutting && server->count < server->options->max_connections && now_ns() >= server->accept_after;
}

/* Fills what poll waits for, and gives its timeout in milliseconds. */
static int prepare(server *server)
{
    int timeout = server->shutting || server->accept_after > now_ns() ? 10 : 1000;
    make_room(server);
    server->polled[LISTENER] = (struct pollfd){.fd = accepts(server) ? server->listener : -1, .events = POLLIN};
    server->polled[STDIN] = (struct pollfd){.fd = server->reads_stdin ? STDIN_FILENO : -1, .events = POLLIN};
    server->polled[SIGNALS] = (struct pollfd){.fd = server->signals, .events = POLLIN};
    struct pollfd *polled = server->polled + FIXED;
    for (peer *peer = server->peers; peer != NULL; peer = peer->next, polled++) {
        short events = conn_events(&peer->conn);
        /* A socket that failed would wake a loop that asks for nothing. */
        *polled = (struct pollfd){.fd = events != 0 ? peer->conn.fd : -1, .events = events};
        timeout = peer_timeout(peer, timeout);
    }
    return timeout;
}

static void handle_events(server *server)
{
    const struct pollfd *polled = server->polled + FIXED;
    for (peer *peer = server->peers; peer != NULL; peer = peer->next, polled++)
        if (polled->revents & (POLLIN | POLLHUP | POLLERR))
            conn_read(&peer->conn);
    if (server->polled[SIGNALS].revents != 0)
        begin_shutdown(server);
    if (server->polled[STDIN].revents != 0)
        read_stdin(server);
    if (server->polled[LISTENER].revents != 0)
        accept_peer(server);
}

static void watch_signals(server *server)
{
    struct sigaction action = {.sa_handler = on_signal};
    if (pipe(signal_pipe) != 0)
        exit(1);
    fcntl(signal_pipe[1], F_SETFL, O_NONBLOCK);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    server->signals = signal_pipe[0];
}

int run_serve(const options *options)
{
    server server = {.options = options, .reads_stdin = true};
    watch_signals(&server);
    server.listener = listen_on(options->port);
    while (!server.shutting || server.peers != NULL) {
        int timeout = prepare(&server);
        if (poll(server.polled, server.count + FIXED, timeout) >= 0)
            handle_events(&server);
        turn_peers(&server);
    }
    close(server.listener);
    free(server.polled);
    return 0;
}
