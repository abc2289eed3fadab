/* readyz PORT: answers /readyz and /metrics, and decodes whatever else comes on that port as OAP/1. */
#include <arpa/inet.h>
#include <oap.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
static uint64_t now(void) {
    struct timespec t;
    return clock_gettime(CLOCK_MONOTONIC, &t) == 0 ? (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec : 0;
}
static void serve(int fd, const oap_monitor *monitor, oap_decoder *decoder) {
    uint8_t in[4096];
    char page[16384];
    size_t size;
    oap_readiness r;
    oap_row rows[64];
    oap_frame_table table;
    const ssize_t got = read(fd, in, sizeof in);
    const uint64_t start = now();
    if (got > 12 && memcmp(in, "GET /readyz ", 12) == 0 && oap_monitor_readiness(monitor, start, &r) == OAP_STATUS_OK)
        dprintf(fd, "HTTP/1.0 %u \r\n%s\r\n%s", r.http_status, oap_readyz_headers(r.ready), r.json);
    else if (got > 13 && memcmp(in, "GET /metrics ", 13) == 0 && !oap_monitor_text(monitor, page, sizeof page, &size))
        dprintf(fd, "HTTP/1.0 200 \r\nContent-Type: %s\r\n\r\n%.*s", oap_text_content_type(), (int)size, page);
    else if (got > 0 && oap_decoder_decode(decoder, in, (size_t)got, rows, 64, &table) <= OAP_STATUS_TRUNCATED)
        oap_monitor_observe_read(monitor, now() - start); /* once a call, frames or reject */
    close(fd);
}
int main(int argc, char **argv) {
    const struct sockaddr_in at = {AF_INET, htons((uint16_t)atoi(argv[argc - 1])), {htonl(INADDR_LOOPBACK)}, {0}};
    struct pollfd port = {socket(AF_INET, SOCK_STREAM, 0), POLLIN, 0};
    oap_monitor *monitor;
    oap_decoder *decoder;
    if (bind(port.fd, (const void *)&at, sizeof at) || listen(port.fd, 16) || oap_monitor_new(NULL, &monitor) ||
        oap_decoder_new(NULL, &decoder) || oap_decoder_set_monitor(decoder, monitor)) return 1;
    while (poll(&port, 1, 1000) >= 0 && oap_monitor_tick(monitor, now()) == OAP_STATUS_OK) /* once a second at least */
        if (port.revents != 0 && !oap_decoder_reset(decoder)) serve(accept(port.fd, NULL, NULL), monitor, decoder);
}
