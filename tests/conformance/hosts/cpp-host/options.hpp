// The command line of a host program.

#pragma once

#include <oap.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

struct Options {
    bool serve = false;
    std::uint16_t port = 0;
    std::string stream;
    std::uint64_t bytes = 0;
    std::uint64_t chunk = 65536;
    bool echo = false;
    bool nowait = false;
    /// Body bytes taken a second; 0: as many as there are.
    std::uint64_t slow = 0;
    std::uint64_t max_connections = 1024;
    oap::Config config = oap::Config::make().value();
    oap::ConnectionOptions connection;
};

/// Throws std::invalid_argument where it can't be understood.
Options read_options(const std::vector<std::string>& words);
