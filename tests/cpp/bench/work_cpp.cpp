#include "work.h"

#include <oap.hpp>

#include <array>

namespace {

using Out = oap::span<std::uint8_t>;

struct Seen {
    std::uint64_t operator()(const oap::Data& data) const {
        return data.seq + data.body.size() + data.body[0] + (data.obj ? static_cast<std::uint8_t>((*data.obj)[3]) : 0);
    }
    std::uint64_t operator()(const oap::Ack& ack) const { return ack.up_to; }
    std::uint64_t operator()(const oap::End& end) const { return end.seq + end.status; }
    std::uint64_t operator()(const oap::Start& start) const { return start.stream.size(); }
    std::uint64_t operator()(const oap::Error& error) const { return error.code; }
    std::uint64_t operator()(const oap::Hello& hello) const { return hello.max_frame; }
};

[[gnu::always_inline]] inline std::uint64_t seen(oap::Frame frame) {
    switch (frame.kind()) {
        case oap::Kind::data: return Seen()(frame.data());
        case oap::Kind::ack: return Seen()(frame.ack());
        case oap::Kind::end: return Seen()(frame.end());
        case oap::Kind::start: return Seen()(frame.start());
        case oap::Kind::error: return Seen()(frame.error());
        case oap::Kind::hello: break;
    }
    return Seen()(frame.hello());
}

template <class Look>
std::uint64_t decode(const work& work, oap::span<oap::Row> rows, Look look) {
    std::uint64_t sum = 0;
    auto decoder = oap::Decoder::make();
    if (!decoder) return 0;
    for (std::size_t round = 0; round < work.rounds; ++round) {
        oap::span<const std::uint8_t> rest(work.wire, work.size);
        while (!rest.empty()) {
            const auto table = decoder->decode(rest, rows);
            if (!table) return 0;
            for (const oap::Frame frame : *table) sum += look(frame);
            rest = rest.subspan(table->consumed());
        }
    }
    return sum;
}

std::uint64_t window(oap::Session& from, oap::Session& to, std::uint64_t seq, const work& work) {
    std::uint64_t sum = 0;
    std::array<oap::Row, WINDOW> rows;
    const Out out(work.out, work.capacity);
    Out room = out;
    for (std::size_t i = 0; i < WINDOW; ++i) {
        const auto frame = from.send(oap::Data{seq + i, {}, {work.wire, 32}}, room);
        if (!frame) return 0;
        room = room.subspan(frame->size());
    }
    const auto table = to.recv(out.first(out.size() - room.size()), rows);
    if (!table) return 0;
    for (const oap::Frame frame : *table) sum += seen(frame);
    const auto ack = to.send(oap::Ack{seq + WINDOW - 1}, out);
    if (!ack || !from.recv(*ack, rows)) return 0;
    return sum;
}

bool pass(const oap::result<oap::span<const std::uint8_t>>& frame, oap::Session& to) {
    oap::Row row;
    return frame && to.recv(*frame, {&row, 1});
}

}  // namespace

std::uint64_t table_cpp(const work* work) {
    std::array<oap::Row, TABLE_ROWS> rows;
    return decode(*work, rows, [](oap::Frame frame) { return seen(frame); });
}

std::uint64_t visit_cpp(const work* work) {
    std::array<oap::Row, TABLE_ROWS> rows;
    return decode(*work, rows, [](oap::Frame frame) { return std::visit(Seen(), frame.envelope()); });
}

std::uint64_t single_cpp(const work* work) {
    oap::Row row;
    return decode(*work, {&row, 1}, [](oap::Frame frame) { return seen(frame); });
}

std::uint64_t encode_cpp(const work* work) {
    std::uint64_t sum = 0;
    for (std::size_t round = 0; round < work->rounds; ++round) {
        for (std::size_t i = 0; i < work->frames; ++i) {
            const auto frame = oap::encode(oap::Data{i, {}, {work->wire, 32}}, {work->out, work->capacity});
            if (!frame) return 0;
            sum += frame->size();
        }
    }
    return sum;
}

std::uint64_t session_cpp(const work* work) {
    std::uint64_t sum = 0;
    const Out out(work->out, work->capacity);
    auto from = oap::Session::make(), to = oap::Session::make();
    if (!from || !to || !pass(from->send(from->hello(), out), *to) || !pass(to->send(to->hello(), out), *from) ||
        !pass(from->send(oap::Start{"s"}, out), *to))
        return 0;
    for (std::size_t round = 0; round < work->rounds; ++round) sum += window(*from, *to, round * WINDOW, *work);
    return sum;
}
