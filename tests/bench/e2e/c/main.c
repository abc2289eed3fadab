/* One end of the end-to-end benchmark, on liboap and poll(2): `c-e2e (server | client ADDRESS) SCENARIO`. */
#include "end.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct ends {
    end *all;
    size_t count;
    struct pollfd *polled;
} ends;

uint64_t now_ns(void)
{
    return clock_ns();
}

static void must(bool good, const char *what)
{
    if (!good) {
        perror(what);
        exit(1);
    }
}

static options default_options(void)
{
    options options = {0};
    oap_connection_options_init(&options.connection);
    return options;
}

static ends make_room(size_t count)
{
    ends ends = {.all = calloc(count, sizeof *ends.all), .polled = calloc(count + 1, sizeof *ends.polled)};
    must(ends.all != NULL && ends.polled != NULL, "memory");
    return ends;
}

static void turn_one(end *end)
{
    end_turn(end, true);
    if (conn_has_ended(&end->conn)) {
        close(end->conn.fd);
        end->conn.fd = -1;
    }
}

/* Waits for the sockets, the listener's too, and gives the ends their turn. */
static void turn(ends *ends, int listener)
{
    ends->polled[0] = (struct pollfd){.fd = listener, .events = POLLIN};
    for (size_t i = 0; i < ends->count; i++) {
        const conn *conn = &ends->all[i].conn;
        short events = conn_events(conn);
        ends->polled[i + 1] = (struct pollfd){.fd = events != 0 ? conn->fd : -1, .events = events};
    }
    must(poll(ends->polled, ends->count + 1, 1000) >= 0, "poll");
    for (size_t i = 0; i < ends->count; i++)
        if (ends->polled[i + 1].revents != 0)
            turn_one(&ends->all[i]);
}

static size_t count_at(const ends *ends, stage least)
{
    size_t count = 0;
    for (size_t i = 0; i < ends->count; i++)
        count += ends->all[i].stage >= least;
    return count;
}

static bool all_are_at(ends *ends, stage least)
{
    for (size_t i = 0; i < ends->count; i++)
        must(!conn_has_ended(&ends->all[i].conn) || ends->all[i].stage >= least, conn_reason(&ends->all[i].conn));
    return count_at(ends, least) == ends->count;
}

/* Client */

static void open_client(ends *ends, const char *address, const scenario *scenario, const options *options)
{
    struct sockaddr_in to = {.sin_family = AF_INET};
    const char *colon = strrchr(address, ':');
    must(colon != NULL, address);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    to.sin_port = htons((uint16_t)atoi(colon + 1));
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    must(fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof to) == 0, "connect");
    end_open(&ends->all[ends->count++], fd, scenario, options, false);
}

static void exchange(ends *ends)
{
    for (size_t i = 0; i < ends->count; i++)
        end_turn(&ends->all[i], false);
    while (!all_are_at(ends, DONE))
        turn(ends, -1);
}

static void one_after_the_other(ends *ends, const char *address, const scenario *scenario, const options *options)
{
    for (size_t i = 0; i < scenario->connections; i++) {
        open_client(ends, address, scenario, options);
        exchange(ends);
    }
}

static report measure(ends *ends, const char *address, const scenario *scenario, const options *options)
{
    bool fresh = scenario->kind == FRESH;
    for (size_t i = 0; !fresh && i < scenario->connections; i++)
        open_client(ends, address, scenario, options);
    report report = begin_report();
    uint64_t begin = clock_ns();
    if (fresh)
        one_after_the_other(ends, address, scenario, options);
    else
        exchange(ends);
    report.wall_ns = clock_ns() - begin;
    return report;
}

static void close_all(ends *ends)
{
    for (size_t i = 0; i < ends->count; i++) {
        oap_connection_close(ends->all[i].conn.engine, now_ns(), OAP_CLOSE_TIMEOUT);
        end_turn(&ends->all[i], false);
        while (!conn_has_ended(&ends->all[i].conn))
            turn(ends, -1);
        conn_free(&ends->all[i].conn);
    }
}

static int run_client(const char *address, const scenario *scenario)
{
    options options = default_options();
    ends ends = make_room(scenario->connections);
    report report = measure(&ends, address, scenario, &options);
    report.total.messages = scenario->count * scenario->connections;
    report.total.bytes = report.total.messages * scenario->size;
    for (size_t i = 0; i < ends.count; i++)
        report.total.sum += scenario->kind == PING ? ends.all[i].taken.sum : ends.all[i].answer;
    report.round_trips = ends.all[0].round_trips;
    report.round_trip_count = report.round_trips == NULL ? 0 : scenario->count;
    print_report(&report);
    close_all(&ends);
    return 0;
}

/* Server */

static int listen_anywhere(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET};
    socklen_t len = sizeof at;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    must(fd >= 0 && bind(fd, (struct sockaddr *)&at, len) == 0 && listen(fd, 128) == 0, "listen");
    getsockname(fd, (struct sockaddr *)&at, &len);
    printf("127.0.0.1:%u\n", (unsigned)ntohs(at.sin_port));
    fflush(stdout);
    return fd;
}

static void accept_one(ends *ends, int listener, const scenario *scenario, const options *options)
{
    int fd = accept(listener, NULL, NULL);
    must(fd >= 0, "accept");
    end *end = &ends->all[ends->count++];
    end_open(end, fd, scenario, options, true);
    end_turn(end, false);
}

static bool all_have_ended(const ends *ends)
{
    for (size_t i = 0; i < ends->count; i++)
        if (!conn_has_ended(&ends->all[i].conn))
            return false;
    return true;
}

static int run_server(const scenario *scenario)
{
    options options = default_options();
    ends ends = make_room(scenario->connections);
    int listener = listen_anywhere();
    report report = begin_report();
    while (ends.count < scenario->connections || !all_have_ended(&ends)) {
        turn(&ends, ends.count < scenario->connections ? listener : -1);
        if (ends.polled[0].revents != 0)
            accept_one(&ends, listener, scenario, &options);
    }
    for (size_t i = 0; i < ends.count; i++) {
        report.total.messages += ends.all[i].taken.messages;
        report.total.bytes += ends.all[i].taken.bytes;
        report.total.sum += ends.all[i].taken.sum;
    }
    print_report(&report);
    return 0;
}

int main(int argc, char **argv)
{
    must(argc >= 3, "c-e2e (server | client ADDRESS) SCENARIO");
    scenario scenario = parse_scenario(argv[argc - 1]);
    return argc == 3 ? run_server(&scenario) : run_client(argv[2], &scenario);
}
