/*
 * oap.h: OAP/1, a small windowed frame protocol: HELLO | START | DATA | ACK | END | ERROR, at most 1 MiB a frame,
 * credit by acknowledgement. The bytes and the rules are those of docs/OAP-1.md.
 *
 * liboap frames, validates and keeps a session's rules. It has no socket, no file, no clock and no thread; it calls
 * nothing back, has no global state, and does not allocate in decode or encode.
 *
 * A first program: it encodes a frame, and decodes what stands in a buffer.
 *
 *     #include <oap.h>
 *     #include <stdio.h>
 *
 *     int main(void)
 *     {
 *         const oap_frame data = {.struct_size = sizeof data, .kind = OAP_KIND_DATA, .seq = 7,
 *                                 .body = (const uint8_t *)"hello", .body_len = 5};
 *         uint8_t wire[64];
 *         size_t size;
 *         oap_row row;
 *         oap_frame_table table;
 *         if (oap_encode(&data, wire, sizeof wire, &size) != OAP_STATUS_OK ||
 *             oap_decode(NULL, wire, size, &row, &table) != OAP_STATUS_OK || table.rows != 1)
 *             return 1;
 *         printf("%s, %u bytes: %.*s\n", oap_kind_name(row.kind), (unsigned)row.body_len, (int)row.body_len,
 *                (const char *)table.bytes + row.body_offset);
 *         return 0;
 *     }
 *
 * Which part to use: oap_encode and oap_decode for single frames, oap_decoder and oap_stream_decoder for bytes that
 * come one after the other, oap_session for one end of a connection with all its rules, oap_connection where liboap is
 * to decide when to acknowledge, wait and close, oap_monitor for metrics and readiness. docs/c.md is the guide.
 *
 * What holds for every function:
 *
 * - Handles are opaque. Who makes one frees it, once. A handle belongs to one thread at a time; different handles are
 *   independent.
 * - Every buffer belongs to the caller. Inputs are only read, and only during the call. Texts and bytes are pointer
 *   and length; (NULL, 0) is an empty one. Texts are UTF-8 and not NUL-terminated where a length comes with them.
 * - Outputs are written on success only, unless the function says otherwise.
 * - A NULL where there must be none is OAP_STATUS_NULL_POINTER, never a crash. Rows, frames and limits must be aligned
 *   as their type asks: OAP_STATUS_MISALIGNED. Other bad pointers can't be seen: a pointer must be valid for as many
 *   bytes as its length says, and a handle must be live.
 * - Outputs need not be initialized. An output that overlaps an input, another output, or the rows is
 *   OAP_STATUS_OVERLAP; so is a handle's own staging buffer as its input. Not checked: outputs over an oap_frame or its
 *   oap_hello in oap_encode and oap_session_send, which are read before anything is written, and over handles.
 * - A bool is true where its byte is not 0.
 * - oap_status is 0 on success, 1..=8 for the rejects of OAP/1, more for faults of the call.
 * - Where malloc gives NULL, making a handle is OAP_STATUS_NO_MEMORY. What else allocates ends the process then, as
 *   Rust does: staging of a partial frame in oap_stream_decoder_feed, oap_session_recv and oap_connection_receive, what
 *   a connection queues, oap_monitor_readiness and oap_monitor_text.
 * - Handles stay usable in the child of a fork(); see oap_monitor.
 * - A bug inside is caught: OAP_STATUS_INTERNAL. (The Rust runtime writes a line about it to stderr.)
 *
 * This file is generated: change the comments in oap-ffi/src and run `make header`.
 */

#ifndef OAP_H
#define OAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define OAP_STATIC_ASSERT(condition, text) static_assert(condition, text)
#elif defined(__STDC_VERSION__) && __STDC_VERSION__ >= 201112L
#define OAP_STATIC_ASSERT(condition, text) _Static_assert(condition, text)
#else
#define OAP_STATIC_ASSERT(condition, text) struct oap_static_assert
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Limits and kinds ---- */

/**
 * The version of the protocol that a HELLO says.
 */
#define OAP_PROTOCOL_VERSION 1

/**
 * Bytes of the largest frame, prefix included: 1 MiB. It can be configured lower, never higher.
 */
#define OAP_MAX_FRAME_BYTES 1048576

/**
 * Bytes of the smallest `max_frame` a side may advertise.
 */
#define OAP_MIN_MAX_FRAME 4096

/**
 * Bytes of the prefix that starts every frame.
 */
#define OAP_PREFIX_BYTES 8

/**
 * Bytes of the longest header.
 */
#define OAP_MAX_HEADER_BYTES 2048

/**
 * An output of this many bytes, plus those of the body, holds any frame that is encoded.
 */
#define OAP_MAX_HEAD_BYTES 1039

/**
 * A good size for a host's reads and writes. A hint, never a limit.
 */
#define OAP_STREAM_CHUNK_BYTES 65536

/**
 * The `ack_window` that a HELLO without one means, in DATA frames.
 */
#define OAP_DEFAULT_ACK_WINDOW 32

/**
 * The largest `ack_window`, in DATA frames.
 */
#define OAP_MAX_ACK_WINDOW 1024

/**
 * Of HELLO.
 */
#define OAP_KIND_HELLO 1

/**
 * Of START.
 */
#define OAP_KIND_START 2

/**
 * Of DATA.
 */
#define OAP_KIND_DATA 3

/**
 * Of ACK.
 */
#define OAP_KIND_ACK 4

/**
 * Of END.
 */
#define OAP_KIND_END 5

/**
 * Of ERROR.
 */
#define OAP_KIND_ERROR 6

/**
 * The name of a kind, such as "HELLO"; NULL where `kind` is not 1..=6. Static, NUL-terminated. Any thread.
 */
const char *oap_kind_name(uint8_t kind);

/* ---- Statuses ---- */

/**
 * The outcome of a call. 0 is success, 1..=8 are the rejects of OAP/1 with their codes, the rest are faults of the
 * call. Values are never reused; unknown ones may come from later versions: treat them as failure.
 */
typedef int32_t oap_status;

/**
 * Success.
 */
#define OAP_STATUS_OK 0

/**
 * Reject `bad_hello`.
 */
#define OAP_STATUS_BAD_HELLO 1

/**
 * Reject `bad_hello_pq`.
 */
#define OAP_STATUS_BAD_HELLO_PQ 2

/**
 * Reject `frame_oversize`.
 */
#define OAP_STATUS_FRAME_OVERSIZE 3

/**
 * Reject `unknown_envelope`.
 */
#define OAP_STATUS_UNKNOWN_ENVELOPE 4

/**
 * Reject `header_malformed`.
 */
#define OAP_STATUS_HEADER_MALFORMED 5

/**
 * Reject `missing_obj`.
 */
#define OAP_STATUS_MISSING_OBJ 6

/**
 * Reject `credit_violation`.
 */
#define OAP_STATUS_CREDIT_VIOLATION 7

/**
 * Reject `truncated`.
 */
#define OAP_STATUS_TRUNCATED 8

/**
 * A pointer is NULL that must not be. Nothing was done.
 */
#define OAP_STATUS_NULL_POINTER 16

/**
 * A value or a length is out of its range. Nothing was done.
 */
#define OAP_STATUS_OUT_OF_RANGE 17

/**
 * The output is too small; the call says how many bytes it takes. Nothing else was done.
 */
#define OAP_STATUS_BUFFER_TOO_SMALL 18

/**
 * An output overlaps an input or another output, or an input is a handle's own staging buffer. Nothing was done.
 */
#define OAP_STATUS_OVERLAP 19

/**
 * There is nothing to tell: no reject, no refusal, no configuration error.
 */
#define OAP_STATUS_ABSENT 20

/**
 * A row names bytes that its buffer does not have. Nothing was done.
 */
#define OAP_STATUS_OUT_OF_BOUNDS 21

/**
 * A bug in liboap was caught. A handle that the call may have changed is poisoned: free it, or reset it where it has a
 * reset.
 */
#define OAP_STATUS_INTERNAL 22

/**
 * The handle was poisoned by an earlier OAP_STATUS_INTERNAL.
 */
#define OAP_STATUS_POISONED 23

/**
 * A pointer is not aligned as its type asks. Nothing was done.
 */
#define OAP_STATUS_MISALIGNED 24

/**
 * There is no memory for a new handle. Nothing was done.
 */
#define OAP_STATUS_NO_MEMORY 25

/**
 * The send waits for the peer's HELLO. Nothing was queued.
 */
#define OAP_STATUS_WAITS_HANDSHAKE 26

/**
 * The send waits for an acknowledgement of the peer. Nothing was queued.
 */
#define OAP_STATUS_WAITS_CREDIT 27

/**
 * The send waits for room among the bytes that wait to be written. Nothing was queued.
 */
#define OAP_STATUS_WAITS_ROOM 28

/**
 * The connection closes or has ended. Nothing was queued.
 */
#define OAP_STATUS_CLOSED 29

/**
 * The name of a status, such as "OAP_STATUS_OK"; "OAP_STATUS_UNKNOWN" for a value that this version does not know.
 * Static, NUL-terminated. Any thread.
 */
const char *oap_status_name(oap_status status);

