#include "options.hpp"

#include <charconv>
#include <functional>
#include <map>

namespace {

constexpr std::uint64_t ms = 1'000'000;

std::uint64_t number(const std::string& name, const std::string& text) {
    std::uint64_t value = 0;
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || error != std::errc() || stop != text.data() + text.size()) throw std::invalid_argument(name);
    return value;
}

using Setter = std::function<void(Options&, std::uint64_t)>;

Setter set(std::uint64_t oap_connection_options::*field, std::uint64_t unit) {
    return [=](Options& options, std::uint64_t value) { options.connection.*field = value * unit; };
}

Setter set(std::uint64_t Options::*field) {
    return [=](Options& options, std::uint64_t value) { options.*field = value; };
}

const std::map<std::string, Setter>& setters() {
    static const std::map<std::string, Setter> setters{
        {"--receive-buffer", set(&oap_connection_options::receive_buffer, 1)},
        {"--send-buffer", set(&oap_connection_options::send_buffer, 1)},
        {"--handshake", set(&oap_connection_options::handshake_timeout_ns, ms)},
        {"--idle", set(&oap_connection_options::idle_timeout_ns, ms)},
        {"--stall", set(&oap_connection_options::stall_timeout_ns, ms)},
        {"--close", set(&oap_connection_options::close_timeout_ns, ms)},
        {"--max-connections", set(&Options::max_connections)},
        {"--slow", set(&Options::slow)},
        {"--chunk", set(&Options::chunk)},
        {"--port", [](Options& o, std::uint64_t v) { o.port = static_cast<std::uint16_t>(v); }},
        {"--window", [](Options& o, std::uint64_t v) { o.config.set_ack_window_frames(v).value(); }},
        {"--max-frame", [](Options& o, std::uint64_t v) { o.config.set_max_frame(v).value(); }},
    };
    return setters;
}

/// Gives how many words it took.
std::size_t read_command(const std::vector<std::string>& words, Options& options) {
    if (!words.empty() && words[0] == "serve") {
        options.serve = true;
        options.connection.idle_timeout_ns = 300'000 * ms;
        return 1;
    }
    if (words.size() < 4 || words[0] != "send") throw std::invalid_argument("no command");
    options.port = static_cast<std::uint16_t>(number("PORT", words[1]));
    options.stream = words[2];
    options.bytes = number("BYTES", words[3]);
    return 4;
}

}  // namespace

Options read_options(const std::vector<std::string>& words) {
    Options options;
    options.config.set_ack_window_frames(OAP_CONNECTION_WINDOW).value();
    for (std::size_t at = read_command(words, options); at < words.size(); ++at) {
        const std::string& name = words[at];
        if (name == "--echo") {
            options.echo = true;
        } else if (name == "--nowait") {
            options.nowait = true;
        } else if (const auto setter = setters().find(name); setter != setters().end() && ++at < words.size()) {
            setter->second(options, number(name, words[at]));
        } else {
            throw std::invalid_argument(name);
        }
    }
    if (options.connection.error() || options.chunk == 0) throw std::invalid_argument("an option is out of its range");
    return options;
}
