#include "values.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *allot(size_t size)
{
    void *memory = malloc(size > 0 ? size : 1);
    if (memory == NULL) {
        perror("c-testee");
        exit(1);
    }
    return memory;
}

void append(bytes *bytes, const uint8_t *more, size_t len)
{
    uint8_t *joined = allot(bytes->len + len);
    if (bytes->len > 0)
        memcpy(joined, bytes->at, bytes->len);
    if (len > 0)
        memcpy(joined + bytes->len, more, len);
    free(bytes->at);
    bytes->at = joined;
    bytes->len += len;
}

static bool is_among(const char *key, const char *const *keys)
{
    while (*keys != NULL && strcmp(*keys, key) != 0)
        keys++;
    return *keys != NULL;
}

bool has_only(const json_t *value, const char *const *keys)
{
    const char *key;
    json_t *object = json_incref((json_t *)value), *member;
    bool only = json_is_object(object);
    json_object_foreach(object, key, member)
        only = only && is_among(key, keys);
    json_decref(object);
    return only;
}

const char *read_u64(const json_t *value, uint64_t *number)
{
    const char *digits = json_string_value(value);
    size_t len = json_string_length(value);
    uint64_t read = 0;
    if (len == 0)
        return "a 64-bit number is not a string of digits";
    if (digits[0] == '0' && len > 1)
        return "a 64-bit number has a leading zero";
    for (size_t i = 0; i < len; i++) {
        uint64_t digit = (uint64_t)(unsigned char)digits[i] - '0';
        if (digit > 9)
            return "a 64-bit number is not decimal";
        if (read > (UINT64_MAX - digit) / 10)
            return "a number has more than 64 bits";
        read = read * 10 + digit;
    }
    *number = read;
    return NULL;
}

const char *read_u32(const json_t *value, uint32_t *number)
{
    json_int_t read = json_integer_value(value);
    if (!json_is_integer(value) || read < 0 || read > UINT32_MAX)
        return "a number is not one of 32 bits";
    *number = (uint32_t)read;
    return NULL;
}

const char *read_count(const json_t *value, uint64_t *count)
{
    if (!json_is_integer(value) || json_integer_value(value) < 0)
        return "a count is not a number of at least 0";
    *count = (uint64_t)json_integer_value(value);
    return NULL;
}

static unsigned nibble(char digit)
{
    if (digit >= '0' && digit <= '9')
        return (unsigned)(digit - '0');
    if (digit >= 'a' && digit <= 'f')
        return (unsigned)(digit - 'a') + 10;
    return 16;
}

const char *read_hex(const json_t *value, bytes *read)
{
    const char *digits = json_string_value(value);
    size_t len = json_string_length(value);
    if (digits == NULL || len % 2 != 0)
        return "bytes are not an even number of hex digits";
    uint8_t *at = allot(len / 2);
    for (size_t i = 0; i < len / 2; i++) {
        unsigned high = nibble(digits[2 * i]), low = nibble(digits[2 * i + 1]);
        if (high > 15 || low > 15) {
            free(at);
            return "bytes are not lowercase hex";
        }
        at[i] = (uint8_t)(high << 4 | low);
    }
    *read = (bytes){at, len / 2};
    return NULL;
}

json_t *u64_value(uint64_t number)
{
    char digits[21];
    snprintf(digits, sizeof digits, "%" PRIu64, number);
    return json_string(digits);
}

json_t *hex_value(const uint8_t *at, size_t len)
{
    char *digits = allot(2 * len);
    for (size_t i = 0; i < len; i++) {
        digits[2 * i] = "0123456789abcdef"[at[i] >> 4];
        digits[2 * i + 1] = "0123456789abcdef"[at[i] & 15];
    }
    json_t *value = json_stringn_nocheck(digits, 2 * len);
    free(digits);
    return value;
}