/**
 * The label of a reject, such as "bad_hello"; NULL where `code` is not 1..=8. A status of 1..=8 is such a code.
 * Static, NUL-terminated. Any thread.
 */
const char *oap_reject_label(uint32_t code);

/**
 * Why a frame was rejected or refused. The texts are static UTF-8 and not NUL-terminated.
 */
typedef struct oap_reject {
    /**
     * Where the rejected frame starts: bytes of the stream before it. 0 in a refusal.
     */
    uint64_t offset;
    /**
     * Bytes of the stream that it took to know. 0 in a refusal.
     */
    uint64_t at;
    /**
     * The limit that was passed, if `has_limit`.
     */
    uint64_t limit;
    /**
     * The field at fault, in the spec's words, such as "DATA.seq".
     */
    const char *field;
    /**
     * Bytes of `field`.
     */
    size_t field_len;
    /**
     * The fault, in words that read on from `field`.
     */
    const char *detail;
    /**
     * Bytes of `detail`.
     */
    size_t detail_len;
    /**
     * The reject's code, 1..=8: see oap_reject_label.
     */
    uint32_t code;
    /**
     * Whether there is a limit.
     */
    bool has_limit;
} oap_reject;

/* ---- Configuration ---- */

/**
 * A configuration. It starts with the defaults; each setter checks its value, so what it holds is always valid.
 *
 * Owner: the caller, from oap_config_new to oap_config_free. Decoders and sessions copy it when they are made: it may
 * be freed or changed afterwards. One thread at a time; a configuration that nobody changes may be read by many.
 */
typedef struct oap_config oap_config;

/**
 * Makes a configuration that holds the defaults.
 *
 * @param config  where its handle goes; free it with oap_config_free
 * @return OAP_STATUS_OK, OAP_STATUS_NULL_POINTER
 */
oap_status oap_config_new(struct oap_config **config);

/**
 * Whether headers must be canonical (true, the default), or relaxed ones are taken too: for interop labs.
 *
 * @return OAP_STATUS_OK, OAP_STATUS_NULL_POINTER
 */
oap_status oap_config_set_strict_headers(struct oap_config *config,
                                         bool strict);

/**
 * Whether DATA on an object stream needs an `obj`. Default true.
 *
 * @return OAP_STATUS_OK, OAP_STATUS_NULL_POINTER
 */
oap_status oap_config_set_enforce_obj_header_on_objects(struct oap_config *config, bool enforce);

/**
 * Whether a received HELLO may have feature bits set. Default true.
 *
 * @return OAP_STATUS_OK, OAP_STATUS_NULL_POINTER
 */
oap_status oap_config_set_allow_pq_hello_flags(struct oap_config *config, bool allow);

/**
 * DATA frames taken unacknowledged; the HELLO says so.
 *
 * @param frames  1..=1024; default 32
 * @return OAP_STATUS_OK, OAP_STATUS_OUT_OF_RANGE (oap_config_get_error says more), OAP_STATUS_NULL_POINTER
 */
oap_status oap_config_set_ack_window_frames(struct oap_config *config,
                                            uint64_t frames);

/**
 * Bytes of the largest frame taken, prefix included; the HELLO says so.
 *
 * @param bytes  4096..=1048576; default 1048576
 * @return OAP_STATUS_OK, OAP_STATUS_OUT_OF_RANGE (oap_config_get_error says more), OAP_STATUS_NULL_POINTER
 */
oap_status oap_config_set_max_frame(struct oap_config *config,
                                    uint64_t bytes);

/**
 * The feature bits that the HELLO says. Opaque: carried and never interpreted. Default: none said.
 *
 * @return OAP_STATUS_OK, OAP_STATUS_NULL_POINTER
 */
oap_status oap_config_set_features(struct oap_config *config, uint64_t features);

/**
 * The HELLO says no feature bits: the default.
 *
 * @return OAP_STATUS_OK, OAP_STATUS_NULL_POINTER
 */
oap_status oap_config_unset_features(struct oap_config *config);

/**
 * After seq 2^64 - 1 no DATA may follow. The default.
 */
#define OAP_SEQ_ROLLOVER_ERROR 0

/**
 * After seq 2^64 - 1 comes 0.
 */
#define OAP_SEQ_ROLLOVER_WRAP 1

/**
 * The rule for the seq after 2^64 - 1.
 *
 * @param policy  OAP_SEQ_ROLLOVER_ERROR (the default) or OAP_SEQ_ROLLOVER_WRAP
 * @return OAP_STATUS_OK, OAP_STATUS_OUT_OF_RANGE, OAP_STATUS_NULL_POINTER
 */
oap_status oap_config_set_seq_rollover_policy(struct oap_config *config, int32_t policy);

/**
 * The value that a setter refused.
 */
typedef struct oap_config_error {
    /**
     * The name of the field. Static UTF-8, not NUL-terminated.
     */
    const char *field;
    /**
     * Bytes of `field`.
     */
    size_t field_len;
    /**
     * The value refused.
     */
    uint64_t value;
    /**
     * The least value allowed.
     */
    uint64_t min;
    /**
     * The greatest value allowed.
     */
    uint64_t max;
} oap_config_error;

/**
 * The value that the last setter refused: field, value and range.
 *
 * @param error  where it goes
 * @return OAP_STATUS_OK, OAP_STATUS_ABSENT where the last setter succeeded, OAP_STATUS_NULL_POINTER
 */
oap_status oap_config_get_error(const struct oap_config *config, struct oap_config_error *error);

/**
 * Frees a configuration. NULL does nothing.
 */
void oap_config_free(struct oap_config *config);

/* ---- Encoding frames ---- */

/**
 * The fields of a HELLO.
 */
typedef struct oap_hello {
    /**
     * Bytes of the largest frame its sender takes: 4096..=1048576.
     */
    uint64_t max_frame;
    /**
     * Opaque feature bits, if `has_features`.
     */
    uint64_t features;
    /**
     * OAP_PROTOCOL_VERSION.
     */
    uint32_t version;
    /**
     * DATA frames its sender takes unacknowledged, 1..=1024, if `has_ack_window`; else 32 is meant.
     */
    uint32_t ack_window;
    /**
     * Whether `features` is said.
     */
    bool has_features;
    /**
     * Whether `ack_window` is said.
     */
    bool has_ack_window;
} oap_hello;

/**
 * A frame to be encoded or sent, by the names of oap_row. Only the fields of its kind are read; the others need not be
 * initialized.
 *
 * A later version of the structure may have more fields at its end. A caller that does not know them is understood, by
 * its `struct_size`; where one does and the library does not, they must be 0.
 */
typedef struct oap_frame {
    /**
     * sizeof(oap_frame).
     */
    size_t struct_size;
    /**
     * OAP_KIND_…
     */
    uint8_t kind;
    /**
     * END: `status`. ERROR: `code`. Both 0..=65535.
     */
    uint32_t value;
    /**
     * DATA: `seq`. END: `seq` of the stream's last DATA, or 0 where it carried none. ACK: `up_to`.
     */
    uint64_t seq;
    /**
     * DATA: the bytes carried; (NULL, 0) is empty.
     */
    const uint8_t *body;
    /**
     * Bytes of `body`.
     */
    size_t body_len;
    /**
     * START: `stream`, 1..=1024 bytes. DATA: `obj`, "b3:" and 64 lowercase hex digits; (NULL, 0) for none (an empty one
     * is malformed). ERROR: `reason`, 0..=1024 bytes; (NULL, 0) is empty. UTF-8 without control characters.
     */
    const char *text;
    /**
     * Bytes of `text`.
     */
    size_t text_len;
    /**
     * HELLO: its fields. NULL in oap_session_send: those that the configuration makes.
     */
    const struct oap_hello *hello;
} oap_frame;

/**
 * Encodes a frame, apart from any session.
 *
 * @param frame     it is only read, and so are its text and body
 * @param out       where the encoded frame goes; the caller's, and not overlapping an input
 * @param capacity  bytes that fit there; OAP_MAX_HEAD_BYTES plus those of the body are always enough
 * @param size      the frame's bytes: written on OAP_STATUS_OK, needed on OAP_STATUS_BUFFER_TOO_SMALL
 * @return OAP_STATUS_OK; OAP_STATUS_BAD_HELLO or OAP_STATUS_HEADER_MALFORMED where a field breaks its rule,
 *         OAP_STATUS_FRAME_OVERSIZE where the frame would be over 1 MiB (oap_encode_refusal says more);
 *         OAP_STATUS_BUFFER_TOO_SMALL, OAP_STATUS_NULL_POINTER, OAP_STATUS_MISALIGNED, OAP_STATUS_OUT_OF_RANGE (no
 *         such kind, or another structure), OAP_STATUS_OVERLAP, OAP_STATUS_INTERNAL
 */
oap_status oap_encode(const struct oap_frame *frame,
                      uint8_t *out,
                      size_t capacity,
                      size_t *size);

/**
 * Why oap_encode refuses a frame: the field and the limit. It keeps nothing of a call before: the frame is looked at anew.
 *
 * @param frame    it is only read, and so are its text and body
 * @param refusal  where it goes; its `offset` and `at` are 0
 * @return OAP_STATUS_OK, OAP_STATUS_ABSENT where the frame breaks no rule, OAP_STATUS_NULL_POINTER,
 *         OAP_STATUS_MISALIGNED, OAP_STATUS_OUT_OF_RANGE (no such kind, or another structure), OAP_STATUS_INTERNAL
 */
