/* The values of requests and answers: objects, numbers and hex. A reader gives NULL, or why it can't read. */
#ifndef VALUES_H
#define VALUES_H

#include <jansson.h>
#include <oap.h>
#include <stdbool.h>

/* Memory of a request; free it with free(bytes.at). */
typedef struct bytes {
    uint8_t *at;
    size_t len;
} bytes;

/* malloc that does not return without memory. */
void *allot(size_t size);
void append(bytes *bytes, const uint8_t *more, size_t len);

/* Whether a value is an object without other keys than these, a list that NULL ends. */
bool has_only(const json_t *value, const char *const *keys);

const char *read_u64(const json_t *value, uint64_t *number); /* a decimal string without leading zeros */
const char *read_u32(const json_t *value, uint32_t *number); /* a JSON number */
const char *read_count(const json_t *value, uint64_t *count); /* a JSON number */
const char *read_hex(const json_t *value, bytes *read);

json_t *u64_value(uint64_t number);
json_t *hex_value(const uint8_t *at, size_t len);

#endif
