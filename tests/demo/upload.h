/* A file streamed as one object, and what the peer makes of it. */
#ifndef UPLOAD_H
#define UPLOAD_H

#include <stdbool.h>

/* Streams the file and prints the table. Whether the peer's receipt says that it is verified. */
bool upload_file(const char *host, const char *port, const char *file, const char *address);

#endif