oap_status oap_encode_refusal(const struct oap_frame *frame,
                              struct oap_reject *refusal);

/* ---- Decoding frames ---- */

/**
 * One frame of a buffer: its numbers, and where its text and body stand. 32 bytes, no pointer, the layout is fixed.
 *
 * Offsets are in bytes from the buffer that the rows belong to: `oap_frame_table.bytes`. What does not belong to a
 * kind is 0, but for the offsets, which always stay inside the buffer. The frame itself starts at
 * `body_offset - header_len - 8` and has `8 + header_len + body_len` bytes.
 */
typedef struct oap_row {
    /**
     * DATA and END: `seq`. ACK: `up_to`. HELLO: `features`, if OAP_HAS_FEATURES.
     */
    uint64_t seq;
    /**
     * Where the body starts; where there is none, the frame's end.
     */
    uint32_t body_offset;
    /**
     * DATA: bytes of its body.
     */
    uint32_t body_len;
    /**
     * Where START's `stream`, DATA's `obj` or ERROR's `reason` starts. UTF-8, not NUL-terminated.
     */
    uint32_t text_offset;
    /**
     * HELLO: `max_frame`. END: `status`. ERROR: `code`.
     */
    uint32_t value;
    /**
     * Bytes of that text.
     */
    uint16_t text_len;
    /**
     * Bytes of the header.
     */
    uint16_t header_len;
    /**
     * HELLO: `ack_window`, if OAP_HAS_ACK_WINDOW; else 32 is meant.
     */
    uint16_t ack_window;
    /**
     * OAP_KIND_…
     */
    uint8_t kind;
    /**
     * OAP_HAS_…
     */
    uint8_t flags;
} oap_row;

/**
 * oap_row.flags: DATA has an `obj`.
 */
#define OAP_HAS_OBJ 1

/**
 * oap_row.flags: HELLO has `features`.
 */
#define OAP_HAS_FEATURES 2

/**
 * oap_row.flags: HELLO has an `ack_window`.
 */
#define OAP_HAS_ACK_WINDOW 4

/**
 * The frames that one call found.
 */
typedef struct oap_frame_table {
    /**
     * The bytes that the rows' offsets count in: the caller's own input, or the staging buffer of a stream decoder
     * or session. Read it in place; it is not the caller's to free. The comment of each function says how long it
     * stays.
     */
    const uint8_t *bytes;
    /**
     * Rows filled, from the first of the caller's array.
     */
    size_t rows;
    /**
     * Bytes of the input that are dealt with. The next input starts behind them.
     */
    size_t consumed;
    /**
     * How many bytes more, after all of the input, the next step needs: a hint for the size of the next read. 0 while
     * `more` is true.
     */
    size_t need;
    /**
     * Whether there is more to say now: call again with the rest of the input. No row was left, or a reject follows
     * these frames.
     */
    bool more;
} oap_frame_table;

/**
 * Decodes the one frame at the front of `bytes` without a handle: no position, no verdict kept.
 *
 * @param config  NULL means the defaults
 * @param bytes   (NULL, 0) is empty
 * @param len     bytes there
 * @param row     where the frame goes, where there is a whole one
 * @param table   `rows` is 0 or 1
 * @return as oap_decoder_decode
 */
oap_status oap_decode(const struct oap_config *config,
                      const uint8_t *bytes,
                      size_t len,
                      struct oap_row *row,
                      struct oap_frame_table *table);

/* ---- Decoder: buffers of the caller's own ---- */

/**
 * Decodes a byte stream from buffers that the caller owns. It holds a configuration, a position and a verdict, never
 * bytes. Decoding does not allocate, and the cost of a frame does not depend on its body.
 *
 * Owner: the caller, from oap_decoder_new to oap_decoder_free. One thread at a time.
 */
typedef struct oap_decoder oap_decoder;

/**
 * Makes a decoder at the start of a stream.
 *
 * @param config   copied; NULL means the defaults
 * @param decoder  where its handle goes; free it with oap_decoder_free
 * @return OAP_STATUS_OK, OAP_STATUS_NULL_POINTER, OAP_STATUS_POISONED (the configuration)
 */
oap_status oap_decoder_new(const struct oap_config *config, struct oap_decoder **decoder);

/**
 * Decodes the whole frames at the front of `bytes`, as many as there are rows. With one row it is one frame a call.
 *
 * Each call continues behind what the calls before it consumed: next pass the same bytes from `table->consumed` on,
 * at once while `table->more` is true, else with more behind them. Frames before a bad one are given first, by a call of their
 * own; after a reject every call gives the same reject until oap_decoder_reset.
 *
 * @param bytes     the stream from where the last call left off; (NULL, 0) is empty
 * @param len       bytes there
 * @param rows      an array that the rows go to; the caller's, and not overlapping the input
 * @param capacity  rows that it has room for: at least 1
 * @param table     what was found; `table->bytes` is `bytes`
 * @return OAP_STATUS_OK, also where there is no whole frame yet (`rows` 0, `need` says how many bytes more);
 *         a reject, 1..=8; OAP_STATUS_NULL_POINTER, OAP_STATUS_OUT_OF_RANGE, OAP_STATUS_OVERLAP,
 *         OAP_STATUS_INTERNAL, OAP_STATUS_POISONED. Outputs are written on OAP_STATUS_OK only.
 */
oap_status oap_decoder_decode(struct oap_decoder *decoder,
                              const uint8_t *bytes,
                              size_t len,
                              struct oap_row *rows,
                              size_t capacity,
                              struct oap_frame_table *table);

/**
 * Reports that the input has ended.
 *
 * @param rest  what no call has consumed; (NULL, 0) where nothing is left
 * @param len   bytes there
 * @return OAP_STATUS_OK, OAP_STATUS_TRUNCATED where `rest` is part of a frame, the reject given before,
 *         OAP_STATUS_NULL_POINTER, OAP_STATUS_OUT_OF_RANGE, OAP_STATUS_INTERNAL, OAP_STATUS_POISONED
 */
oap_status oap_decoder_finish(struct oap_decoder *decoder,
                              const uint8_t *rest,
                              size_t len);

/**
 * The details of the reject that the decoder gave was about.
 *
 * @param reject  where it goes
 * @return OAP_STATUS_OK, OAP_STATUS_ABSENT where none was given, OAP_STATUS_NULL_POINTER, OAP_STATUS_POISONED
 */
oap_status oap_decoder_reject(const struct oap_decoder *decoder,
                              struct oap_reject *reject);

/**
 * Back to the start of a new stream, without a verdict.
 *
 * @return OAP_STATUS_OK, OAP_STATUS_NULL_POINTER
 */
oap_status oap_decoder_reset(struct oap_decoder *decoder);

/**
 * Frees a decoder. NULL does nothing.
 */
void oap_decoder_free(struct oap_decoder *decoder);

/* ---- Stream decoder: chunks in any split ---- */

/**
 * Decodes a byte stream that comes in chunks. Frames that lie whole in a chunk stay where they are; of the one frame
 * that a chunk cuts, the bytes that have come are staged, and never more than that frame.
 *
 * Owner: the caller, from oap_stream_decoder_new to oap_stream_decoder_free. One thread at a time.
 */
typedef struct oap_stream_decoder oap_stream_decoder;

/**
 * Makes a stream decoder at the start of a stream.
 *
 * @param config   copied; NULL means the defaults
 * @param decoder  where its handle goes; free it with oap_stream_decoder_free
 * @return OAP_STATUS_OK, OAP_STATUS_NULL_POINTER, OAP_STATUS_POISONED (the configuration)
 */
oap_status oap_stream_decoder_new(const struct oap_config *config,
                                  struct oap_stream_decoder **decoder);

/**
 * Takes a chunk and gives the next frames, as many as there are rows. Call again with what follows
 * `table->consumed` while `table->more` is true.
 *
 * `table->bytes` is the chunk itself or, for a frame that an earlier chunk began, the staging buffer. The latter stays
 * until the next call with this handle other than oap_stream_decoder_staged and _reject.
 *
 * @param chunk     the next bytes of the stream, in any split; (NULL, 0) is empty
 * @param len       bytes there
 * @param rows      an array that the rows go to; the caller's, and not overlapping the input
 * @param capacity  rows that it has room for: at least 1
 * @param table     what was found
 * @return OAP_STATUS_OK; a reject, 1..=8, and the same at every later call until oap_stream_decoder_reset;
 *         OAP_STATUS_NULL_POINTER, OAP_STATUS_OUT_OF_RANGE, OAP_STATUS_OVERLAP, OAP_STATUS_INTERNAL,
 *         OAP_STATUS_POISONED. Outputs are written on OAP_STATUS_OK only.
 */
oap_status oap_stream_decoder_feed(struct oap_stream_decoder *decoder,
                                   const uint8_t *chunk,
                                   size_t len,
                                   struct oap_row *rows,
                                   size_t capacity,
                                   struct oap_frame_table *table);

