/* send HOST PORT FILE: sends a file as one stream, and waits until all of it is acknowledged. */
#include "io.h"
#include "net.h"
enum { START, BODY, END, CLOSE, CLOSED };
static void ignore(void *user, const oap_row *row, const uint8_t *bytes) { (void)user, (void)row, (void)bytes; }
/* Whether the step is done; one that has to wait is tried again after a turn. */
static bool done(oap_connection *c, int step, FILE *file, const char *name) {
    static uint8_t body[OAP_STREAM_CHUNK_BYTES];
    static size_t len;
    oap_connection_info i;
    switch (step) {
    case START: return oap_connection_start(c, now(), name, strlen(name)) == OAP_STATUS_OK;
    case BODY:
        if (oap_connection_inspect(c, &i) != OAP_STATUS_OK) return false;
        if (len == 0) len = fread(body, 1, i.max_body - 16 < sizeof body ? i.max_body - 16 : sizeof body, file);
        if (len > 0 && oap_connection_data(c, now(), NULL, 0, body, len, NULL) == OAP_STATUS_OK) len = 0;
        return len == 0 && feof(file);
    case END: return oap_connection_end_stream(c, now(), 0) == OAP_STATUS_OK;
    case CLOSE: return oap_connection_close(c, now(), OAP_CLOSE_TIMEOUT) == OAP_STATUS_OK;
    default: return false;
    }
}
int main(int argc, char **argv) {
    if (argc != 4) return fputs("HOST PORT FILE\n", stderr), 2;
    const char *slash = strrchr(argv[3], '/'), *name = slash ? slash + 1 : argv[3];
    FILE *file = fopen(argv[3], "rb");
    const int fd = file ? dial(argv[1], argv[2]) : -1;
    oap_connection *c;
    oap_connection_info i;
    if (fd < 0 || oap_connection_new(NULL, NULL, now(), &c) != OAP_STATUS_OK) return perror(name), 1;
    for (int step = START; io_turn(c, fd, ignore, NULL);) step += done(c, step, file, name);
    if (oap_connection_inspect(c, &i) || i.end_reason != OAP_END_CLEAN || i.outbound.in_flight > 0 || !feof(file))
        return fprintf(stderr, "%s: %s\n", name, oap_end_reason_name(i.end_reason)), 1;
    return printf("%s: delivered\n", name) < 0;
}
