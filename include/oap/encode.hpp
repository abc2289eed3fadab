// Frames to bytes.

#ifndef OAP_ENCODE_HPP
#define OAP_ENCODE_HPP

#include "configured.hpp"
#include "frame.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

namespace oap {
inline namespace OAP_HPP_NAMESPACE {

namespace detail {

/// The outcome of a call that encodes. The frame is the front of `out`.
inline result<span<const std::uint8_t>> framed(oap_status status, span<std::uint8_t> out, std::size_t size) noexcept {
    if (status == OAP_STATUS_OK) return span<const std::uint8_t>(out.data(), size);
    return failed(status, status == OAP_STATUS_BUFFER_TOO_SMALL ? size : 0);
}

/// The pointer that C takes for `obj`: none is NULL, an empty one is not.
inline std::string_view obj_of(const Data& data) noexcept {
    if (!data.obj) return {};
    return data.obj->empty() ? std::string_view("") : *data.obj;
}

inline oap_hello to_c(const Hello& hello) noexcept {
    return {hello.max_frame,
            hello.features.value_or(0),
            hello.version,
            hello.ack_window.value_or(0),
            hello.features.has_value(),
            hello.ack_window.has_value()};
}

/// A frame of a kind; C reads no field that its kind does not have.
inline oap_frame frame_of(Kind kind) noexcept {
    oap_frame frame = {};
    frame.struct_size = sizeof frame;
    frame.kind = static_cast<std::uint8_t>(kind);
    return frame;
}

inline oap_frame frame_of(const oap_hello& hello) noexcept {
    oap_frame frame = frame_of(Kind::hello);
    frame.hello = &hello;
    return frame;
}
inline oap_frame frame_of(const Start& start) noexcept {
    oap_frame frame = frame_of(Kind::start);
    frame.text = start.stream.data();
    frame.text_len = start.stream.size();
    return frame;
}
inline void set(oap_frame& frame, const Data& data) noexcept {
    const std::string_view obj = obj_of(data);
    frame.struct_size = sizeof frame;
    frame.kind = OAP_KIND_DATA;
    frame.seq = data.seq;
    frame.text = obj.data();
    frame.text_len = obj.size();
    frame.body = data.body.data();
    frame.body_len = data.body.size();
}
inline oap_frame frame_of(const Data& data) noexcept {
    oap_frame frame;  // not cleared: a DATA has no other field, and it is sent most
    set(frame, data);
    return frame;
}
inline oap_frame frame_of(const Ack& ack) noexcept {
    oap_frame frame = frame_of(Kind::ack);
    frame.seq = ack.up_to;
    return frame;
}
inline oap_frame frame_of(const End& end) noexcept {
    oap_frame frame = frame_of(Kind::end);
    frame.seq = end.seq;
    frame.value = end.status;
    return frame;
}
inline oap_frame frame_of(const Error& error) noexcept {
    oap_frame frame = frame_of(Kind::error);
    frame.value = error.code;
    frame.text = error.reason.data();
    frame.text_len = error.reason.size();
    return frame;
}

/// Many frames as C takes them. The fields of HELLOs stand beside them.
class Frames {
public:
    explicit Frames(span<const Envelope> envelopes) {
        const auto is_hello = [](const Envelope& envelope) { return std::holds_alternative<Hello>(envelope); };
        hellos_.reserve(static_cast<std::size_t>(std::count_if(envelopes.begin(), envelopes.end(), is_hello)));
        frames_.reserve(envelopes.size());
        for (const Envelope& envelope : envelopes) {
            std::visit([this](const auto& fields) { add(fields); }, envelope);
        }
    }
    [[nodiscard]] const oap_frame* data() const noexcept { return frames_.data(); }
    [[nodiscard]] std::size_t size() const noexcept { return frames_.size(); }

private:
    void add(const Hello& hello) { frames_.push_back(frame_of(hellos_.emplace_back(to_c(hello)))); }
    void add(const Data& data) { set(frames_.emplace_back(), data); }
    template <class Fields>
    void add(const Fields& fields) {
        frames_.push_back(frame_of(fields));
    }

    std::vector<oap_hello> hellos_ = {};
    std::vector<oap_frame> frames_ = {};
};

inline result<span<const std::uint8_t>> encode(const oap_frame& frame, span<std::uint8_t> out) noexcept {
    std::size_t size = 0;
    const oap_status status = oap_encode(&frame, out.data(), out.size(), &size);
    return framed(status, out, size);
}

}  // namespace detail

/// Encodes a frame to the front of `out`, apart from any session, and gives it as a view of `out`.
/// OAP_MAX_HEAD_BYTES plus those of the body are always enough; `out` must not overlap an input.
///
/// A Failure is a Reason of the envelope's rules (`encode_refusal` says more), or Status::buffer_too_small (`needed` says how many bytes it takes),
/// Status::overlap.
///
/// ~~~cpp
/// std::array<std::uint8_t, OAP_MAX_HEAD_BYTES + 3> out;
/// auto frame = oap::encode(oap::Data{7, {}, oap::bytes("abc")}, out);
/// assert(frame && frame->size() == 13);
/// assert(oap::encode(oap::Start{""}, out).error().reason() == oap::Reason::header_malformed);
/// ~~~
[[nodiscard]] inline result<span<const std::uint8_t>> encode(const Hello& hello, span<std::uint8_t> out) noexcept {
    const oap_hello fields = detail::to_c(hello);
    return detail::encode(detail::frame_of(fields), out);
}
/// Encodes a START; see encode of a Hello.
[[nodiscard]] inline result<span<const std::uint8_t>> encode(const Start& start, span<std::uint8_t> out) noexcept {
    return detail::encode(detail::frame_of(start), out);
}
/// Encodes a DATA; see encode of a Hello. Status::frame_oversize where it would be over 1 MiB.
[[nodiscard]] inline result<span<const std::uint8_t>> encode(const Data& data, span<std::uint8_t> out) noexcept {
    return detail::encode(detail::frame_of(data), out);
}
/// Encodes an ACK; see encode of a Hello.
[[nodiscard]] inline result<span<const std::uint8_t>> encode(const Ack& ack, span<std::uint8_t> out) noexcept {
    return detail::encode(detail::frame_of(ack), out);
}
/// Encodes an END; see encode of a Hello.
[[nodiscard]] inline result<span<const std::uint8_t>> encode(const End& end, span<std::uint8_t> out) noexcept {
    return detail::encode(detail::frame_of(end), out);
}
/// Encodes an ERROR; see encode of a Hello.
[[nodiscard]] inline result<span<const std::uint8_t>> encode(const Error& error, span<std::uint8_t> out) noexcept {
    return detail::encode(detail::frame_of(error), out);
}

/// Why `encode` refuses a HELLO: the field and the limit; nothing where it breaks no rule.
///
/// ~~~cpp
/// assert(oap::encode_refusal(oap::Start{""})->field == "START.stream");
/// assert(!oap::encode_refusal(oap::Ack{1}));
/// ~~~
[[nodiscard]] inline std::optional<Reject> encode_refusal(const Hello& hello) noexcept {
    const oap_hello fields = detail::to_c(hello);
    const oap_frame frame = detail::frame_of(fields);
    return detail::told<oap_encode_refusal>(&frame);
}
/// Why `encode` refuses any other frame; see encode_refusal of a Hello.
template <class Fields>
[[nodiscard]] std::optional<Reject> encode_refusal(const Fields& fields) noexcept {
    const oap_frame frame = detail::frame_of(fields);
    return detail::told<oap_encode_refusal>(&frame);
}

/// How far encode_rows came: `rows` encoded, bytes `written`.
using Encoded = oap_encoded;

/// Encodes the frames of a table, as many as there is room for: the inverse of Decoder::decode, apart from any session.
/// Call again from the row that did not fit or is bad: where that is the first, the Failure says what is wrong with it
/// (a Reason, about which `encode_rows_refusal` says more, Status::buffer_too_small, Status::out_of_bounds). `bytes` is what the rows' offsets count in.
[[nodiscard]] inline result<Encoded> encode_rows(span<const Row> rows, span<const std::uint8_t> bytes,
                                                 span<std::uint8_t> out) noexcept {
    Encoded encoded;
    const oap_status status = oap_encode_rows(rows.data(), rows.size(), bytes.data(), bytes.size(), out.data(),
                                              out.size(), &encoded);
    if (status != OAP_STATUS_OK) return detail::failed(status);
    return encoded;
}

/// Why encode_rows refuses a row: the field and the limit; nothing where it breaks no rule.
[[nodiscard]] inline std::optional<Reject> encode_rows_refusal(const Row& row, span<const std::uint8_t> bytes) noexcept {
    const auto tell = [&](oap_reject* refusal) { return oap_encode_rows_refusal(&row, bytes.data(), bytes.size(), refusal); };
    return detail::told(tell);
}

}  // namespace OAP_HPP_NAMESPACE
}  // namespace oap

#endif  // OAP_ENCODE_HPP