/**
 * Reports that the input has ended.
 *
 * @return OAP_STATUS_OK, OAP_STATUS_TRUNCATED where it ended inside a frame, the reject given before,
 *         OAP_STATUS_NULL_POINTER, OAP_STATUS_INTERNAL, OAP_STATUS_POISONED
 */
oap_status oap_stream_decoder_finish(struct oap_stream_decoder *decoder);

/**
 * Bytes of a partial frame that are staged. 0 for NULL and for a poisoned handle.
 */
size_t oap_stream_decoder_staged(const struct oap_stream_decoder *decoder);

/**
 * The details of the reject that the stream decoder gave was about.
 *
 * @param reject  where it goes
 * @return OAP_STATUS_OK, OAP_STATUS_ABSENT where none was given, OAP_STATUS_NULL_POINTER, OAP_STATUS_POISONED
 */
oap_status oap_stream_decoder_reject(const struct oap_stream_decoder *decoder,
                                     struct oap_reject *reject);

/**
 * Back to the start of a new stream: nothing staged, no verdict.
 *
 * @return OAP_STATUS_OK, OAP_STATUS_NULL_POINTER
 */
oap_status oap_stream_decoder_reset(struct oap_stream_decoder *decoder);

/**
 * Frees a stream decoder and what it has staged. NULL does nothing.
 */
void oap_stream_decoder_free(struct oap_stream_decoder *decoder);

/* ---- Session: the rules of both directions ---- */

/**
 * One side of a session: decodes and judges what the peer sends, and refuses to encode what the peer would have to
 * reject. No clock, no I/O.
 *
 * Owner: the caller, from oap_session_new to oap_session_free. One thread at a time.
 */
typedef struct oap_session oap_session;

/**
 * Makes a session in which neither side has spoken.
 *
 * @param config   copied; NULL means the defaults
 * @param session  where its handle goes; free it with oap_session_free
 * @return OAP_STATUS_OK, OAP_STATUS_NULL_POINTER, OAP_STATUS_POISONED (the configuration)
 */
oap_status oap_session_new(const struct oap_config *config, struct oap_session **session);

/**
 * Takes received bytes and gives the next frames, as many as there are rows. A reject stands from the call that gives
 * the frames before it: from then on only an ERROR may go. Call again with what follows `table->consumed` while
 * `table->more` is true.
 *
 * `table->bytes` is the chunk itself or, for a frame that an earlier chunk began, the staging buffer. The latter
 * stays until the next oap_session_recv, _finish, _reset or _free, or until an ERROR is sent.
 *
 * @param chunk     the peer's next bytes, in any split; (NULL, 0) is empty
 * @param len       bytes there
 * @param rows      an array that the rows go to; the caller's, and not overlapping the input
 * @param capacity  rows that it has room for: at least 1
 * @param table     what was found
 * @return OAP_STATUS_OK; a reject, 1..=8, and the same at every later call until an ERROR is sent (after that, what
 *         still arrives is discarded); OAP_STATUS_NULL_POINTER, OAP_STATUS_OUT_OF_RANGE, OAP_STATUS_OVERLAP,
 *         OAP_STATUS_INTERNAL, OAP_STATUS_POISONED. Outputs are written on OAP_STATUS_OK only.
 */
oap_status oap_session_recv(struct oap_session *session,
                            const uint8_t *chunk,
                            size_t len,
                            struct oap_row *rows,
                            size_t capacity,
                            struct oap_frame_table *table);

/**
 * Reports that the peer's bytes have ended. Whether they ended at a good place is the host's to judge.
 *
 * @return OAP_STATUS_OK, OAP_STATUS_TRUNCATED where they ended inside a frame, the reject given before,
 *         OAP_STATUS_NULL_POINTER, OAP_STATUS_INTERNAL, OAP_STATUS_POISONED
 */
oap_status oap_session_finish(struct oap_session *session);

/**
 * The details of the reject that the session gave was about.
 *
 * @param reject  where it goes
 * @return OAP_STATUS_OK, OAP_STATUS_ABSENT where none was given, OAP_STATUS_NULL_POINTER, OAP_STATUS_POISONED
 */
oap_status oap_session_reject(const struct oap_session *session,
                              struct oap_reject *reject);

/**
 * Encodes a frame and takes it as sent: from OAP_STATUS_OK on the host must send all that was encoded, in the order of
 * the calls. On any other status the session stays as it was.
 *
 * The first frame of a side is its HELLO, which advertises no more than the configuration does. DATA takes one credit
 * until the peer acknowledges it; its `seq` is any number for the direction's first one, then the next one each. ACK
 * gives the peer credit back, ERROR ends the session both ways: what still arrives is discarded.
 *
 * @param frame     it is only read, and so are its text and body
 * @param out       where the encoded frame goes; the caller's, and not overlapping an input
 * @param capacity  bytes that fit there; OAP_MAX_HEAD_BYTES plus those of the body are always enough
 * @param size      the frame's bytes: written on OAP_STATUS_OK, needed on OAP_STATUS_BUFFER_TOO_SMALL
 * @return OAP_STATUS_OK; a reject's code, 1..=7, where the peer would have to reject the frame (oap_session_refusal
 *         says more); OAP_STATUS_BUFFER_TOO_SMALL, OAP_STATUS_NULL_POINTER, OAP_STATUS_MISALIGNED,
 *         OAP_STATUS_OUT_OF_RANGE (no such kind, or another structure), OAP_STATUS_OVERLAP, OAP_STATUS_INTERNAL,
 *         OAP_STATUS_POISONED
 */
oap_status oap_session_send(struct oap_session *session,
                            const struct oap_frame *frame,
                            uint8_t *out,
                            size_t capacity,
                            size_t *size);

/**
 * Encodes frames one behind the other and takes them as sent, all of them or none: many in one call.
 *
 * @param frames    an array: each with the `struct_size` of the first
 * @param count     frames there; 0 sends nothing
 * @param out       where the encoded frames go; the caller's, and not overlapping an input
 * @param capacity  bytes that fit there; OAP_MAX_HEAD_BYTES for each, plus those of the bodies, are always enough
 * @param size      the bytes of all: written on OAP_STATUS_OK, needed on OAP_STATUS_BUFFER_TOO_SMALL
 * @return as oap_session_send, for the first frame that can't be sent
 */
oap_status oap_session_send_all(struct oap_session *session,
                                const struct oap_frame *frames,
                                size_t count,
                                uint8_t *out,
                                size_t capacity,
                                size_t *size);

/**
 * Why the last send was refused with a code of 1..=7: the field and the limit.
 *
 * @param refusal  where it goes; its `offset` and `at` are 0
 * @return OAP_STATUS_OK, OAP_STATUS_ABSENT where the last send was not refused so, OAP_STATUS_NULL_POINTER,
 *         OAP_STATUS_POISONED
 */
oap_status oap_session_refusal(const struct oap_session *session,
                               struct oap_reject *refusal);

/**
 * The HELLO that the configuration makes. It is not sent: a frame of OAP_KIND_HELLO without fields sends it.
 *
 * @param hello  where it goes
 * @return OAP_STATUS_OK, OAP_STATUS_NULL_POINTER, OAP_STATUS_MISALIGNED, OAP_STATUS_POISONED
 */
oap_status oap_session_hello(const struct oap_session *session,
                             struct oap_hello *hello);

/**
 * One direction of a session at a glance.
 */
typedef struct oap_flow {
    /**
     * The seq of the direction's last DATA, if `has_last_seq`.
     */
    uint64_t last_seq;
    /**
     * DATA frames sent and not yet acknowledged.
     */
    uint32_t in_flight;
    /**
     * DATA frames that may be in flight: the receiver's `ack_window`; 0 before its HELLO.
     */
    uint32_t window;
    /**
     * DATA frames that may be sent now: `window - in_flight`.
     */
    uint32_t credit;
    /**
     * Whether the direction has carried DATA.
     */
    bool has_last_seq;
    /**
     * Whether a stream is open.
     */
    bool open;
    /**
     * Whether the open stream is an object stream.
     */
    bool objects;
} oap_flow;

/**
 * The frames that this side has sent: its credit, what is in flight, whether a stream is open.
 *
 * @param flow  where it goes
 * @return OAP_STATUS_OK, OAP_STATUS_NULL_POINTER, OAP_STATUS_POISONED
 */
oap_status oap_session_outbound(const struct oap_session *session, struct oap_flow *flow);

/**
 * The frames that the peer has sent.
 *
 * @param flow  where it goes
 * @return OAP_STATUS_OK, OAP_STATUS_NULL_POINTER, OAP_STATUS_POISONED
 */
oap_status oap_session_inbound(const struct oap_session *session, struct oap_flow *flow);

/**
 * Whether both HELLOs have passed. False for NULL and for a poisoned handle.
 */
bool oap_session_is_established(const struct oap_session *session);

/**
 * Whether an ERROR has passed, either way: nothing more may be sent. False for NULL and for a poisoned handle.
 */
bool oap_session_has_ended(const struct oap_session *session);

/**
 * Bytes of the largest frame that the peer takes; 0 before its HELLO, for NULL and for a poisoned handle.
 */
