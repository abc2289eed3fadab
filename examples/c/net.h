/* Sockets that connect and listen, for the examples in C and C++. */
#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
static inline struct addrinfo *resolve(const char *host, const char *port) {
    struct addrinfo want, *found = NULL;
    memset(&want, 0, sizeof want);
    want.ai_family = AF_INET;
    want.ai_socktype = SOCK_STREAM;
    return getaddrinfo(host, port, &want, &found) == 0 ? found : NULL;
}
/* A connected socket; -1 where nobody listens. */
static inline int dial(const char *host, const char *port) {
    struct addrinfo *at = resolve(host, port);
    const int fd = at ? socket(at->ai_family, SOCK_STREAM, 0) : -1;
    const int failed = fd < 0 || connect(fd, at->ai_addr, at->ai_addrlen);
    if (at) freeaddrinfo(at);
    return failed ? -1 : fd;
}
/* A listening socket, which says where it is; -1 where the address can't be had. */
static inline int listen_on(const char *host, const char *port) {
    struct addrinfo *at = resolve(host, port);
    const int fd = at ? socket(at->ai_family, SOCK_STREAM, 0) : -1;
    const int failed = fd < 0 || bind(fd, at->ai_addr, at->ai_addrlen) || listen(fd, 64);
    struct sockaddr_in bound;
    socklen_t len = sizeof bound;
    if (at) freeaddrinfo(at);
    if (failed || getsockname(fd, (struct sockaddr *)&bound, &len)) return -1;
    printf("listening on %s:%d\n", host, ntohs(bound.sin_port));
    fflush(stdout);
    return fd;
}
