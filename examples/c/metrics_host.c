/* metrics_host HOST PORT PAGES: takes streams on PORT, and answers /readyz and /metrics on PAGES. SIGTERM: it drains. */
#include "io.h"
#include "net.h"
#include <pthread.h>
#include <signal.h>
static oap_monitor *monitor;
static volatile sig_atomic_t draining;
static void drain(int number) { (void)number, draining = 1; }
static void ignore(void *user, const oap_row *row, const uint8_t *bytes) { (void)user, (void)row, (void)bytes; }
static void *take(void *fd) {
    oap_connection *c;
    if (oap_connection_new(NULL, NULL, now(), &c) || oap_connection_set_monitor(c, monitor)) abort();
    while (io_turn(c, (int)(intptr_t)fd, ignore, NULL)) {}
    oap_connection_free(c);
    close((int)(intptr_t)fd);
    return NULL;
}
static void *answer(void *client) {
    const int fd = (int)(intptr_t)client;
    char request[1024] = "", page[16384];
    size_t size;
    oap_readiness r;
    const bool asked = poll(&(struct pollfd){fd, POLLIN, 0}, 1, 5000) > 0 && read(fd, request, sizeof request - 1) > 0;
    if (asked && !strncmp(request, "GET /readyz ", 12) && !oap_monitor_readiness(monitor, now(), &r))
        dprintf(fd, "HTTP/1.0 %u \r\n%s\r\n%s", r.http_status, oap_readyz_headers(r.ready), r.json);
    else if (asked && !strncmp(request, "GET /metrics ", 13) && !oap_monitor_text(monitor, page, sizeof page, &size))
        dprintf(fd, "HTTP/1.0 200 \r\nContent-Type: %s\r\n\r\n%.*s", oap_text_content_type(), (int)size, page);
    else if (asked) dprintf(fd, "HTTP/1.0 404 \r\n\r\n");
    close(fd);
    return NULL;
}
int main(int argc, char **argv) {
    if (argc != 4) return fputs("HOST PORT PAGES\n", stderr), 2;
    struct pollfd at[] = {{listen_on(argv[1], argv[2]), POLLIN, 0}, {listen_on(argv[1], argv[3]), POLLIN, 0}};
    pthread_t thread;
    signal(SIGPIPE, SIG_IGN), signal(SIGTERM, drain);
    if (at[0].fd < 0 || at[1].fd < 0 || oap_monitor_new(NULL, &monitor)) return perror("listen"), 1;
    while (poll(at, 2, 1000), oap_monitor_tick(monitor, now()) == OAP_STATUS_OK) { /* once a second at least */
        if (draining) oap_monitor_set_parser_ready(monitor, false); /* a balancer sends no more */
        for (int i = 0, fd; i < 2; i++)
            if (at[i].revents && (fd = accept(at[i].fd, NULL, NULL)) >= 0 &&
                !pthread_create(&thread, NULL, i ? answer : take, (void *)(intptr_t)fd)) pthread_detach(thread);
    }
}