size_t oap_session_peer_max_frame(const struct oap_session *session);

/**
 * Bytes of a partial frame that are staged. 0 for NULL and for a poisoned handle.
 */
size_t oap_session_staged(const struct oap_session *session);

/**
 * Back to a session in which neither side has spoken.
 *
 * @return OAP_STATUS_OK, OAP_STATUS_NULL_POINTER
 */
oap_status oap_session_reset(struct oap_session *session);

/**
 * Frees a session and what it has staged. NULL does nothing.
 */
void oap_session_free(struct oap_session *session);

/* ---- Connection: a session that decides when to acknowledge, wait and close ---- */

/**
 * One end of a connection, without its transport: it decides when to acknowledge, wait, stop and close
 * (docs/connection.md). The host moves bytes and says the time, in nanoseconds of a monotonic clock.
 *
 * Owner: the caller, from oap_connection_new to oap_connection_free. One thread at a time.
 */
typedef struct oap_connection oap_connection;

/**
 * Limits of a connection: docs/connection.md. Times are nanoseconds, sizes are bytes. Fill it by
 * oap_connection_options_init, then change what you want to.
 *
 * A later version of the structure may have more fields at its end; `struct_size` tells which one the caller knows.
 * Where the caller knows fields that the library does not, they must be 0.
 */
typedef struct oap_connection_options {
    /**
     * sizeof(oap_connection_options).
     */
    size_t struct_size;
    /**
     * How long the peer may take to send its HELLO. Default 10 s; at least 1.
     */
    uint64_t handshake_timeout_ns;
    /**
     * How long no byte may pass either way. 0, the default, is for ever.
     */
    uint64_t idle_timeout_ns;
    /**
     * How long both sides may wait for each other's credit. Default 30 s; at least 1.
     */
    uint64_t stall_timeout_ns;
    /**
     * How long a close may take. Default 10 s; at least 1.
     */
    uint64_t close_timeout_ns;
    /**
     * Received and untaken bytes from which on nothing is read. Default 1 MiB; 1..=2^32.
     */
    uint64_t receive_buffer;
    /**
     * The same while a send waits for credit. Default 64 MiB; 1..=2^32.
     */
    uint64_t receive_limit;
    /**
     * Bytes that wait to be written, from which on a send waits for room. Default 256 KiB; 1..=2^32.
     */
    uint64_t send_buffer;
    /**
     * Whether what is taken is acknowledged without a call. Default true.
     */
    bool auto_ack;
} oap_connection_options;

/**
 * Sets all options to their defaults.
 *
 * @param options  where they go
 * @return OAP_STATUS_OK, OAP_STATUS_NULL_POINTER
 */
oap_status oap_connection_options_init(struct oap_connection_options *options);

/**
 * Checks options before they are used, and writes which is out of its range.
 *
 * @param options  what to check
 * @param error    the first field that is out of its range: written on OAP_STATUS_OUT_OF_RANGE only
 * @return OAP_STATUS_OK, OAP_STATUS_OUT_OF_RANGE, OAP_STATUS_NULL_POINTER, OAP_STATUS_MISALIGNED, OAP_STATUS_OVERLAP
 */
oap_status oap_connection_options_check(const struct oap_connection_options *options,
                                        struct oap_config_error *error);

/**
 * The window of a connection whose caller gives no configuration, in DATA frames.
 */
#define OAP_CONNECTION_WINDOW 1024

/**
 * Makes a connection whose transport has just been opened; its HELLO is queued.
 *
 * @param config      copied; NULL means the defaults with a window of OAP_CONNECTION_WINDOW
 * @param options     copied; NULL means the defaults
 * @param now         the time, in nanoseconds of a monotonic clock, here and in every call
 * @param connection  where its handle goes; free it with oap_connection_free
 * @return OAP_STATUS_OK, OAP_STATUS_NULL_POINTER, OAP_STATUS_MISALIGNED, OAP_STATUS_OUT_OF_RANGE (an option:
 *         oap_connection_options_check says which), OAP_STATUS_NO_MEMORY, OAP_STATUS_POISONED (the configuration)
 */
oap_status oap_connection_new(const struct oap_config *config,
                              const struct oap_connection_options *options,
                              uint64_t now,
                              struct oap_connection **connection);

/**
 * oap_connection_info.state: the peer's HELLO has not come.
 */
#define OAP_CONNECTION_HANDSHAKE 0

/**
 * oap_connection_info.state: both HELLOs have passed.
 */
#define OAP_CONNECTION_OPEN 1

/**
 * oap_connection_info.state: the peer's input has ended between streams; what is here can still be taken.
 */
#define OAP_CONNECTION_PEER_CLOSED 2

/**
 * oap_connection_info.state: this side closes; what is queued is being written.
 */
#define OAP_CONNECTION_CLOSING 3

/**
 * oap_connection_info.state: all is written, the writing side is to be shut; acknowledgements are still read.
 */
#define OAP_CONNECTION_SHUT 4

/**
 * oap_connection_info.state: it is over; close the transport.
 */
#define OAP_CONNECTION_ENDED 5

/**
 * The name of a connection's state, such as "open"; NULL where `state` is none of OAP_CONNECTION_HANDSHAKE to
 * OAP_CONNECTION_ENDED. Static, NUL-terminated. Any thread.
 */
const char *oap_connection_state_name(uint8_t state);

/**
 * oap_connection_info.end_reason: none yet.
 */
#define OAP_END_NONE 0

/**
 * Everything that was sent is acknowledged, and the peer's input ended between streams.
 */
#define OAP_END_CLEAN 1

/**
 * The peer's input ended inside its stream.
 */
#define OAP_END_INCOMPLETE 2

/**
 * The peer closed before it took all that was sent.
 */
#define OAP_END_UNACKNOWLEDGED 3

/**
 * The peer broke a rule: oap_connection_reject.
 */
#define OAP_END_REJECT 4

/**
 * The peer sent an ERROR: oap_connection_peer_error.
 */
#define OAP_END_PEER_ERROR 5

/**
 * The peer sent no HELLO in time.
 */
#define OAP_END_HANDSHAKE_TIMEOUT 6

/**
 * No byte passed for longer than the idle timeout.
 */
#define OAP_END_IDLE_TIMEOUT 7

/**
 * Both sides waited for each other's credit. Take what is received while you send.
 */
#define OAP_END_STALLED 8

/**
 * The close took longer than its timeout.
 */
#define OAP_END_CLOSE_TIMEOUT 9

/**
 * The transport failed.
 */
#define OAP_END_RESET 10

/**
 * This side aborted.
 */
#define OAP_END_ABORTED 11

/**
 * The name of an end reason, such as "clean"; NULL where `reason` is none of OAP_END_CLEAN to OAP_END_ABORTED. Static,
 * NUL-terminated. Any thread.
 */
const char *oap_end_reason_name(uint8_t reason);

/**
 * A connection at a glance: all that its host asks between two calls.
 */
typedef struct oap_connection_info {
    /**
     * When oap_connection_handle_timeout is due, in nanoseconds of the host's clock, if `has_timeout`.
     */
    uint64_t timeout_ns;
    /**
     * Bytes that wait to be written, bodies of the host's among them.
     */
    uint64_t queued;
    /**
     * Bytes of the frames that were given and not taken.
     */
    uint64_t untaken;
    /**
     * The largest body that the next DATA without `obj` can have, in bytes; 0 before the peer's HELLO.
     */
    uint64_t max_body;
    /**
     * The frames that this side has sent.
     */
    struct oap_flow outbound;
    /**
     * The frames that the peer has sent.
     */
    struct oap_flow inbound;
    /**
     * OAP_CONNECTION_…
     */
    uint8_t state;
    /**
     * OAP_END_…: why it ended or is about to end. The first reason is kept.
     */
    uint8_t end_reason;
    /**
     * Whether a deadline runs.
     */
    bool has_timeout;
    /**
     * Whether the host is to read now.
     */
    bool wants_read;
    /**
     * Whether there is something to write now.
     */
    bool wants_write;
    /**
     * Whether the host is to shut its writing side, if it has not.
     */
    bool wants_shutdown;
} oap_connection_info;

/**
 * Writes all that a host asks between two calls.
 *
 * @param info  where it goes
 * @return OAP_STATUS_OK, OAP_STATUS_NULL_POINTER, OAP_STATUS_POISONED
 */
oap_status oap_connection_inspect(const struct oap_connection *connection,
                                  struct oap_connection_info *info);

/**
 * Takes received bytes, in any split, and gives the START, DATA and END that they complete, as many as there are rows.
 * Call again with what follows `table->consumed` while `table->more` is true. A host may stop while the connection does not
 * want to read, and go on with the rest later.
 *
 * A reject or an ERROR of the peer behind these frames is told by oap_connection_info.end_reason. Once the connection
 * closes or has ended, the table is empty and the bytes are dealt with. `table->bytes` is as in oap_session_recv.
 *
 * @param chunk     the peer's next bytes; (NULL, 0) is empty and changes nothing
 * @param len       bytes there
 * @param rows      an array that the rows go to; the caller's, and not overlapping the input
 * @param capacity  rows that it has room for: at least 1
 * @param table     what was found
 * @return OAP_STATUS_OK, OAP_STATUS_NULL_POINTER, OAP_STATUS_OUT_OF_RANGE, OAP_STATUS_OVERLAP,
 *         OAP_STATUS_MISALIGNED, OAP_STATUS_INTERNAL, OAP_STATUS_POISONED
 */
