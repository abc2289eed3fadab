// Every call of the headers against a liboap that fails and writes nothing, under MemorySanitizer: the results hold
// nothing that nobody wrote.

#include <oap.hpp>

#include <array>
#include <cstdio>
#include <sanitizer/msan_interface.h>

extern "C" {
extern oap_status failing_status;
extern bool makes_handles;
const char* uncalled();
}

namespace {

using Time = oap::Connection::Time;

/// In a class its functions know each other, whatever their order.
struct Use {
    /// Without padding, which nobody writes.
    template <class T>
    static void use(const T& value) {
        if constexpr (std::is_class_v<T>) {
            use_fields(value);
        } else {
            __msan_check_mem_is_initialized(&value, sizeof value);
        }
    }

    template <class... T>
    static void use_all(const T&... values) {
        (use(values), ...);
    }

    static void use_fields(std::string_view text) { use_all(text.data(), text.size()); }
    static void use_fields(const std::string& text) { use_fields(std::string_view(text)); }
    static void use_fields(Time time) { use(time.count()); }
    template <class T>
    static void use_fields(oap::span<T> items) {
        use_all(items.data(), items.size());
    }
    template <class T>
    static void use_fields(const std::vector<T>& items) {
        use(items.size());
        for (const T& item : items) use(item);
    }
    template <class T, std::size_t Size>
    static void use_fields(const std::array<T, Size>& items) {
        for (const T& item : items) use(item);
    }
    template <class T>
    static void use_fields(const std::optional<T>& told) {
        if (told) use(*told);
    }
    static void use_fields(const oap::Failure& failure) {
        use_all(failure.status, failure.needed);
        use_fields(failure.reason());
    }
    template <class T>
    static void use_fields(const oap::result<T>& result) {
        if (!result) return use(result.error());
        if constexpr (!std::is_void_v<T>) use(*result);
    }
    template <class Handle, auto Free>
    static void use_fields(const oap::detail::Owner<Handle, Free>& owner) {
        use(owner.get());
    }
    static void use_fields(const oap::Monitor& monitor) { use_all(monitor.get(), monitor.timing()); }
    static void use_fields(const oap::FrameTable& table) {
        use_all(table.size(), table.consumed(), table.need(), table.more(), table.bytes());
    }
    static void use_fields(const oap::Encoded& encoded) { use_all(encoded.rows, encoded.written); }
    static void use_fields(const oap::Reject& reject) {
        use_all(reject.reason, reject.field, reject.detail, reject.limit, reject.offset, reject.at);
    }
    static void use_fields(const oap::ConfigError& error) { use_all(error.field, error.value, error.min, error.max); }
    static void use_fields(const oap::PeerError& error) { use_all(error.code, error.reason); }
    static void use_fields(const oap::Hello& hello) {
        use_all(hello.version, hello.max_frame, hello.features, hello.ack_window);
    }
    static void use_fields(const oap::Flow& flow) {
        use_all(flow.last_seq, flow.in_flight, flow.window, flow.credit, flow.open, flow.objects);
    }
    static void use_fields(const oap::ConnectionInfo& info) {
        use_all(info.state, info.end_reason, info.timeout, info.wants_read, info.wants_write, info.wants_shutdown);
        use_all(info.queued, info.untaken, info.max_body, info.outbound, info.inbound);
    }
    static void use_fields(const oap::MonitorLimits& limits) {
        __msan_check_mem_is_initialized(&limits, sizeof limits);
    }
    static void use_fields(const oap::ConnectionOptions& options) {
        use_all(options.struct_size, options.handshake_timeout_ns, options.idle_timeout_ns, options.stall_timeout_ns);
        use_all(options.close_timeout_ns, options.receive_buffer, options.receive_limit, options.send_buffer);
        use(options.auto_ack);
    }
    static void use_fields(const oap::Readiness::Key& key) { use_all(key.name, key.ok); }
    static void use_fields(const oap::Readiness::Header& header) { use_all(header.name, header.value); }
    static void use_fields(const oap::Readiness& readiness) {
        use_all(readiness.ready, readiness.keys, readiness.missing, readiness.status);
        use_all(readiness.headers, readiness.body);
    }
    static void use_fields(const oap::Timing::Bucket& bucket) { use_all(bucket.bound, bucket.count); }
    static void use_fields(const oap::Timing& timing) { use_all(timing.buckets, timing.sum); }
    static void use_fields(const oap::Snapshot& told) {
        use_all(told.frames(oap::Kind::hello), told.frames(oap::Kind::error));
        use_all(told.rejects(oap::Reason::bad_hello), told.rejects(oap::Reason::truncated));
        use_all(told.frame_bytes(), told.ack_window(), told.inflight_frames(), told.inflight_capacity());
        use_all(told.host_load_permille(), told.ack_starved(), told.read(), told.write());
    }
};

template <class... T>
void use(const T&... values) {
    Use::use_all(values...);
}

template <class Make>
auto made(Make make) {
    makes_handles = true;
    auto result = make();
    makes_handles = false;
    return std::move(result).value();
}

std::array<oap::Row, 2> rows;
std::array<std::uint8_t, 64> out;
const std::array<std::uint8_t, 8> in = {};

void names() {
    use(oap::label(oap::Reason::bad_hello), oap::name(oap::Kind::hello), oap::name(oap::Status::ok));
    use(oap::name(oap::ConnectionState::open), oap::name(oap::EndReason::clean));
}

void config() {
    use(oap::Config::make());
    oap::Config config = made([] { return oap::Config::make(); });
    use(config.set_strict_headers(true), config.set_enforce_obj_header_on_objects(true));
    use(config.set_allow_pq_hello_flags(true), config.set_seq_rollover_policy(oap::SeqRolloverPolicy::wrap));
    use(config.set_ack_window_frames(1), config.set_max_frame(4096), config.set_features(1));
    use(config.set_features(std::nullopt), config.error());
}

void monitor() {
    use(oap::MonitorLimits(), oap::Monitor::make(), oap::Monitor::text_content_type());
    const oap::Monitor monitor = made([] { return oap::Monitor::make(); });
    use(monitor, monitor.set_parser_ready(true), monitor.set_load(1), monitor.count_frame(oap::Kind::ack, 1));
    use(monitor.count_reject(oap::Reason::truncated), monitor.observe_read(Time(1)), monitor.observe_write(Time(1)));
    use(monitor.tick(), monitor.readiness(), monitor.snapshot());
    // It asks again for as long as the room is said to be too small.
    if (failing_status != OAP_STATUS_BUFFER_TOO_SMALL) use(monitor.text());
}

template <class Class>
void makes() {
    const auto config = made([] { return oap::Config::make(); });
    const auto monitor = made([] { return oap::Monitor::make(); });
    use(Class::make(), Class::make(config), Class::make(monitor), Class::make(config, monitor));
    makes_handles = true;
    use(Class::make(monitor), Class::make(config, monitor));
    makes_handles = false;
}

void decoders() {
    makes<oap::Decoder>();
    makes<oap::StreamDecoder>();
    auto decoder = made([] { return oap::Decoder::make(); });
    use(decoder.decode(in, rows), decoder.finish(), decoder.reset(), decoder.reject(), oap::decode(in, rows[0]));
    auto stream = made([] { return oap::StreamDecoder::make(); });
    use(stream.feed(in, rows), stream.finish(), stream.reset(), stream.reject(), stream.staged());
}

const std::array<oap::Envelope, 6> envelopes = {oap::Hello{}, oap::Start{"a"}, oap::Data{1},
                                               oap::Ack{1},  oap::End{},      oap::Error{}};

void encoders() {
    const auto encode = [](const auto& fields) { use(oap::encode(fields, out), oap::encode_refusal(fields)); };
    for (const auto& envelope : envelopes) std::visit(encode, envelope);
    use(oap::encode_rows(rows, in, out), oap::encode_rows_refusal(rows[0], in));
}

void session() {
    makes<oap::Session>();
    auto session = made([] { return oap::Session::make(); });
    use(session.recv(in, rows), session.finish(), session.reset(), session.hello());
    for (const auto& envelope : envelopes) {
        std::visit([&](const auto& fields) { use(session.send(fields, out)); }, envelope);
    }
    use(session.send_all(envelopes, out), session.outbound(), session.inbound(), session.is_established());
    use(session.has_ended(), session.peer_max_frame(), session.staged(), session.reject(), session.refusal());
}

void sends(oap::Connection& connection) {
    use(connection.start(Time(1), "a"), connection.data(Time(1), in), connection.data(Time(1), in, "b"));
    use(connection.data_head(Time(1), 1), connection.data_head(Time(1), 1, "b"), connection.end_stream(Time(1)));
    std::array<oap::Piece, 2> pieces;
    use(connection.cancel_send(), connection.transmit(Time(1), pieces), connection.transmitted(Time(1), 1));
}

void connection() {
    const auto config = made([] { return oap::Config::make(); });
    const auto monitor = made([] { return oap::Monitor::make(); });
    use(oap::Connection::make(Time(1)), oap::Connection::make(Time(1), config));
    const oap::ConnectionOptions options;
    use(options);
    // The error is written where the options are out of range.
    if (failing_status != OAP_STATUS_OUT_OF_RANGE) use(options.error());
    auto connection = made([] { return oap::Connection::make(Time(1)); });
    use(connection.set_monitor(monitor), connection.receive(Time(1), in, rows), connection.receive_end(Time(1)));
    use(connection.take(Time(1), 1), connection.acknowledge(Time(1), 1));
    sends(connection);
    use(connection.handle_timeout(Time(1)), connection.close(Time(1)), connection.close(Time(1), Time(1)));
    use(connection.abort(), connection.transport_failed(), connection.info());
    use(connection.reject(), connection.refusal(), connection.peer_error());
}

}  // namespace

int main() {
    for (oap_status status = OAP_STATUS_OK + 1; status <= OAP_STATUS_CLOSED; ++status) {
        failing_status = status;
        for (const auto test : {names, config, monitor, decoders, encoders, session, connection}) test();
    }
    const char* name = uncalled();
    if (name != nullptr) std::printf("not called: %s\n", name);
    return name == nullptr ? 0 : 1;
}
