// Prints the table of docs/cpp.md: what is out of range, and what is said of it.

#include <cstdint>
#include <cstdio>
#include <limits>
#include <oap.hpp>
#include <string>
#include <vector>

namespace {

constexpr std::uint64_t greatest = std::numeric_limits<std::uint64_t>::max();

void row(const char* given, const std::string& said) { std::printf("| `%s` | `%s` |\n", given, said.c_str()); }

std::string said_of(const oap::ConfigError& error) {
    return std::string(error.field) + " = " + std::to_string(error.value) + " is not in " + std::to_string(error.min) + "..=" +
           std::to_string(error.max);
}

template <class Set>
void config(const char* given, Set set) {
    auto config = oap::Config::make().value();
    if (!set(config)) row(given, said_of(config.error().value()));
}

template <class Change>
void options(const char* given, Change change) {
    oap::ConnectionOptions options;
    change(options);
    row(given, said_of(options.error().value()));
}

template <class Fields>
void refused(const char* given, const Fields& fields) {
    static std::vector<std::uint8_t> out(OAP_MAX_FRAME_BYTES);
    auto session = oap::Session::make().value();
    const auto sent = session.send(fields, out);
    if (sent) return;
    const auto refusal = session.refusal().value();
    std::string said = std::string(oap::label(refusal.reason)) + ": " + std::string(refusal.field) + " " + std::string(refusal.detail);
    if (refusal.limit) said += " (limit " + std::to_string(*refusal.limit) + ")";
    row(given, said);
}

}  // namespace

int main() {
    config("config.set_ack_window_frames(0)", [](oap::Config& c) { return c.set_ack_window_frames(0); });
    config("config.set_ack_window_frames(-1)", [](oap::Config& c) { return c.set_ack_window_frames(greatest); });
    config("config.set_max_frame(4095)", [](oap::Config& c) { return c.set_max_frame(4095); });
    options("options.send_buffer = 0", [](oap::ConnectionOptions& o) { o.send_buffer = 0; });
    options("options.close_timeout_ns = UINT64_MAX", [](oap::ConnectionOptions& o) { o.close_timeout_ns = greatest; });
    refused("oap::Hello{2}", oap::Hello{2});
    refused("oap::Hello{1, 1}", oap::Hello{1, 1});
    refused("oap::Start{}", oap::Start{});
    refused("oap::Start{std::string(1025, 'x')}", oap::Start{std::string(1025, 'x')});
    refused("oap::Data{1, \"\"}", oap::Data{1, ""});
    refused("oap::Data{1, {}, a_mebibyte}", oap::Data{1, {}, std::vector<std::uint8_t>(1 << 20)});
    refused("oap::End{1, 65536}", oap::End{1, 65536});
    refused("oap::Error{UINT32_MAX}", oap::Error{std::numeric_limits<std::uint32_t>::max()});
    return 0;
}
