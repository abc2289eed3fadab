#include "settings.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *set_switch(oap_status (*set)(oap_config *, bool), oap_config *config, const json_t *value)
{
    if (!json_is_boolean(value))
        return "a switch is not a boolean";
    return set(config, json_is_true(value)) == OAP_STATUS_OK ? NULL : "a switch is refused";
}

static const char *refusal(const oap_config *config)
{
    static char why[128];
    oap_config_error error;
    if (oap_config_get_error(config, &error) != OAP_STATUS_OK)
        return "a value is refused";
    snprintf(why, sizeof why, "%.*s = %" PRIu64 " is not in %" PRIu64 "..=%" PRIu64, (int)error.field_len,
             error.field, error.value, error.min, error.max);
    return why;
}

static const char *set_u64(oap_status (*set)(oap_config *, uint64_t), oap_config *config, const json_t *value)
{
    uint64_t number;
    const char *why = read_u64(value, &number);
    if (why != NULL)
        return why;
    return set(config, number) == OAP_STATUS_OK ? NULL : refusal(config);
}

static const char *set_window(oap_config *config, const json_t *value)
{
    uint64_t frames;
    const char *why = read_count(value, &frames);
    if (why != NULL)
        return why;
    return oap_config_set_ack_window_frames(config, frames) == OAP_STATUS_OK ? NULL : refusal(config);
}

static const char *set_policy(oap_config *config, const json_t *value)
{
    const char *name = json_is_string(value) ? json_string_value(value) : "";
    bool wrap = strcmp(name, "wrap") == 0;
    if (!wrap && strcmp(name, "error") != 0)
        return "seq_rollover_policy is neither error nor wrap";
    int32_t policy = wrap ? OAP_SEQ_ROLLOVER_WRAP : OAP_SEQ_ROLLOVER_ERROR;
    return oap_config_set_seq_rollover_policy(config, policy) == OAP_STATUS_OK ? NULL : refusal(config);
}

static uint64_t *limit_named(oap_monitor_limits *limits, const char *name)
{
    const struct {
        const char *name;
        uint64_t *limit;
    } all[] = {
        {"reject_limit_permille", &limits->reject_limit_permille},
        {"reject_min_events", &limits->reject_min_events},
        {"ack_starvation_limit_ns", &limits->ack_starvation_limit_ns},
        {"inflight_capacity", &limits->inflight_capacity},
        {"backpressure_high_percent", &limits->backpressure_high_percent},
        {"backpressure_low_percent", &limits->backpressure_low_percent},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (strcmp(all[i].name, name) == 0)
            return all[i].limit;
    return NULL;
}

static const char *set_limit(oap_monitor_limits *limits, const char *name, const json_t *value)
{
    uint64_t *limit = limit_named(limits, name);
    return limit != NULL ? read_count(value, limit) : "config has an unknown field";
}

static const char *set_field(settings *settings, bool with_limits, const char *field, const json_t *value)
{
    oap_config *config = settings->config;
    if (strcmp(field, "strict_headers") == 0)
        return set_switch(oap_config_set_strict_headers, config, value);
    if (strcmp(field, "enforce_obj_header_on_objects") == 0)
        return set_switch(oap_config_set_enforce_obj_header_on_objects, config, value);
    if (strcmp(field, "allow_pq_hello_flags") == 0)
        return set_switch(oap_config_set_allow_pq_hello_flags, config, value);
    if (strcmp(field, "seq_rollover_policy") == 0)
        return set_policy(config, value);
    if (strcmp(field, "ack_window_frames") == 0)
        return set_window(config, value);
    if (strcmp(field, "max_frame") == 0)
        return set_u64(oap_config_set_max_frame, config, value);
    if (strcmp(field, "features") == 0)
        return set_u64(oap_config_set_features, config, value);
    return with_limits ? set_limit(&settings->limits, field, value) : "config has an unknown field";
}

const char *read_settings(const json_t *config, bool with_limits, settings *settings)
{
    json_t *fields = (json_t *)config;
    const char *field, *why;
    json_t *value;
    settings->config = NULL;
    if (oap_config_new(&settings->config) != OAP_STATUS_OK ||
        oap_monitor_default_limits(&settings->limits) != OAP_STATUS_OK)
        return "no configuration";
    if (!json_is_object(fields))
        return "config is not an object";
    json_object_foreach(fields, field, value) {
        why = set_field(settings, with_limits, field, value);
        if (why != NULL)
            return why;
    }
    return NULL;
}

void free_settings(settings *settings)
{
    oap_config_free(settings->config);
}