oap_status oap_connection_receive(struct oap_connection *connection,
                                  uint64_t now,
                                  const uint8_t *chunk,
                                  size_t len,
                                  struct oap_row *rows,
                                  size_t capacity,
                                  struct oap_frame_table *table);

/**
 * Reports that the peer's input has ended.
 *
 * @return OAP_STATUS_OK, OAP_STATUS_NULL_POINTER, OAP_STATUS_INTERNAL, OAP_STATUS_POISONED
 */
oap_status oap_connection_receive_end(struct oap_connection *connection, uint64_t now);

/**
 * Reports that the application has taken so many of the frames given, in their order: it asks for what follows. Their
 * DATA is acknowledged, unless `auto_ack` is off.
 *
 * @return OAP_STATUS_OK, OAP_STATUS_NULL_POINTER, OAP_STATUS_INTERNAL, OAP_STATUS_POISONED
 */
oap_status oap_connection_take(struct oap_connection *connection,
                               uint64_t now,
                               size_t frames);

/**
 * Acknowledges the DATA of that seq and all before it: for hosts with `auto_ack` off.
 *
 * @return OAP_STATUS_OK, OAP_STATUS_CREDIT_VIOLATION where `up_to` names no DATA in flight, OAP_STATUS_WAITS_ROOM,
 *         OAP_STATUS_CLOSED, OAP_STATUS_NULL_POINTER, OAP_STATUS_INTERNAL, OAP_STATUS_POISONED
 */
oap_status oap_connection_acknowledge(struct oap_connection *connection,
                                      uint64_t now,
                                      uint64_t up_to);

/**
 * Queues a START: opens this side's stream.
 *
 * @param stream      the stream's name: UTF-8 without control characters
 * @param stream_len  bytes of it, 1..=1024
 * @return OAP_STATUS_OK: queued. OAP_STATUS_WAITS_HANDSHAKE, OAP_STATUS_WAITS_CREDIT, OAP_STATUS_WAITS_ROOM: not now,
 *         nothing was queued; try again when the connection has moved. OAP_STATUS_CLOSED: never. A reject's code:
 *         the peer would have to reject it (oap_connection_refusal says more). OAP_STATUS_NULL_POINTER,
 *         OAP_STATUS_OUT_OF_RANGE, OAP_STATUS_OVERLAP (also for what oap_connection_transmit shows, as an input),
 *         OAP_STATUS_INTERNAL, OAP_STATUS_POISONED
 */
oap_status oap_connection_start(struct oap_connection *connection,
                                uint64_t now,
                                const char *stream,
                                size_t stream_len);

/**
 * Queues a DATA of the open stream with a copy of its body.
 *
 * @param obj       "b3:" and 64 lowercase hex digits; (NULL, 0) for none
 * @param obj_len   bytes of it
 * @param body      the bytes carried; (NULL, 0) is empty
 * @param body_len  how many
 * @param seq       where its seq goes; may be NULL
 * @return as oap_connection_start
 */
oap_status oap_connection_data(struct oap_connection *connection,
                               uint64_t now,
                               const char *obj,
                               size_t obj_len,
                               const uint8_t *body,
                               size_t body_len,
                               uint64_t *seq);

/**
 * Queues many DATA of the open stream, without `obj`, whose bodies stand one behind the other: as many as can go now.
 *
 * @param bytes      the bodies
 * @param bytes_len  bytes of all
 * @param lens       their lengths
 * @param count      how many bodies there are
 * @param sent       how many were queued, written on every status below but those of wrong pointers
 * @return OAP_STATUS_OK: all were queued; else what the first that was not queued would have got from
 *         oap_connection_data. OAP_STATUS_OUT_OF_RANGE where the lengths are more than there are bytes;
 *         OAP_STATUS_MISALIGNED where `lens` is.
 */
oap_status oap_connection_data_all(struct oap_connection *connection,
                                   uint64_t now,
                                   const uint8_t *bytes,
                                   size_t bytes_len,
                                   const uint32_t *lens,
                                   size_t count,
                                   size_t *sent);

/**
 * Queues a DATA whose body lies with the host, unchanged until it is written: oap_connection_transmit shows where it
 * goes.
 *
 * @param obj       as in oap_connection_data
 * @param obj_len   bytes of it
 * @param body_len  bytes of the body
 * @param seq       where its seq goes; may be NULL
 * @return as oap_connection_start
 */
oap_status oap_connection_data_head(struct oap_connection *connection,
                                    uint64_t now,
                                    const char *obj,
                                    size_t obj_len,
                                    size_t body_len,
                                    uint64_t *seq);

/**
 * The status of an END that gives its stream up.
 */
#define OAP_STREAM_ABORTED 1

/**
 * Queues an END: closes this side's stream.
 *
 * @param status  the host's: 0 for all went well, OAP_STREAM_ABORTED, others 2..=65535
 * @return as oap_connection_start
 */
oap_status oap_connection_end_stream(struct oap_connection *connection,
                                     uint64_t now,
                                     uint32_t status);

/**
 * Writes why the last send was refused with a code of 1..=7: the field and the limit.
 *
 * @param refusal  where it goes; its `offset` and `at` are 0
 * @return OAP_STATUS_OK, OAP_STATUS_ABSENT where the last send was not refused so, OAP_STATUS_NULL_POINTER,
 *         OAP_STATUS_POISONED
 */
oap_status oap_connection_refusal(const struct oap_connection *connection,
                                  struct oap_reject *refusal);

/**
 * Reports that the application no longer waits to send: its call was cancelled.
 *
 * @return OAP_STATUS_OK, OAP_STATUS_NULL_POINTER, OAP_STATUS_INTERNAL, OAP_STATUS_POISONED
 */
oap_status oap_connection_cancel_send(struct oap_connection *connection);

/**
 * Something to write.
 */
typedef struct oap_piece {
    /**
     * The bytes, which stay until the next call that may change the connection; NULL: the next `len` bytes of the
     * oldest body that oap_connection_data_head announced and that is not written.
     */
    const uint8_t *bytes;
    /**
     * How many.
     */
    size_t len;
} oap_piece;

/**
 * Gives what is to be written now, in order; an acknowledgement that is due goes with it. The same bytes come again
 * until oap_connection_transmitted says that they are written.
 *
 * @param pieces    where they go, as many as fit; the bytes stay until the next call with this connection but
 *                  oap_connection_inspect
 * @param capacity  how many fit
 * @param count     how many there are; 0: nothing is to be written
 * @return OAP_STATUS_OK, OAP_STATUS_NULL_POINTER, OAP_STATUS_OUT_OF_RANGE, OAP_STATUS_OVERLAP,
 *         OAP_STATUS_MISALIGNED, OAP_STATUS_INTERNAL, OAP_STATUS_POISONED
 */
oap_status oap_connection_transmit(struct oap_connection *connection,
                                   uint64_t now,
                                   struct oap_piece *pieces,
                                   size_t capacity,
                                   size_t *count);

/**
 * Reports that the transport has taken so many bytes of what oap_connection_transmit gave.
 *
 * @return OAP_STATUS_OK, OAP_STATUS_NULL_POINTER, OAP_STATUS_INTERNAL, OAP_STATUS_POISONED
 */
oap_status oap_connection_transmitted(struct oap_connection *connection,
                                      uint64_t now,
                                      size_t bytes);

/**
 * Ends what has run out of time by `now`. Early calls do nothing.
 *
 * @return OAP_STATUS_OK, OAP_STATUS_NULL_POINTER, OAP_STATUS_INTERNAL, OAP_STATUS_POISONED
 */
oap_status oap_connection_handle_timeout(struct oap_connection *connection, uint64_t now);

/**
 * oap_connection_close: as the options say.
 */
#define OAP_CLOSE_TIMEOUT UINT64_MAX

/**
 * Closes in good order: no new sends, an open stream is given up, what is queued is written, acknowledgements are read
 * on. A second call can only bring the end forward.
 *
 * @param within_ns  how long it may take; OAP_CLOSE_TIMEOUT: as the options say
 * @return OAP_STATUS_OK, OAP_STATUS_NULL_POINTER, OAP_STATUS_INTERNAL, OAP_STATUS_POISONED
 */
oap_status oap_connection_close(struct oap_connection *connection,
                                uint64_t now,
                                uint64_t within_ns);

/**
 * Ends at once: nothing more is written or read.
 *
 * @return OAP_STATUS_OK, OAP_STATUS_NULL_POINTER, OAP_STATUS_INTERNAL, OAP_STATUS_POISONED
 */
oap_status oap_connection_abort(struct oap_connection *connection);

/**
 * Reports that the transport failed.
 *
 * @return OAP_STATUS_OK, OAP_STATUS_NULL_POINTER, OAP_STATUS_INTERNAL, OAP_STATUS_POISONED
 */
oap_status oap_connection_transport_failed(struct oap_connection *connection);

