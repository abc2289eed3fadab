#include "monitor.h"

#include "envelope.h"
#include "take.h"

#include <stdlib.h>

/* The sessions in use, by number. */
typedef struct member {
    uint64_t number;
    oap_session *session;
    struct member *next;
} member;

typedef struct host {
    const settings *settings;
    oap_monitor *monitor;
    member *members;
    json_t *readiness;
} host;

static member **find(host *host, uint64_t number)
{
    member **found = &host->members;
    while (*found != NULL && (*found)->number != number)
        found = &(*found)->next;
    return found;
}

static void close_member(member **found)
{
    member *closed = *found;
    if (closed == NULL)
        return;
    *found = closed->next;
    oap_session_free(closed->session);
    free(closed);
}

/* The session of that number, made on first use; NULL where it can't be. */
static oap_session *session_of(host *host, uint64_t number)
{
    member **found = find(host, number);
    if (*found != NULL)
        return (*found)->session;
    oap_session *session = NULL;
    if (oap_session_new(host->settings->config, &session) != OAP_STATUS_OK ||
        oap_session_set_monitor(session, host->monitor) != OAP_STATUS_OK)
        return NULL;
    *found = allot(sizeof **found);
    **found = (member){number, session, NULL};
    return session;
}

static const char *tick(host *host, const json_t *tick)
{
    uint64_t now;
    oap_readiness told;
    const char *why = read_count(tick, &now);
    if (why != NULL)
        return why;
    if (oap_monitor_readiness(host->monitor, now, &told) != OAP_STATUS_OK)
        return "no readiness";
    json_t *missing = json_array();
    for (size_t i = 0; oap_readiness_key(i) != NULL; i++)
        if (!told.keys[i])
            json_array_append_new(missing, json_string(oap_readiness_key(i)));
    json_array_append_new(host->readiness, json_pack("{s:b, s:o}", "ready", told.ready, "missing", missing));
    return NULL;
}

static const char *close_event(host *host, const json_t *close)
{
    uint64_t number;
    const char *why = read_count(close, &number);
    if (why == NULL)
        close_member(find(host, number));
    return why;
}

static const char *load_event(host *host, const json_t *load)
{
    uint64_t permille;
    const char *why = read_count(load, &permille);
    if (why != NULL)
        return why;
    uint32_t said = permille < UINT32_MAX ? (uint32_t)permille : UINT32_MAX;
    return oap_monitor_set_load(host->monitor, said) == OAP_STATUS_OK ? NULL : "no load";
}

static const char *recv_event(oap_session *session, const json_t *hex)
{
    json_t *frames = json_array();
    oap_status status;
    size_t pushed = 0;
    const char *why = take_hex(session_takes, session, hex, frames, &pushed, &status);
    json_decref(frames);
    return why;
}

/* A refusal counts nothing, and is no answer of this operation. */
static const char *send_event(oap_session *session, const json_t *json)
{
    envelope envelope;
    size_t size;
    const char *why = read_envelope(json, &envelope);
    if (why == NULL) {
        uint8_t *out = allot(room_for(&envelope));
        (void)send_envelope(session, &envelope, out, room_for(&envelope), &size);
        free(out);
    }
    free_envelope(&envelope);
    return why;
}

static const char *session_event(host *host, const json_t *event)
{
    const json_t *hex = json_object_get(event, "recv"), *envelope = json_object_get(event, "send");
    uint64_t number;
    const char *why = read_count(json_object_get(event, "session"), &number);
    if (why != NULL)
        return why;
    oap_session *session = session_of(host, number);
    if (session == NULL)
        return "no session";
    return hex != NULL ? recv_event(session, hex) : send_event(session, envelope);
}

static const char *const EVENTS[][3] = {{"tick"}, {"load"}, {"close"}, {"recv", "session"}, {"send", "session"}};

static bool is_event(const json_t *event)
{
    for (size_t i = 0; i < sizeof EVENTS / sizeof *EVENTS; i++)
        if (has_only(event, EVENTS[i]) && json_object_get(event, EVENTS[i][0]) != NULL)
            return true;
    return false;
}

static const char *take_event(host *host, const json_t *event)
{
    if (!is_event(event))
        return "an event is none of tick, recv, send, load, close";
    const json_t *now = json_object_get(event, "tick"), *closed = json_object_get(event, "close");
    if (now != NULL)
        return tick(host, now);
    if (json_object_get(event, "load") != NULL)
        return load_event(host, json_object_get(event, "load"));
    return closed != NULL ? close_event(host, closed) : session_event(host, event);
}

static json_t *metrics(const oap_snapshot *snapshot)
{
    json_t *frames = json_object(), *rejects = json_object();
    for (uint8_t kind = 1; oap_kind_name(kind) != NULL; kind++)
        json_object_set_new(frames, oap_kind_name(kind), json_integer((json_int_t)snapshot->frames[kind - 1]));
    for (uint32_t code = 1; oap_reject_label(code) != NULL; code++)
        json_object_set_new(rejects, oap_reject_label(code), json_integer((json_int_t)snapshot->rejects[code - 1]));
    return json_pack("{s:o, s:o, s:I, s:I, s:I, s:I}", "oap_frames_total", frames, "oap_rejects_total", rejects,
                     "oap_frame_bytes_total", (json_int_t)snapshot->frame_bytes, "oap_ack_window",
                     (json_int_t)snapshot->ack_window, "oap_inflight_frames", (json_int_t)snapshot->inflight_frames,
                     "oap_inflight_capacity", (json_int_t)snapshot->inflight_capacity);
}

static const char *take_events(host *host, const json_t *events, json_t **answer)
{
    oap_snapshot snapshot;
    const char *why = NULL;
    for (size_t i = 0; why == NULL && i < json_array_size(events); i++)
        why = take_event(host, json_array_get(events, i));
    if (why != NULL)
        return why;
    if (oap_monitor_snapshot(host->monitor, &snapshot) != OAP_STATUS_OK)
        return "no snapshot";
    *answer = json_pack("{s:O, s:o, s:I, s:I}", "readiness", host->readiness, "metrics", metrics(&snapshot),
                        "load_permille", (json_int_t)snapshot.host_load_permille, "starved_ns",
                        (json_int_t)snapshot.ack_starved_ns);
    return NULL;
}

const char *monitor(const json_t *request, const settings *settings, json_t **answer)
{
    const json_t *events = json_object_get(request, "events");
    host host = {.settings = settings};
    if (!json_is_array(events))
        return "events is not a list";
    if (oap_monitor_new(&settings->limits, &host.monitor) != OAP_STATUS_OK)
        return "no monitor";
    host.readiness = json_array();
    const char *why = take_events(&host, events, answer);
    json_decref(host.readiness);
    while (host.members != NULL)
        close_member(&host.members);
    oap_monitor_free(host.monitor);
    return why;
}
