// A bug inside liboap is a Failure, and the object is poisoned until it is reset. Built against the library with test
// hooks: oap_test_panic is in no release and not in oap.h.

#include <oap.hpp>

#include <array>

extern "C" oap_status oap_test_panic(oap_decoder* decoder);

int main() {
    auto decoder = oap::Decoder::make().value();
    std::array<oap::Row, 1> rows;
    const auto wire = oap::bytes({"\0\0\0\x0a\x04\0\0\x02\x08\x01", 10});
    if (static_cast<oap::Status>(oap_test_panic(decoder.get())) != oap::Status::internal) return 1;
    if (decoder.decode(wire, rows).error().status != oap::Status::poisoned) return 1;
    if (decoder.finish().error().status != oap::Status::poisoned || decoder.reject()) return 1;
    return decoder.reset() && decoder.decode(wire, rows) ? 0 : 1;
}
