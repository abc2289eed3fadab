/* Versions, and the static names of statuses, rejects, kinds, metrics and readiness keys. */
#include "check.h"

static void the_abi_version_is_the_headers(void)
{
    CHECK(oap_abi_version() == OAP_ABI_VERSION);
    CHECK(OAP_ABI_VERSION == (OAP_ABI_MAJOR << 16 | OAP_ABI_MINOR));
}

static void the_release_is_the_installed_ones(void)
{
    CHECK(strcmp(oap_version(), INSTALLED_VERSION) == 0);
}

static void a_reject_has_the_label_of_its_status(void)
{
    CHECK(strcmp(oap_reject_label(OAP_STATUS_BAD_HELLO), "bad_hello") == 0);
    CHECK(strcmp(oap_reject_label(OAP_STATUS_TRUNCATED), "truncated") == 0);
    for (uint32_t code = OAP_STATUS_BAD_HELLO; code <= OAP_STATUS_TRUNCATED; code++)
        CHECK(strlen(oap_reject_label(code)) > 0);
}

static void what_is_no_reject_has_no_label(void)
{
    const uint32_t others[] = {OAP_STATUS_OK, OAP_STATUS_TRUNCATED + 1, OAP_STATUS_NULL_POINTER, UINT32_MAX};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        CHECK(oap_reject_label(others[i]) == NULL);
}

static void a_status_has_its_own_name(void)
{
#define CHECK_NAME(status) CHECK(strcmp(oap_status_name(status), #status) == 0)
    CHECK_NAME(OAP_STATUS_OK);
    CHECK_NAME(OAP_STATUS_BAD_HELLO);
    CHECK_NAME(OAP_STATUS_BAD_HELLO_PQ);
    CHECK_NAME(OAP_STATUS_FRAME_OVERSIZE);
    CHECK_NAME(OAP_STATUS_UNKNOWN_ENVELOPE);
    CHECK_NAME(OAP_STATUS_HEADER_MALFORMED);
    CHECK_NAME(OAP_STATUS_MISSING_OBJ);
    CHECK_NAME(OAP_STATUS_CREDIT_VIOLATION);
    CHECK_NAME(OAP_STATUS_TRUNCATED);
    CHECK_NAME(OAP_STATUS_NULL_POINTER);
    CHECK_NAME(OAP_STATUS_OUT_OF_RANGE);
    CHECK_NAME(OAP_STATUS_BUFFER_TOO_SMALL);
    CHECK_NAME(OAP_STATUS_OVERLAP);
    CHECK_NAME(OAP_STATUS_ABSENT);
    CHECK_NAME(OAP_STATUS_OUT_OF_BOUNDS);
    CHECK_NAME(OAP_STATUS_INTERNAL);
    CHECK_NAME(OAP_STATUS_POISONED);
    CHECK_NAME(OAP_STATUS_MISALIGNED);
    CHECK_NAME(OAP_STATUS_WAITS_HANDSHAKE);
    CHECK_NAME(OAP_STATUS_WAITS_CREDIT);
    CHECK_NAME(OAP_STATUS_WAITS_ROOM);
    CHECK_NAME(OAP_STATUS_CLOSED);
    CHECK_NAME(OAP_STATUS_NO_MEMORY);
}

static void any_other_status_is_unknown(void)
{
    const oap_status others[] = {-1, 9, 15, OAP_STATUS_CLOSED + 1, INT32_MAX, INT32_MIN};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        CHECK(strcmp(oap_status_name(others[i]), "OAP_STATUS_UNKNOWN") == 0);
}

static void a_kind_has_its_name(void)
{
    const char *const names[] = {"HELLO", "START", "DATA", "ACK", "END", "ERROR"};
    for (uint8_t kind = OAP_KIND_HELLO; kind <= OAP_KIND_ERROR; kind++)
        CHECK(strcmp(oap_kind_name(kind), names[kind - OAP_KIND_HELLO]) == 0);
    CHECK(oap_kind_name(0) == NULL && oap_kind_name(OAP_KIND_ERROR + 1) == NULL && oap_kind_name(255) == NULL);
}

static size_t count(const char *(*name)(size_t))
{
    size_t names = 0;
    while (name(names) != NULL)
        names++;
    return names;
}

static void metrics_and_readiness_keys_end(void)
{
    CHECK(count(oap_metric_name) > 0 && count(oap_readiness_key) > 0);
    CHECK(strncmp(oap_metric_name(0), "oap_", 4) == 0 && strncmp(oap_readiness_key(0), "oap_", 4) == 0);
    CHECK(oap_metric_name(SIZE_MAX) == NULL && oap_readiness_key(SIZE_MAX) == NULL);
}

static void a_connection_has_names_for_its_state_and_its_end(void)
{
    CHECK(strcmp(oap_connection_state_name(OAP_CONNECTION_HANDSHAKE), "handshake") == 0);
    CHECK(strcmp(oap_connection_state_name(OAP_CONNECTION_ENDED), "ended") == 0);
    CHECK(oap_connection_state_name(OAP_CONNECTION_ENDED + 1) == NULL);
    CHECK(strcmp(oap_end_reason_name(OAP_END_CLEAN), "clean") == 0);
    CHECK(strcmp(oap_end_reason_name(OAP_END_ABORTED), "aborted") == 0);
    CHECK(oap_end_reason_name(OAP_END_NONE) == NULL && oap_end_reason_name(OAP_END_ABORTED + 1) == NULL);
}

int main(void)
{
    RUN(the_abi_version_is_the_headers);
    RUN(the_release_is_the_installed_ones);
    RUN(a_reject_has_the_label_of_its_status);
    RUN(what_is_no_reject_has_no_label);
    RUN(a_status_has_its_own_name);
    RUN(any_other_status_is_unknown);
    RUN(a_kind_has_its_name);
    RUN(a_connection_has_names_for_its_state_and_its_end);
    RUN(metrics_and_readiness_keys_end);
    return summary();
}