/**
 * Writes the reject that ended the connection.
 *
 * @param reject  where it goes
 * @return OAP_STATUS_OK, OAP_STATUS_ABSENT where the end reason is another, OAP_STATUS_NULL_POINTER,
 *         OAP_STATUS_POISONED
 */
oap_status oap_connection_reject(const struct oap_connection *connection,
                                 struct oap_reject *reject);

/**
 * Writes the ERROR of the peer that ended the connection. Its text is the peer's own: put it into no log.
 *
 * @param code    where its code goes
 * @param reason  where the address of its text goes: UTF-8, not NUL-terminated, until oap_connection_free
 * @param len     where the bytes of the text go
 * @return OAP_STATUS_OK, OAP_STATUS_ABSENT where the end reason is another, OAP_STATUS_NULL_POINTER,
 *         OAP_STATUS_POISONED
 */
oap_status oap_connection_peer_error(const struct oap_connection *connection,
                                     uint32_t *code,
                                     const char **reason,
                                     size_t *len);

/**
 * Frees a connection and all that it holds. NULL does nothing.
 */
void oap_connection_free(struct oap_connection *connection);

/* ---- Monitor: metrics and readiness of a process ---- */

/**
 * The metrics and the readiness of a process, over all decoders and sessions that were given it.
 *
 * Owner: the caller, from oap_monitor_new to oap_monitor_free; decoders and sessions that have it may outlive the
 * handle. Any thread, at any time, but for oap_monitor_free.
 *
 * No call waits for ever. A child of fork() makes a monitor of its own: one that it inherited still counts and answers,
 * but its window stands still where a thread of the parent was ticking at that moment.
 */
typedef struct oap_monitor oap_monitor;

/**
 * When readiness keys turn false.
 */
typedef struct oap_monitor_limits {
    /**
     * Rejects a thousand frames, over the window of 5 minutes, from which `oap_reject_rate_ok` is false. Default 10.
     */
    uint64_t reject_limit_permille;
    /**
     * Frames and rejects in the window below which `oap_reject_rate_ok` is always true. Default 100.
     */
    uint64_t reject_min_events;
    /**
     * Nanoseconds of starvation in the window above which `oap_ack_window_ok` is false. Default 5000000000.
     */
    uint64_t ack_starvation_limit_ns;
    /**
     * DATA frames in flight that are full load. Default 1024.
     */
    uint64_t inflight_capacity;
    /**
     * Percent of the capacity, or of the host's load, above which `oap_backpressure_ok` turns false. Default 80.
     */
    uint64_t backpressure_high_percent;
    /**
     * Percent of both at which it turns true again. Default 60.
     */
    uint64_t backpressure_low_percent;
} oap_monitor_limits;

/**
 * The default limits.
 *
 * @param limits  where they go
 * @return OAP_STATUS_OK, OAP_STATUS_NULL_POINTER
 */
oap_status oap_monitor_default_limits(struct oap_monitor_limits *limits);

/**
 * Makes a monitor.
 *
 * @param limits   copied; NULL means the defaults
 * @param monitor  where its handle goes; free it with oap_monitor_free
 * @return OAP_STATUS_OK, OAP_STATUS_NULL_POINTER
 */
oap_status oap_monitor_new(const struct oap_monitor_limits *limits, struct oap_monitor **monitor);

/**
 * Counts the decoder's frames and rejects in a monitor from now on.
 *
 * @return OAP_STATUS_OK, OAP_STATUS_NULL_POINTER, OAP_STATUS_POISONED
 */
oap_status oap_decoder_set_monitor(struct oap_decoder *decoder, const struct oap_monitor *monitor);

/**
 * Counts the stream decoder's frames and rejects in a monitor from now on.
 *
 * @return OAP_STATUS_OK, OAP_STATUS_NULL_POINTER, OAP_STATUS_POISONED
 */
oap_status oap_stream_decoder_set_monitor(struct oap_stream_decoder *decoder,
                                          const struct oap_monitor *monitor);

/**
 * Counts the session's frames and rejects in a monitor from now on, and gives its inbound stream to the gauges until
 * the session ends, rejects or is freed.
 *
 * @return OAP_STATUS_OK, OAP_STATUS_NULL_POINTER, OAP_STATUS_POISONED
 */
oap_status oap_session_set_monitor(struct oap_session *session,
                                   const struct oap_monitor *monitor);

/**
 * Counts the connection's frames and rejects in a monitor from now on, which it keeps alive; its HELLO too, while none of
 * it is written.
 *
 * @return OAP_STATUS_OK, OAP_STATUS_NULL_POINTER, OAP_STATUS_INTERNAL, OAP_STATUS_POISONED
 */
oap_status oap_connection_set_monitor(struct oap_connection *connection,
                                      const struct oap_monitor *monitor);

/**
 * Observes one decode call: `oap_read_frame_seconds`.
 *
 * @param ns  its time in nanoseconds, by the host's own monotonic clock
 * @return OAP_STATUS_OK, OAP_STATUS_NULL_POINTER
 */
oap_status oap_monitor_observe_read(const struct oap_monitor *monitor, uint64_t ns);

/**
 * Observes one encode call: `oap_write_frame_seconds`.
 *
 * @param ns  its time in nanoseconds, by the host's own monotonic clock
 * @return OAP_STATUS_OK, OAP_STATUS_NULL_POINTER
 */
oap_status oap_monitor_observe_write(const struct oap_monitor *monitor, uint64_t ns);

/**
 * Samples the state. A host ticks at least once a second; oap_monitor_readiness ticks too.
 *
 * @param now  nanoseconds of a monotonic clock; time that goes backwards is taken as standing still
 * @return OAP_STATUS_OK, OAP_STATUS_NULL_POINTER
 */
oap_status oap_monitor_tick(const struct oap_monitor *monitor, uint64_t now);

/**
 * Bytes that the JSON of a readiness takes at most, its NUL included.
 */
#define OAP_READYZ_BYTES 192

/**
 * Whether a process is fit to serve, and the answer that a host gives on `/readyz`.
 */
typedef struct oap_readiness {
    /**
     * The body, `application/json`, NUL-terminated.
     */
    char json[OAP_READYZ_BYTES];
    /**
     * Bytes of the body without the NUL.
     */
    size_t json_len;
    /**
     * 200 or 503.
     */
    uint32_t http_status;
    /**
     * Seconds for the header `Retry-After` of a 503; 0: no such header.
     */
    uint32_t retry_after;
    /**
     * The keys, in the order of oap_readiness_key.
     */
    bool keys[4];
    /**
     * All of them.
     */
    bool ready;
} oap_readiness;

/**
 * Ticks, and says whether the process is fit to serve, with the answer for `/readyz`.
 *
 * @param now        as in oap_monitor_tick
 * @param readiness  where it goes
 * @return OAP_STATUS_OK, OAP_STATUS_NULL_POINTER
 */
oap_status oap_monitor_readiness(const struct oap_monitor *monitor,
                                 uint64_t now,
                                 struct oap_readiness *readiness);

/**
 * Sets the key `oap_parser_ready`: true from the start. A host that is draining, or whose new configuration is bad,
 * sets it false.
 *
 * @return OAP_STATUS_OK, OAP_STATUS_NULL_POINTER
 */
oap_status oap_monitor_set_parser_ready(const struct oap_monitor *monitor,
                                        bool ready);

/**
 * Sets the load of the fullest of the host's own queues and budgets. It is 0 until it is set; `oap_backpressure_ok` is
 * judged by it at the next tick.
 *
 * @param permille  thousandths; over 1000 counts as 1000
 * @return OAP_STATUS_OK, OAP_STATUS_NULL_POINTER
 */
oap_status oap_monitor_set_load(const struct oap_monitor *monitor,
                                uint32_t permille);

/**
 * Writes the page that a Prometheus server scrapes, of the content type oap_text_content_type(). Not NUL-terminated.
 *
 * @param out       where it goes; the caller's
 * @param capacity  bytes that fit there; about 4 KiB are enough for a long time
 * @param size      the page's bytes: written on OAP_STATUS_OK, needed on OAP_STATUS_BUFFER_TOO_SMALL
 * @return OAP_STATUS_OK, OAP_STATUS_BUFFER_TOO_SMALL, OAP_STATUS_NULL_POINTER, OAP_STATUS_OUT_OF_RANGE
 */
oap_status oap_monitor_text(const struct oap_monitor *monitor,
                            char *out,
                            size_t capacity,
                            size_t *size);

/**
 * Frees the handle of a monitor, once no other thread uses it. NULL does nothing.
 */
void oap_monitor_free(struct oap_monitor *monitor);

/* ---- The rest: frames from rows, single counts, names ---- */

/**
 * How far oap_encode_rows came.
 */
typedef struct oap_encoded {
    /**
     * Rows encoded.
     */
    size_t rows;
    /**
     * Bytes written.
     */
    size_t written;
} oap_encoded;

