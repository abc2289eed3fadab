/* nghttp2 with the same payloads: a server's session with one open stream, set up once. Flow control is on, with the
   largest windows; the WINDOW_UPDATE frames that it writes are taken off within the measured time. */
#ifndef HTTP2_H
#define HTTP2_H

#include "work.h"

/* Frames that it took from a work's http2 bytes; 0 where it failed. */
size_t http2_decode(const work *work);

/* Frames that it wrote of so many DATA with the body of `tiny`; 0 where it failed. */
size_t http2_encode(size_t frames);

#endif
