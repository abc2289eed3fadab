// send HOST PORT FILE: sends a file as one stream, and waits until all of it is acknowledged.
#include "../c/net.h"
#include "io.hpp"
#include <filesystem>
#include <fstream>
#include <iostream>

std::string read(std::istream& file, std::uint64_t most) {
    std::string part(std::min<std::uint64_t>(most, OAP_STREAM_CHUNK_BYTES), '\0');
    file.read(&part[0], static_cast<std::streamsize>(part.size()));
    part.resize(static_cast<std::size_t>(file.gcount()));
    return part;
}

int main(int argc, char** argv) {
    if (argc != 4) return std::cerr << "HOST PORT FILE\n", 2;
    const std::string name = std::filesystem::path(argv[3]).filename();
    std::ifstream file(argv[3], std::ios::binary);
    const int fd = dial(argv[1], argv[2]);
    if (!file || fd < 0) return std::cerr << name << ": can't be read, or nobody listens\n", 1;
    oap::Connection connection = oap::Connection::make(now()).value();
    std::string body;
    enum { start, data, end, close, closed } step = start;
    while (turn(connection, fd, [](oap::Frame) {})) {
        if (step == start && connection.start(now(), name)) step = data;
        while (step == data) {
            if (body.empty()) body = read(file, connection.info().max_body - 16);
            if (!body.empty() && !connection.data(now(), oap::bytes(body))) break;
            if (body.empty()) step = end;
            body.clear();
        }
        if (step == end && connection.end_stream(now())) step = close;
        if (step == close && connection.close(now())) step = closed;
    }
    const auto info = connection.info();
    const bool delivered = step == closed && info.end_reason == oap::EndReason::clean && info.outbound.in_flight == 0;
    if (!delivered) return std::cerr << name << ": " << oap::name(*info.end_reason) << '\n', 1;
    std::cout << name << ": delivered\n";
}
