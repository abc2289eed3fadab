/* `send`: one stream to a server. */
#include "commands.h"
#include "conn.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zlib.h>

typedef enum { START, BODY, END, ACKNOWLEDGE, ECHO, CLOSE } stage;

typedef struct sender {
    conn conn;
    const options *options;
    stage stage;
    uint64_t sent;  /* body bytes queued */
    uint64_t piece; /* bytes of a DATA, but of the last; 0 until the peer has greeted */
    uint64_t frames;
    uLong crc;
    char receipt[1200];
    bool has_receipt;
} sender;

static void take_frame(void *application, const oap_row *row, const uint8_t *bytes)
{
    sender *sender = application;
    if (row->kind == OAP_KIND_DATA) {
        int len = (int)(row->body_len < sizeof sender->receipt ? row->body_len : sizeof sender->receipt - 1);
        snprintf(sender->receipt, sizeof sender->receipt, "%.*s", len, (const char *)bytes + row->body_offset);
    }
    if (row->kind == OAP_KIND_END)
        sender->has_receipt = true;
    oap_connection_take(sender->conn.engine, now_ns(), 1);
}

/* Body bytes of the DATA that the peer has acknowledged. */
static uint64_t acknowledged(const sender *sender)
{
    uint64_t frames = sender->frames - sender->conn.info.outbound.in_flight;
    uint64_t bytes = frames * sender->piece;
    return bytes < sender->sent ? bytes : sender->sent;
}

static bool send_piece(sender *sender)
{
    static uint8_t body[OAP_MAX_FRAME_BYTES];
    const options *options = sender->options;
    if (sender->piece == 0) {
        conn_refresh(&sender->conn);
        uint64_t most = sender->conn.info.max_body - 16; /* a later seq takes more bytes of the header */
        sender->piece = options->chunk < most ? options->chunk : most;
    }
    uint64_t left = options->bytes - sender->sent, len = left < sender->piece ? left : sender->piece;
    for (uint64_t i = 0; i < len; i++)
        body[i] = (uint8_t)((sender->sent + i) % 251);
    if (oap_connection_data(sender->conn.engine, now_ns(), NULL, 0, body, (size_t)len, NULL) != OAP_STATUS_OK)
        return false;
    sender->crc = crc32(sender->crc, body, (uInt)len);
    sender->sent += len;
    sender->frames++;
    return true;
}

/* Whether the stage is over. A send that waits is tried again when the connection has moved. */
static bool advance(sender *sender)
{
    oap_connection *engine = sender->conn.engine;
    const options *options = sender->options;
    switch (sender->stage) {
    case START:
        return oap_connection_start(engine, now_ns(), options->stream, strlen(options->stream)) == OAP_STATUS_OK;
    case BODY:
        while (sender->sent < options->bytes)
            if (!send_piece(sender))
                return false;
        return true;
    case END:
        return oap_connection_end_stream(engine, now_ns(), 0) == OAP_STATUS_OK;
    case ACKNOWLEDGE:
        conn_refresh(&sender->conn);
        return options->nowait || (sender->conn.info.outbound.in_flight == 0 && sender->conn.info.queued == 0);
    case ECHO:
        return !options->echo || sender->has_receipt;
    case CLOSE:
        oap_connection_close(engine, now_ns(), OAP_CLOSE_TIMEOUT);
        return false;
    }
    return false;
}

static int report(sender *sender)
{
    bool all = sender->stage == CLOSE && sender->conn.info.outbound.in_flight == 0;
    if (sender->conn.info.end_reason == OAP_END_CLEAN && all) {
        if (sender->options->echo)
            printf("%s\n", sender->receipt);
        printf("delivered %llu %08lx\n", (unsigned long long)sender->sent, sender->crc);
        return 0;
    }
    bool clean = sender->conn.info.end_reason == OAP_END_CLEAN;
    printf("failed %s acknowledged %llu\n", clean ? "unacknowledged" : conn_reason(&sender->conn),
           (unsigned long long)acknowledged(sender));
    return 1;
}

static int connect_to(uint16_t port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

int run_send(const options *options)
{
    sender sender = {.options = options, .crc = crc32(0, NULL, 0)};
    int fd = connect_to(options->port);
    if (fd < 0 || !conn_open(&sender.conn, fd, options, take_frame, &sender)) {
        printf("failed refused acknowledged 0\n");
        return 1;
    }
    while (!conn_has_ended(&sender.conn)) {
        do {
            while (!conn_has_ended(&sender.conn) && advance(&sender))
                sender.stage++;
        } while (conn_turn(&sender.conn));
        if (conn_has_ended(&sender.conn))
            break;
        struct pollfd wait = {.fd = fd, .events = conn_events(&sender.conn)};
        poll(&wait, 1, conn_timeout(&sender.conn, 1000));
        if (wait.revents & (POLLIN | POLLHUP | POLLERR))
            conn_read(&sender.conn);
    }
    int status = report(&sender);
    conn_free(&sender.conn);
    return status;
}
