// A session.

#ifndef OAP_SESSION_HPP
#define OAP_SESSION_HPP

#include "configured.hpp"
#include "encode.hpp"

#include <cstdint>
#include <optional>

namespace oap {
inline namespace OAP_HPP_NAMESPACE {

/// One direction of a session at a glance.
struct Flow {
    /// The seq of the direction's last DATA, if it has carried any.
    std::optional<std::uint64_t> last_seq = std::nullopt;
    /// DATA frames sent and not yet acknowledged.
    std::uint32_t in_flight = 0;
    /// DATA frames that may be in flight: the receiver's `ack_window`; 0 before its HELLO.
    std::uint32_t window = 0;
    /// DATA frames that may be sent now: `window - in_flight`.
    std::uint32_t credit = 0;
    /// Whether a stream is open.
    bool open = false;
    /// Whether the open stream is an object stream.
    bool objects = false;
};

namespace detail {

inline Hello from_c(const oap_hello& hello) noexcept {
    return {hello.version, hello.max_frame, hello.has_features ? std::optional(hello.features) : std::nullopt,
            hello.has_ack_window ? std::optional(hello.ack_window) : std::nullopt};
}

inline Flow from_c(const oap_flow& flow) noexcept {
    return {flow.has_last_seq ? std::optional(flow.last_seq) : std::nullopt,
            flow.in_flight,
            flow.window,
            flow.credit,
            flow.open,
            flow.objects};
}

template <auto Tell>
Flow flow(const oap_session* session) noexcept {
    oap_flow flow;
    if (Tell(session, &flow) != OAP_STATUS_OK) return {};
    return from_c(flow);
}

}  // namespace detail

/// One side of a session: decodes and judges what the peer sends, and refuses to encode what the peer would have to
/// reject. No clock, no I/O.
///
/// ~~~cpp
/// auto ours = oap::Session::make().value(), theirs = oap::Session::make().value();
/// std::array<oap::Row, 8> rows;
/// std::vector<std::uint8_t> out(OAP_MAX_FRAME_BYTES);
/// assert(theirs.recv(*ours.send(ours.hello(), out), rows));
/// assert(ours.recv(*theirs.send(theirs.hello(), out), rows));
/// assert(theirs.recv(*ours.send(oap::Start{"notes"}, out), rows));
/// assert(theirs.recv(*ours.send(oap::Data{1, {}, oap::bytes("abc")}, out), rows));
/// assert(ours.outbound().credit == 31 && theirs.inbound().in_flight == 1);
/// assert(!ours.send(oap::Data{9}, out) && ours.refusal()->field == "DATA.seq");
/// ~~~
class Session : public detail::Configured<Session, oap_session, oap_session_new, oap_session_free,
                                          oap_session_set_monitor> {
public:
    /// Takes received bytes and gives the next frames, as many as there are rows. Call again with what follows
    /// `consumed()` while `more()`. The table views `rows` and either `chunk` or the staging buffer, which stays until the next recv, finish, send of an Error or reset. A reject
    /// stays until an Error is sent; what arrives after that is discarded.
    [[nodiscard]] result<FrameTable> recv(span<const std::uint8_t> chunk, span<Row> rows) noexcept {
        return tabled<oap_session_recv>(chunk, rows);
    }
    /// Reports that the peer's bytes have ended. Status::truncated inside a frame, or the reject given before. Whether
    /// they ended at a good place is the host's to judge.
    [[nodiscard]] result<void> finish() noexcept { return detail::done(oap_session_finish(get())); }
    /// Back to a session in which neither side has spoken.
    result<void> reset() noexcept { return detail::done(oap_session_reset(get())); }

    /// The HELLO that the configuration makes. It is not sent: pass it to send, as it is or advertising less.
    [[nodiscard]] Hello hello() const noexcept {
        oap_hello hello;
        if (oap_session_hello(get(), &hello) != OAP_STATUS_OK) return {};
        return detail::from_c(hello);
    }

    /// Encodes a frame to the front of `out` and gives it as a view of `out`. From then on it counts as sent: the host
    /// must send all that was encoded, in the order of the calls. OAP_MAX_HEAD_BYTES plus those of the body are always
    /// enough; `out` must not overlap an input.
    ///
    /// A Failure leaves the session as it was: a Reason where the peer would have to reject the frame (`refusal()` says
    /// more), Status::buffer_too_small (`needed` says how many bytes it takes), Status::overlap.
    [[nodiscard]] result<span<const std::uint8_t>> send(const Hello& hello, span<std::uint8_t> out) noexcept {
        const oap_hello fields = detail::to_c(hello);
        return put(detail::frame_of(fields), out);
    }
    /// Opens this side's stream.
    [[nodiscard]] result<span<const std::uint8_t>> send(const Start& start, span<std::uint8_t> out) noexcept {
        return put(detail::frame_of(start), out);
    }
    /// Carries bytes on the open stream. It takes one credit until the peer acknowledges it.
    [[nodiscard]] result<span<const std::uint8_t>> send(const Data& data, span<std::uint8_t> out) noexcept {
        return put(detail::frame_of(data), out);
    }
    /// Gives the peer credit back: `up_to` is the seq of a received DATA that is not yet acknowledged.
    [[nodiscard]] result<span<const std::uint8_t>> send(const Ack& ack, span<std::uint8_t> out) noexcept {
        return put(detail::frame_of(ack), out);
    }
    /// Closes this side's stream.
    [[nodiscard]] result<span<const std::uint8_t>> send(const End& end, span<std::uint8_t> out) noexcept {
        return put(detail::frame_of(end), out);
    }
    /// Ends the session both ways. What still arrives is discarded.
    [[nodiscard]] result<span<const std::uint8_t>> send(const Error& error, span<std::uint8_t> out) noexcept {
        return put(detail::frame_of(error), out);
    }

    /// Encodes frames one behind the other to the front of `out` and takes them as sent, all of them or none; see send. It
    /// allocates memory for as many oap_frame.
    [[nodiscard]] result<span<const std::uint8_t>> send_all(span<const Envelope> envelopes,
                                                            span<std::uint8_t> out) {
        const detail::Frames frames(envelopes);
        std::size_t size = 0;
        const oap_status status = observed<oap_monitor_observe_write, oap_session_send_all>(
            frames.data(), frames.size(), out.data(), out.size(), &size);
        return detail::framed(status, out, size);
    }

    /// The frames that this side has sent: its credit, what is in flight, whether a stream is open.
    [[nodiscard]] Flow outbound() const noexcept { return detail::flow<oap_session_outbound>(get()); }
    /// The frames that the peer has sent.
    [[nodiscard]] Flow inbound() const noexcept { return detail::flow<oap_session_inbound>(get()); }
    /// Whether both HELLOs have passed.
    [[nodiscard]] bool is_established() const noexcept { return oap_session_is_established(get()); }
    /// Whether an ERROR has passed, either way: nothing more may be sent.
    [[nodiscard]] bool has_ended() const noexcept { return oap_session_has_ended(get()); }
    /// Bytes of the largest frame that the peer takes; 0 before its HELLO.
    [[nodiscard]] std::size_t peer_max_frame() const noexcept { return oap_session_peer_max_frame(get()); }
    /// Bytes of a partial frame that are staged.
    [[nodiscard]] std::size_t staged() const noexcept { return oap_session_staged(get()); }
    /// The reject that it gave, if any.
    [[nodiscard]] std::optional<Reject> reject() const noexcept { return detail::told<oap_session_reject>(get()); }
    /// Why the last send was refused with a Reason, if it was.
    [[nodiscard]] std::optional<Reject> refusal() const noexcept { return detail::told<oap_session_refusal>(get()); }

private:
    friend Configured;
    using Configured::Configured;

    result<span<const std::uint8_t>> put(const oap_frame& frame, span<std::uint8_t> out) noexcept {
        std::size_t size = 0;
        const oap_status status = observed<oap_monitor_observe_write, oap_session_send>(&frame, out.data(), out.size(),
                                                                                        &size);
        return detail::framed(status, out, size);
    }
};

}  // namespace OAP_HPP_NAMESPACE
}  // namespace oap

#endif  // OAP_SESSION_HPP
