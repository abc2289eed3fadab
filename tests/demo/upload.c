#include "upload.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { BODY_BYTES = 256 * 1024 };

typedef struct upload {
    wire *wire;
    int file;
    const char *address;
    uint64_t size; /* bytes of the file when it was opened */
    uint64_t sent;
    uint64_t last_seq; /* DATA are numbered from 1, so it counts them too */
    unsigned percent_shown;
    bool terminal;
} upload;

static double seconds(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static upload open_upload(const char *file, const char *address)
{
    struct stat about;
    int fd = open(file, O_RDONLY);
    if (fd < 0 || fstat(fd, &about) != 0)
        fail("%s: %s", file, strerror(errno));
    return (upload){
        .file = fd,
        .address = address,
        .size = (uint64_t)about.st_size,
        .terminal = isatty(STDERR_FILENO) == 1,
    };
}

/* A line that is drawn anew on a terminal, else a line each quarter. */
static void show_progress(upload *u)
{
    unsigned step = u->terminal ? 1 : 25;
    unsigned percent = u->sent >= u->size ? 100 : (unsigned)(u->sent * 100 / u->size) / step * step;
    if (percent == u->percent_shown)
        return;
    u->percent_shown = percent;
    fprintf(stderr, "%s%3u %% of %" PRIu64 " bytes%s", u->terminal ? "\r" : "", percent, u->size,
            u->terminal && percent < 100 ? "" : "\n");
}

/* Fills the body as far as the file goes. */
static size_t read_body(int file, uint8_t *body, size_t capacity)
{
    size_t len = 0;
    while (len < capacity) {
        ssize_t got = read(file, body + len, capacity - len);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            fail("the file can't be read: %s", strerror(errno));
        if (got == 0)
            break;
        len += (size_t)got;
    }
    return len;
}

static void send_start(wire *w, const char *file)
{
    char stream[OAP_MAX_HEADER_BYTES];
    const char *slash = strrchr(file, '/');
    snprintf(stream, sizeof stream, "objects/%s", slash == NULL ? file : slash + 1);
    wire_send_start(w, stream);
}

static void send_data(upload *u, const uint8_t *body, size_t len)
{
    wire_send_data(u->wire, ++u->last_seq, u->address, body, len);
    u->sent += len;
    show_progress(u);
}

/* An empty file is an object too: one DATA without bytes. */
static void send_file(upload *u)
{
    static uint8_t body[BODY_BYTES];
    size_t room = oap_session_peer_max_frame(u->wire->session) - OAP_MAX_HEAD_BYTES;
    size_t capacity = room < sizeof body ? room : sizeof body;
    size_t len;
    while ((len = read_body(u->file, body, capacity)) > 0 || u->last_seq == 0)
        send_data(u, body, len);
}

uint32_t receive_receipt(wire *w)
{
    const oap_row *row;
    do
        row = wire_await(w);
    while (row->kind != OAP_KIND_START);
    if (!wire_text_is(w, row, "receipt"))
        fail("the peer opened another stream than the receipt");
    do
        row = wire_await(w);
    while (row->kind != OAP_KIND_END);
    return row->value;
}

static void print_table(const upload *u, double took, uint32_t receipt)
{
    printf("frames    %" PRIu64 " DATA, 1 START, 1 END\n", u->last_seq);
    printf("bytes     %" PRIu64 "\n", u->sent);
    printf("time      %.1f ms\n", took * 1e3);
    printf("rate      %.2f GB/s\n", (double)u->sent / took / 1e9);
    printf("window    %u frames\n", (unsigned)wire_outbound(u->wire).window);
    printf("address   %s\n", u->address);
    printf("verified  %s (the receipt's status is %u)\n", receipt == 0 ? "yes" : "NO", (unsigned)receipt);
}

bool upload_file(const char *host, const char *port, const char *file, const char *address)
{
    upload u = open_upload(file, address);
    u.wire = wire_open(host, port);
    wire_greet(u.wire);
    double start = seconds();
    send_start(u.wire, file);
    send_file(&u);
    wire_send_end(u.wire, u.last_seq);
    uint32_t receipt = receive_receipt(u.wire);
    print_table(&u, seconds() - start, receipt);
    wire_close(u.wire);
    close(u.file);
    return receipt == 0;
}
