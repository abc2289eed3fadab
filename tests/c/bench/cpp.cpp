// The C++ face on the same work.

#include "cases.h"

#include <algorithm>
#include <array>
#include <oap.hpp>
#include <vector>

namespace {

std::array<oap::Row, MOST_FRAMES> rows;

/// Frames found, up to `capacity` a call; `look` sees them.
template <class Look>
std::size_t decode(oap::Decoder& decoder, const work* work, std::size_t capacity, Look look) {
    std::size_t found = 0;
    oap::span<const std::uint8_t> rest(work->wire, work->size);
    while (!rest.empty()) {
        const auto table = decoder.decode(rest, {rows.data(), capacity});
        if (!table) return 0;
        look(*table);
        found += table->size();
        rest = rest.subspan(table->consumed());
    }
    return found;
}

const auto unseen = [](const oap::FrameTable&) {};

struct Length {
    std::size_t operator()(const oap::Data& data) const { return data.body.size() + data.seq; }
    std::size_t operator()(const oap::Ack& ack) const { return ack.up_to; }
    template <class Other>
    std::size_t operator()(const Other&) const {
        return 0;
    }
};

}  // namespace

std::size_t cpp_table(const work* work) {
    static auto decoder = oap::Decoder::make().value();
    return decode(decoder, work, rows.size(), unseen);
}

std::size_t cpp_one(const work* work) {
    static auto decoder = oap::Decoder::make().value();
    return decode(decoder, work, 1, unseen);
}

std::size_t cpp_timed(const work* work) {
    static auto decoder = oap::Decoder::make(oap::Monitor::make().value()).value();
    return decode(decoder, work, 1, unseen);
}

std::size_t cpp_frames(const work* work) {
    static auto decoder = oap::Decoder::make().value();
    std::size_t sum = 0;
    const std::size_t found = decode(decoder, work, rows.size(), [&](const oap::FrameTable& table) {
        for (const oap::Frame frame : table) sum += std::visit(Length(), frame.envelope());
    });
    return sum > 0 ? found : 0;
}

std::size_t cpp_split(const work* work) {
    static auto decoder = oap::StreamDecoder::make().value();
    std::size_t found = 0;
    for (std::size_t at = 0; at < work->size; at += work->chunk) {
        oap::span<const std::uint8_t> chunk(work->wire + at, std::min(work->chunk, work->size - at));
        while (!chunk.empty()) {
            const auto table = decoder.feed(chunk, rows);
            if (!table) return 0;
            found += table->size();
            chunk = chunk.subspan(table->consumed());
        }
    }
    return found;
}

std::size_t cpp_encode(const work* work) {
    static const std::array<std::uint8_t, TINY_BODY> body = {};
    static std::vector<std::uint8_t> out(work->size + OAP_MAX_HEAD_BYTES);
    oap::span<std::uint8_t> room = out;
    for (std::uint64_t seq = 1; seq <= work->frames; ++seq) {
        const auto frame = oap::encode(oap::Data{seq, {}, body}, room);
        if (!frame) return 0;
        room = room.subspan(frame->size());
    }
    return out.size() - room.size();
}
