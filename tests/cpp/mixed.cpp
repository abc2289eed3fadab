// One part of a program whose parts are compiled by different standards: see mixed_main.cpp. PART names its function.

#include <oap.hpp>

#include <array>

bool PART() {
    std::array<std::uint8_t, OAP_MAX_HEAD_BYTES> out;
    std::array<oap::Row, 1> rows;
    auto decoder = oap::Decoder::make();
    const auto frame = oap::encode(oap::Ack{7}, out);
    if (!decoder || !frame) return false;
    const auto table = decoder->decode(*frame, rows);
    return table && table->size() == 1 && (*table)[0].ack().up_to == 7;
}