/**
 * Encodes the frames of a table, as many as there is room for: the inverse of oap_decoder_decode, apart from any
 * session. `header_len` of a row is not read; texts and bodies stand in `bytes`.
 *
 * @param rows      the frames
 * @param count     rows there
 * @param bytes     what the rows' offsets count in; (NULL, 0) is empty
 * @param len       bytes there
 * @param out       where the frames go; the caller's, and not overlapping an input
 * @param capacity  bytes that fit there
 * @param encoded   how far it came: all rows, or up to one that does not fit or is bad; call again from there
 * @return OAP_STATUS_OK where at least one row was encoded or there are none; else what is wrong with the first row:
 *         a reject's code (oap_encode_rows_refusal says more), OAP_STATUS_BUFFER_TOO_SMALL, OAP_STATUS_OUT_OF_BOUNDS;
 *         OAP_STATUS_NULL_POINTER, OAP_STATUS_MISALIGNED, OAP_STATUS_OUT_OF_RANGE, OAP_STATUS_OVERLAP,
 *         OAP_STATUS_INTERNAL. Written on OAP_STATUS_OK only.
 */
oap_status oap_encode_rows(const struct oap_row *rows,
                           size_t count,
                           const uint8_t *bytes,
                           size_t len,
                           uint8_t *out,
                           size_t capacity,
                           struct oap_encoded *encoded);

/**
 * Why oap_encode_rows refuses a row: the field and the limit. As oap_encode_refusal.
 *
 * @param row      the frame; `header_len` is not read
 * @param bytes    what the row's offsets count in; (NULL, 0) is empty
 * @param len      bytes there
 * @param refusal  where it goes; its `offset` and `at` are 0
 * @return OAP_STATUS_OK, OAP_STATUS_ABSENT where the row breaks no rule, OAP_STATUS_OUT_OF_BOUNDS,
 *         OAP_STATUS_NULL_POINTER, OAP_STATUS_MISALIGNED, OAP_STATUS_OUT_OF_RANGE, OAP_STATUS_INTERNAL
 */
oap_status oap_encode_rows_refusal(const struct oap_row *row,
                                   const uint8_t *bytes,
                                   size_t len,
                                   struct oap_reject *refusal);

/**
 * Counts a frame that a host encoded or decoded without a handle that has the monitor.
 *
 * @param kind   OAP_KIND_…
 * @param bytes  of the whole frame
 * @return OAP_STATUS_OK, OAP_STATUS_OUT_OF_RANGE where there is no such kind, OAP_STATUS_NULL_POINTER
 */
oap_status oap_monitor_count_frame(const struct oap_monitor *monitor,
                                   uint8_t kind,
                                   size_t bytes);

/**
 * Counts a reject that a host gave without a handle that has the monitor.
 *
 * @param code  1..=8
 * @return OAP_STATUS_OK, OAP_STATUS_OUT_OF_RANGE where there is no such reject, OAP_STATUS_NULL_POINTER
 */
oap_status oap_monitor_count_reject(const struct oap_monitor *monitor,
                                    uint32_t code);

/**
 * Buckets of a histogram, the unbounded one included.
 */
#define OAP_HISTOGRAM_BUCKETS 13

/**
 * The upper bound of a histogram's bucket, in nanoseconds; UINT64_MAX from the last bucket on. Any thread.
 */
uint64_t oap_histogram_bound_ns(size_t index);

/**
 * A histogram of call times.
 */
typedef struct oap_timing {
    /**
     * Calls by bucket, not cumulative; bounds are those of oap_histogram_bound_ns.
     */
    uint64_t counts[OAP_HISTOGRAM_BUCKETS];
    /**
     * Their time, in nanoseconds.
     */
    uint64_t sum_ns;
} oap_timing;

/**
 * The numbers of a monitor at one time.
 */
typedef struct oap_snapshot {
    /**
     * `oap_frames_total`, by kind: HELLO first, see oap_kind_name.
     */
    uint64_t frames[6];
    /**
     * `oap_rejects_total`, by code: 1 first, see oap_reject_label.
     */
    uint64_t rejects[8];
    /**
     * `oap_frame_bytes_total`.
     */
    uint64_t frame_bytes;
    /**
     * `oap_ack_window`, in frames.
     */
    uint64_t ack_window;
    /**
     * `oap_inflight_frames`.
     */
    uint64_t inflight_frames;
    /**
     * `oap_inflight_capacity`, in frames.
     */
    uint64_t inflight_capacity;
    /**
     * `oap_host_load_ratio`, in thousandths: 0..=1000.
     */
    uint64_t host_load_permille;
    /**
     * `oap_ack_starved_seconds_total`, in nanoseconds.
     */
    uint64_t ack_starved_ns;
    /**
     * `oap_read_frame_seconds`.
     */
    struct oap_timing read;
    /**
     * `oap_write_frame_seconds`.
     */
    struct oap_timing write;
} oap_snapshot;

/**
 * All numbers, as they are now.
 *
 * @param snapshot  where they go
 * @return OAP_STATUS_OK, OAP_STATUS_NULL_POINTER
 */
oap_status oap_monitor_snapshot(const struct oap_monitor *monitor, struct oap_snapshot *snapshot);

/**
 * The header lines of the answer on `/readyz`, each with its CRLF, for an oap_readiness.ready: the content type and,
 * where it is false, `Retry-After`. Static, NUL-terminated. Any thread.
 */
const char *oap_readyz_headers(bool ready);

/**
 * The content type of oap_monitor_text's page. Static, NUL-terminated. Any thread.
 */
const char *oap_text_content_type(void);

/**
 * The metric names of the telemetry contract, by index from 0; NULL past the last. Static, NUL-terminated. Any thread.
 */
const char *oap_metric_name(size_t index);

/**
 * The readiness keys of the telemetry contract, by index from 0, in the order in which a host lists the missing ones;
 * NULL past the last. Static, NUL-terminated. Any thread.
 */
const char *oap_readiness_key(size_t index);

/* ---- Versions ---- */

/**
 * The ABI's major version, which the soname carries: it moves only on an incompatible change.
 */
#define OAP_ABI_MAJOR 1

/**
 * The ABI's minor version: it moves when something is added.
 */
#define OAP_ABI_MINOR 0

/**
 * `OAP_ABI_MAJOR << 16 | OAP_ABI_MINOR` of this header.
 */
#define OAP_ABI_VERSION 65536

/**
 * The ABI version of the library that was loaded: compare its upper 16 bits with OAP_ABI_MAJOR. Any thread.
 */
uint32_t oap_abi_version(void);

/**
 * The release of the library that was loaded, such as "0.1.0". Static, NUL-terminated. Any thread.
 */
const char *oap_version(void);

#ifdef __cplusplus
} /* extern "C" */
#endif

#ifdef OAP_STATIC_ASSERT
/* The layout of a row is part of the ABI, the same everywhere. */
OAP_STATIC_ASSERT(sizeof(oap_row) == 32, "oap_row has 32 bytes");
OAP_STATIC_ASSERT(offsetof(oap_row, seq) == 0, "oap_row.seq");
OAP_STATIC_ASSERT(offsetof(oap_row, body_offset) == 8, "oap_row.body_offset");
OAP_STATIC_ASSERT(offsetof(oap_row, body_len) == 12, "oap_row.body_len");
OAP_STATIC_ASSERT(offsetof(oap_row, text_offset) == 16, "oap_row.text_offset");
OAP_STATIC_ASSERT(offsetof(oap_row, value) == 20, "oap_row.value");
OAP_STATIC_ASSERT(offsetof(oap_row, text_len) == 24, "oap_row.text_len");
OAP_STATIC_ASSERT(offsetof(oap_row, header_len) == 26, "oap_row.header_len");
OAP_STATIC_ASSERT(offsetof(oap_row, ack_window) == 28, "oap_row.ack_window");
OAP_STATIC_ASSERT(offsetof(oap_row, kind) == 30, "oap_row.kind");
OAP_STATIC_ASSERT(offsetof(oap_row, flags) == 31, "oap_row.flags");
/* So is that of a frame, for callers that know no more of it. */
OAP_STATIC_ASSERT(offsetof(oap_frame, struct_size) == 0, "oap_frame.struct_size");
OAP_STATIC_ASSERT(offsetof(oap_frame, kind) == sizeof(size_t), "oap_frame.kind");
OAP_STATIC_ASSERT(offsetof(oap_frame, value) == sizeof(size_t) + 4, "oap_frame.value");
OAP_STATIC_ASSERT(offsetof(oap_frame, seq) == (sizeof(size_t) == 8 ? 16 : offsetof(oap_frame, seq)), "oap_frame.seq");
OAP_STATIC_ASSERT(offsetof(oap_frame, body) == offsetof(oap_frame, seq) + 8, "oap_frame.body");
OAP_STATIC_ASSERT(offsetof(oap_frame, body_len) == offsetof(oap_frame, body) + sizeof(void *), "oap_frame.body_len");
OAP_STATIC_ASSERT(offsetof(oap_frame, text) == offsetof(oap_frame, body) + 2 * sizeof(void *), "oap_frame.text");
OAP_STATIC_ASSERT(offsetof(oap_frame, text_len) == offsetof(oap_frame, body) + 3 * sizeof(void *), "oap_frame.text_len");
OAP_STATIC_ASSERT(offsetof(oap_frame, hello) == offsetof(oap_frame, body) + 4 * sizeof(void *), "oap_frame.hello");
#undef OAP_STATIC_ASSERT
#endif

#endif /* OAP_H */
