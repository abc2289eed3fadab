// receive HOST PORT DIRECTORY: keeps each stream that ends well as a file of its name. A thread for each connection.
#include "../c/net.h"
#include "io.hpp"
#include <filesystem>
#include <fstream>
#include <iostream>
#include <thread>

namespace fs = std::filesystem;

void serve(int fd, const fs::path& directory) {
    oap::Connection connection = oap::Connection::make(now()).value();
    const fs::path part = directory / (".part-" + std::to_string(fd));
    fs::path name;
    std::ofstream file;
    const auto keep = [&](oap::Frame frame) {
        if (frame.kind() == oap::Kind::start) {
            name = fs::path(frame.start().stream).filename();  // the peer chooses no folder
            file.open(part, std::ios::binary);
        } else if (frame.kind() == oap::Kind::data) {
            const auto body = frame.data().body;
            file.write(reinterpret_cast<const char*>(body.data()), static_cast<std::streamsize>(body.size()));
        } else if (std::error_code failed; file.close(), file && frame.end().status == 0) {
            fs::rename(part, directory / name, failed);  // the name may be too long for a file
            if (!failed) std::cout << name.string() + ": received\n" << std::flush;
        }
    };
    while (turn(connection, fd, keep)) {}
    fs::remove(part);
    close(fd);
}

int main(int argc, char** argv) {
    const int listener = argc == 4 ? listen_on(argv[1], argv[2]) : -1;
    if (listener < 0) return std::cerr << "HOST PORT DIRECTORY\n", 1;
    for (;;) {
        const int fd = accept(listener, nullptr, nullptr);
        if (fd >= 0) std::thread(serve, fd, fs::path(argv[3])).detach();
    }
}
