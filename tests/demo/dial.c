#include "dial.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

void fail(const char *format, ...)
{
    va_list values;
    va_start(values, format);
    fputs("demo-client: ", stderr);
    vfprintf(stderr, format, values);
    fputc('\n', stderr);
    va_end(values);
    exit(1);
}

static void fail_io(const char *what)
{
    bool late = errno == EAGAIN || errno == EWOULDBLOCK || errno == EINPROGRESS;
    fail("%s: %s", what, late ? "the peer took too long" : strerror(errno));
}

static void set(int fd, int level, int option, const void *value, socklen_t len)
{
    if (setsockopt(fd, level, option, value, len) != 0)
        fail_io("setsockopt");
}

static int open_socket(const struct addrinfo *to)
{
    int fd = socket(to->ai_family, to->ai_socktype, to->ai_protocol);
    if (fd < 0)
        return -1;
    const struct timeval timeout = {.tv_sec = TIMEOUT_SECONDS};
    set(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
    set(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    if (connect(fd, to->ai_addr, to->ai_addrlen) == 0)
        return fd;
    int error = errno;
    close(fd);
    errno = error;
    return -1;
}

int dial(const char *host, const char *port)
{
    const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found;
    int error = getaddrinfo(host, port, &hints, &found);
    if (error != 0)
        fail("%s:%s: %s", host, port, gai_strerror(error));
    int fd = -1;
    for (const struct addrinfo *to = found; to != NULL && fd < 0; to = to->ai_next)
        fd = open_socket(to);
    if (fd < 0)
        fail_io("connect");
    freeaddrinfo(found);
    return fd;
}
