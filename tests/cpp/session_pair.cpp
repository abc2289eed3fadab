// Two sessions of one program pass a stream. Built without exceptions and RTTI, and as users of an installed liboap do.

#include <oap.hpp>

#include <array>
#include <cstdio>

namespace {

using Out = std::array<std::uint8_t, OAP_MAX_HEAD_BYTES + 64>;

/// Bytes of the body that came over; 0 where something went wrong.
template <class Envelope>
std::size_t pass(oap::Session& from, oap::Session& to, const Envelope& envelope) {
    Out out;
    std::array<oap::Row, 4> rows;
    const auto frame = from.send(envelope, out);
    if (!frame) return 0;
    const auto table = to.recv(*frame, rows);
    if (!table || table->size() != 1) return 0;
    const oap::Frame arrived = (*table)[0];
    return arrived.kind() == oap::Kind::data ? arrived.data().body.size() : 1;
}

bool pass_stream(oap::Session& from, oap::Session& to) {
    return pass(from, to, from.hello()) && pass(to, from, to.hello()) && pass(from, to, oap::Start{"notes"}) &&
           pass(from, to, oap::Data{1, {}, oap::bytes("abc")}) == 3 && pass(to, from, oap::Ack{1}) &&
           pass(from, to, oap::End{1, 0}) && pass(to, from, oap::Error{0, "done"});
}

}  // namespace

int main() {
    auto from = oap::Session::make(), to = oap::Session::make();
    if (!from || !to || !pass_stream(*from, *to)) return 1;
    std::printf("liboap %s: passed\n", oap_version());
    return from->has_ended() && to->has_ended() ? 0 : 1;
}
