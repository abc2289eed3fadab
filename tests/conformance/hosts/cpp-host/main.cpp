// The host program of C++: a server and a client on asio, over the connection engine of liboap.

#include "commands.hpp"

#include <csignal>
#include <iostream>

int main(int argc, char** argv) {
    std::signal(SIGPIPE, SIG_IGN);
    try {
        const Options options = read_options({argv + 1, argv + argc});
        return options.serve ? run_serve(options) : run_send(options);
    } catch (const std::invalid_argument& error) {
        std::cerr << error.what() << "\nusage: cpp serve [--port N] [options] | cpp send PORT STREAM BYTES [options]\n";
        return 2;
    }
}
