// Frames, states and reasons through std::format.

#include <cstdio>
#include <format>
#include <oap.hpp>
#include <string>

#ifndef __cpp_lib_format
#error "this library has no std::format"
#endif

int failed = 0;

void expect(const std::string& said, const std::string& wanted) {
    if (said == wanted) return;
    std::printf("%s, want %s\n", said.c_str(), wanted.c_str());
    failed = 1;
}

int main() {
    expect(std::format("{}", oap::Data{7, {}, oap::bytes("abc")}), "DATA seq=7 len=3");
    expect(std::format("[{:>12}]", oap::Ack{1}), "[ ACK up_to=1]");
    expect(std::format("{}", oap::Hello{1, 4096, 0xfea7, 7}), "HELLO version=1 max_frame=4096 ack_window=7");
    expect(std::format("{} {}", oap::Kind::end, oap::Reason::missing_obj), "END missing_obj");
    expect(std::format("{}, {}", oap::ConnectionState::peer_closed, oap::EndReason::idle_timeout), "peer_closed, idle_timeout");
    expect(std::format("{}", oap::Status::poisoned), "OAP_STATUS_POISONED");
    const auto wire = oap::bytes({"\0\0\0\x0a\x04\0\0\x02\x08\x07", 10});
    oap::Row row;
    const auto table = oap::decode(wire, row);
    expect(std::format("{}", (*table)[0]), "ACK up_to=7");
    return failed;
}
