#include "upload.h"

#include "dial.h"
#include "link.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { BODY_BYTES = 256 * 1024 };

typedef enum { START, BODY, END, RECEIPT, CLOSE, CLOSED } stage;

typedef struct upload {
    link_t link;
    const char *address;
    char stream[OAP_MAX_HEADER_BYTES];
    stage stage;
    uint64_t size;
    uint64_t queued;
    uint64_t frames;
    unsigned percent_shown;
    bool terminal;
    bool is_receipt; /* the stream that the peer has open */
    bool has_receipt;
    uint32_t receipt;
} upload;

static double seconds(void)
{
    return (double)now_ns() / 1e9;
}

/* A line that is drawn anew on a terminal, else a line each quarter. */
static void show_progress(upload *u)
{
    unsigned step = u->terminal ? 1 : 25;
    unsigned percent = u->queued >= u->size ? 100 : (unsigned)(u->queued * 100 / u->size) / step * step;
    if (percent == u->percent_shown)
        return;
    u->percent_shown = percent;
    fprintf(stderr, "%s%3u %% of %" PRIu64 " bytes%s", u->terminal ? "\r" : "", percent, u->size,
            u->terminal && percent < 100 ? "" : "\n");
}

/* The file stays mapped until the program ends: its bodies are written from where they lie. */
static const uint8_t *map_file(upload *u, const char *file)
{
    struct stat about;
    int fd = open(file, O_RDONLY);
    if (fd < 0 || fstat(fd, &about) != 0)
        fail("%s: %s", file, strerror(errno));
    u->size = (uint64_t)about.st_size;
    void *bytes = u->size > 0 ? mmap(NULL, (size_t)u->size, PROT_READ, MAP_PRIVATE, fd, 0) : NULL;
    if (bytes == MAP_FAILED)
        fail("%s: %s", file, strerror(errno));
    close(fd);
    return bytes;
}

static void take(void *application, const oap_row *row, const uint8_t *bytes)
{
    upload *u = application;
    if (row->kind == OAP_KIND_START)
        u->is_receipt = row->text_len == 7 && memcmp(bytes + row->text_offset, "receipt", 7) == 0;
    if (row->kind == OAP_KIND_END && u->is_receipt) {
        u->has_receipt = true;
        u->receipt = row->value;
    }
}

/* An empty file is an object too: one DATA without bytes. */
static bool send_file(upload *u)
{
    while (u->queued < u->size || u->frames == 0) {
        uint64_t room = u->link.info.max_body - OAP_MAX_HEAD_BYTES, left = u->size - u->queued;
        uint64_t most = room < BODY_BYTES ? room : BODY_BYTES, len = left < most ? left : most;
        if (oap_connection_data_head(u->link.engine, now_ns(), u->address, strlen(u->address), (size_t)len, NULL) !=
            OAP_STATUS_OK)
            return false;
        u->queued += len;
        u->frames++;
        show_progress(u);
    }
    return true;
}

/* Whether the stage is over. A send that waits is tried again when the connection has moved. */
static bool advance(upload *u)
{
    oap_connection *engine = u->link.engine;
    switch (u->stage) {
    case START:
        return oap_connection_start(engine, now_ns(), u->stream, strlen(u->stream)) == OAP_STATUS_OK;
    case BODY:
        return send_file(u);
    case END:
        return oap_connection_end_stream(engine, now_ns(), 0) == OAP_STATUS_OK;
    case RECEIPT:
        return u->has_receipt;
    case CLOSE:
        return oap_connection_close(engine, now_ns(), OAP_CLOSE_TIMEOUT) == OAP_STATUS_OK;
    default:
        return false;
    }
}

static void print_table(const upload *u, double took)
{
    printf("frames    %" PRIu64 " DATA, 1 START, 1 END\n", u->frames);
    printf("bytes     %" PRIu64 "\n", u->queued);
    printf("time      %.1f ms\n", took * 1e3);
    printf("rate      %.2f GB/s\n", (double)u->queued / took / 1e9);
    printf("window    %u frames\n", (unsigned)u->link.info.outbound.window);
    printf("address   %s\n", u->address);
    printf("verified  %s (the receipt's status is %u)\n", u->receipt == 0 ? "yes" : "NO", (unsigned)u->receipt);
}

bool upload_file(const char *host, const char *port, const char *file, const char *address)
{
    upload u = {.address = address, .terminal = isatty(STDERR_FILENO) == 1};
    const char *slash = strrchr(file, '/');
    snprintf(u.stream, sizeof u.stream, "objects/%s", slash == NULL ? file : slash + 1);
    link_open(&u.link, host, port, map_file(&u, file), take, &u);
    double start = seconds(), took = 0;
    while (link_turn(&u.link))
        while (advance(&u))
            if (u.stage++ == RECEIPT)
                took = seconds() - start;
    if (!u.has_receipt)
        link_fail(&u.link);
    print_table(&u, took);
    link_close(&u.link);
    return u.receipt == 0;
}
