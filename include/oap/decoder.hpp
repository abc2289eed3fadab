// Bytes to frames.

#ifndef OAP_DECODER_HPP
#define OAP_DECODER_HPP

#include "configured.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>

namespace oap {
inline namespace OAP_HPP_NAMESPACE {

/// Decodes a byte stream from buffers that the caller owns. It holds a configuration, a position and a verdict, never
/// bytes. Decoding does not allocate, and the cost of a frame does not depend on its body.
///
/// ~~~cpp
/// auto decoder = oap::Decoder::make().value();
/// std::array<oap::Row, 64> rows;
/// const auto wire = oap::bytes({"\0\0\0\x0a\x04\0\0\x02\x08\x01\0\0\0\x08\x99", 15});
/// auto table = decoder.decode(wire, rows);
/// assert(table && table->size() == 1 && table->more());
/// table = decoder.decode(wire.subspan(table->consumed()), rows);
/// assert(!table && table.error().reason() == oap::Reason::unknown_envelope);
/// assert(decoder.reject()->offset == 10 && decoder.reject()->at == 15);
/// ~~~
class Decoder : public detail::Configured<Decoder, oap_decoder, oap_decoder_new, oap_decoder_free,
                                          oap_decoder_set_monitor> {
public:
    /// The whole frames at the front of `bytes`, as many as there are rows; with one row it is one frame a call. Next
    /// pass the same bytes from `consumed()` on, at once while `more()`, else with more behind them. No whole frame yet is
    /// no failure: the table is empty. Frames before a bad one are given first; after a reject every call gives the
    /// same one until reset. The table views `bytes` and `rows`.
    [[nodiscard]] result<FrameTable> decode(span<const std::uint8_t> bytes, span<Row> rows) noexcept {
        return tabled<oap_decoder_decode>(bytes, rows);
    }
    /// Reports that the input has ended; `rest` is what no call has consumed. Status::truncated where that is part of a
    /// frame, or the reject given before.
    [[nodiscard]] result<void> finish(span<const std::uint8_t> rest = {}) noexcept {
        return detail::done(oap_decoder_finish(get(), rest.data(), rest.size()));
    }
    /// Back to the start of a new stream, without a verdict.
    result<void> reset() noexcept { return detail::done(oap_decoder_reset(get())); }

    /// The reject that it gave, if any.
    [[nodiscard]] std::optional<Reject> reject() const noexcept { return detail::told<oap_decoder_reject>(get()); }

private:
    friend Configured;
    using Configured::Configured;
};

/// Decodes a byte stream that comes in chunks. Frames that lie whole in a chunk stay where they are; of the one frame
/// that a chunk cuts, the bytes that have come are staged.
///
/// ~~~cpp
/// auto decoder = oap::StreamDecoder::make().value();
/// std::array<oap::Row, 8> rows;
/// std::size_t frames = 0;
/// const auto wire = oap::bytes({"\0\0\0\x0a\x04\0\0\x02\x08\x01", 10});
/// for (auto chunk : {wire.first(3), wire.subspan(3)}) {
///     auto table = decoder.feed(chunk, rows);
///     if (table) frames += table->size();
/// }
/// assert(frames == 1 && decoder.finish());
/// ~~~
class StreamDecoder : public detail::Configured<StreamDecoder, oap_stream_decoder, oap_stream_decoder_new,
                                                 oap_stream_decoder_free, oap_stream_decoder_set_monitor> {
public:
    /// Takes a chunk and gives the next frames, as many as there are rows. Call again with what follows `consumed()`
    /// while `more()`. The table views `rows` and either `chunk` or the
    /// staging buffer, which stays until the next call of a member that is not const. A reject stays until reset.
    [[nodiscard]] result<FrameTable> feed(span<const std::uint8_t> chunk, span<Row> rows) noexcept {
        return tabled<oap_stream_decoder_feed>(chunk, rows);
    }
    /// Reports that the input has ended. Status::truncated inside a frame, or the reject given before.
    [[nodiscard]] result<void> finish() noexcept { return detail::done(oap_stream_decoder_finish(get())); }
    /// Back to the start of a new stream: nothing staged, no verdict.
    result<void> reset() noexcept { return detail::done(oap_stream_decoder_reset(get())); }

    /// Bytes of a partial frame that are staged.
    [[nodiscard]] std::size_t staged() const noexcept { return oap_stream_decoder_staged(get()); }
    /// The reject that it gave, if any.
    [[nodiscard]] std::optional<Reject> reject() const noexcept {
        return detail::told<oap_stream_decoder_reject>(get());
    }

private:
    friend Configured;
    using Configured::Configured;
};

/// Decodes the one frame at the front of `bytes` without a handle, by the defaults: no position, no verdict kept. The
/// table has one frame or, where that is not whole yet, none; it views `bytes` and `row`.
[[nodiscard]] inline result<FrameTable> decode(span<const std::uint8_t> bytes, Row& row) noexcept {
    oap_frame_table table;
    const oap_status status = oap_decode(nullptr, bytes.data(), bytes.size(), &row, &table);
    if (status != OAP_STATUS_OK) return detail::failed(status);
    return FrameTable(table, &row);
}

}  // namespace OAP_HPP_NAMESPACE
}  // namespace oap

#endif  // OAP_DECODER_HPP
