//! cbindgen sorts by kinds of items. Here its blocks are put into a reader's order: each handle from new to free, the
//! rare at the end.

/// A title and what stands under it, in this order. A `*` stands for the rest of a name; the longest pattern wins.
type Section = (&'static str, &'static [&'static str]);

const SECTIONS: &[Section] = &[
    (
        "Limits and kinds",
        &[
            "OAP_PROTOCOL_VERSION",
            "OAP_MAX_FRAME_BYTES",
            "OAP_MIN_MAX_FRAME",
            "OAP_PREFIX_BYTES",
            "OAP_MAX_HEADER_BYTES",
            "OAP_MAX_HEAD_BYTES",
            "OAP_STREAM_CHUNK_BYTES",
            "OAP_DEFAULT_ACK_WINDOW",
            "OAP_MAX_ACK_WINDOW",
            "OAP_KIND_*",
            "oap_kind_name",
        ],
    ),
    (
        "Statuses",
        &["oap_status", "OAP_STATUS_*", "oap_status_name", "oap_reject_label", "oap_reject"],
    ),
    (
        "Configuration",
        &[
            "oap_config",
            "oap_config_new",
            "oap_config_set_*",
            "oap_config_unset_*",
            "OAP_SEQ_ROLLOVER_*",
            "oap_config_set_seq_rollover_policy",
            "oap_config_error",
            "oap_config_get_error",
            "oap_config_free",
        ],
    ),
    ("Encoding frames", &["oap_hello", "oap_frame", "oap_encode", "oap_encode_refusal"]),
    ("Decoding frames", &["oap_row", "OAP_HAS_*", "oap_frame_table", "oap_decode"]),
    (
        "Decoder: buffers of the caller's own",
        &[
            "oap_decoder",
            "oap_decoder_new",
            "oap_decoder_decode",
            "oap_decoder_*",
            "oap_decoder_reject",
            "oap_decoder_reset",
            "oap_decoder_free",
        ],
    ),
    (
        "Stream decoder: chunks in any split",
        &[
            "oap_stream_decoder",
            "oap_stream_decoder_new",
            "oap_stream_decoder_feed",
            "oap_stream_decoder_*",
            "oap_stream_decoder_reject",
            "oap_stream_decoder_reset",
            "oap_stream_decoder_free",
        ],
    ),
    (
        "Session: the rules of both directions",
        &[
            "oap_session",
            "oap_session_new",
            "oap_session_recv",
            "oap_session_finish",
            "oap_session_reject",
            "oap_session_send",
            "oap_session_send_all",
            "oap_session_refusal",
            "oap_session_hello",
            "oap_flow",
            "oap_session_outbound",
            "oap_session_inbound",
            "oap_session_*",
            "oap_session_reset",
            "oap_session_free",
        ],
    ),
    (
        "Connection: a session that decides when to acknowledge, wait and close",
        &[
            "oap_connection",
            "oap_connection_options",
            "oap_connection_options_*",
            "OAP_CONNECTION_WINDOW",
            "oap_connection_new",
            "OAP_CONNECTION_*",
            "oap_connection_state_name",
            "OAP_END_*",
            "oap_end_reason_name",
            "oap_connection_info",
            "oap_connection_inspect",
            "oap_connection_receive",
            "oap_connection_receive_end",
            "oap_connection_take",
            "oap_connection_acknowledge",
            "oap_connection_start",
            "oap_connection_data",
            "oap_connection_data_all",
            "oap_connection_data_head",
            "OAP_STREAM_ABORTED",
            "oap_connection_end_stream",
            "oap_connection_refusal",
            "oap_connection_cancel_send",
            "oap_piece",
            "oap_connection_transmit",
            "oap_connection_transmitted",
            "oap_connection_handle_timeout",
            "OAP_CLOSE_TIMEOUT",
            "oap_connection_close",
            "oap_connection_*",
            "oap_connection_free",
        ],
    ),
    (
        "Monitor: metrics and readiness of a process",
        &[
            "oap_monitor",
            "oap_monitor_limits",
            "oap_monitor_default_limits",
            "oap_monitor_new",
            "oap_decoder_set_monitor",
            "oap_stream_decoder_set_monitor",
            "oap_session_set_monitor",
            "oap_connection_set_monitor",
            "oap_monitor_observe_*",
            "oap_monitor_tick",
            "OAP_READYZ_BYTES",
            "oap_readiness",
            "oap_monitor_readiness",
            "oap_monitor_set_*",
            "oap_monitor_text",
            "oap_monitor_free",
        ],
    ),
    (
        "The rest: frames from rows, single counts, names",
        &[
            "oap_encoded",
            "oap_encode_rows",
            "oap_encode_rows_refusal",
            "oap_monitor_count_*",
            "OAP_HISTOGRAM_BUCKETS",
            "oap_histogram_bound_ns",
            "oap_timing",
            "oap_snapshot",
            "oap_monitor_snapshot",
            "oap_readyz_headers",
            "oap_text_content_type",
            "oap_metric_name",
            "oap_readiness_key",
        ],
    ),
    (
        "Versions",
        &["OAP_ABI_MAJOR", "OAP_ABI_MINOR", "OAP_ABI_VERSION", "oap_abi_version", "oap_version"],
    ),
];

const OPEN: &str = "#ifdef __cplusplus\nextern \"C\" {\n#endif";
const CLOSE: &str = "#ifdef __cplusplus\n} /* extern \"C\" */\n#endif";
const GUARD_END: &str = "#endif /* OAP_H */";

/// cbindgen's header in the order above.
///
/// # Panics
/// Where an item has no place, or a pattern no item.
pub fn in_a_readers_order(made: &str) -> String {
    let parts: Vec<&str> =
        made.split("\n\n").map(str::trim).filter(|part| !part.is_empty()).collect();
    let first = parts.iter().position(|part| part.starts_with("/**")).expect("an item");
    let (preamble, rest) = parts.split_at(first);
    let (blocks, others): (Vec<&str>, Vec<&str>) =
        rest.iter().partition(|part| part.starts_with("/**"));
    let layouts = others
        .iter()
        .find(|part| part.starts_with("#ifdef OAP_STATIC_ASSERT"))
        .expect("the trailer");
    let mut parts: Vec<String> = preamble.iter().map(ToString::to_string).collect();
    parts.push(OPEN.into());
    let mut placed = 0;
    for (title, patterns) in SECTIONS {
        parts.push(format!("/* ---- {title} ---- */"));
        for pattern in *patterns {
            let found = blocks.iter().filter(|block| pattern_of(name_of(block)) == Some(*pattern));
            let before = parts.len();
            parts.extend(found.map(ToString::to_string));
            assert!(parts.len() > before, "the header has no {pattern}");
            placed += parts.len() - before;
        }
    }
    assert_eq!(placed, blocks.len(), "the order names an item twice");
    parts.extend([CLOSE.into(), layouts.to_string(), GUARD_END.into()]);
    parts.join("\n\n") + "\n"
}

/// What a block declares.
fn name_of(block: &str) -> &str {
    let code = block.split_once("*/").expect("a comment").1.trim();
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let before = match code.strip_prefix("#define ") {
        Some(rest) => &rest[..rest.find(' ').expect("a value")],
        None if code.starts_with("typedef") => code.trim_end_matches(';'),
        None => &code[..code.find('(').expect("a function")],
    };
    before.rsplit(|c: char| !is_name(c)).next().expect("a name")
}

/// The longest pattern that the name has.
fn pattern_of(name: &str) -> Option<&'static str> {
    let has = |pattern: &str| match pattern.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => name == pattern,
    };
    let patterns = SECTIONS.iter().flat_map(|(_, patterns)| *patterns).copied();
    let found = patterns.filter(|pattern| has(pattern)).max_by_key(|pattern| pattern.len());
    assert!(found.is_some(), "{name} has no place in the order of tests/header/order.rs");
    found
}
