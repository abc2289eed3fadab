// readyz PORT: decodes its standard input, and answers /readyz and /metrics; not ready once the input has ended.
#include <array>
#include <cstdlib>
#include <httplib.h>
#include <oap.hpp>
#include <thread>
#include <unistd.h>
void decode(oap::StreamDecoder decoder) {  // its monitor counts the frames, and observes each feed
    std::array<std::uint8_t, OAP_STREAM_CHUNK_BYTES> in;
    std::array<oap::Row, 64> rows;
    for (ssize_t got; (got = read(STDIN_FILENO, in.data(), in.size())) > 0;) {
        oap::span<const std::uint8_t> chunk(in.data(), static_cast<std::size_t>(got));
        while (const auto table = decoder.feed(chunk, rows)) {
            chunk = chunk.subspan(table->consumed());
            if (!table->more()) break;
        }
    }
}

int main(int, char** argv) {
    const auto monitor = oap::Monitor::make().value();
    std::thread([monitor] {
        decode(oap::StreamDecoder::make(monitor).value());
        monitor.set_parser_ready(false);
    }).detach();
    std::thread([monitor] {
        while (monitor.tick()) std::this_thread::sleep_for(std::chrono::seconds(1));
    }).detach();
    httplib::Server server;
    server.Get("/readyz", [&](const auto&, httplib::Response& answer) {
        const auto readiness = monitor.readiness();
        answer.status = readiness.status;
        answer.body = readiness.body;
        for (const auto& [name, value] : readiness.headers) answer.set_header(name, value);
    });
    server.Get("/metrics", [&](const auto&, httplib::Response& answer) {
        answer.set_content(monitor.text(), std::string(oap::Monitor::text_content_type()));
    });
    return server.listen("127.0.0.1", std::atoi(argv[1])) ? 0 : 1;
}
