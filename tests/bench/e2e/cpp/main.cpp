// One end of the end-to-end benchmark, on oap.hpp and asio: `cpp-e2e (server | client ADDRESS) SCENARIO`.

#include "end.hpp"

#include <cstdlib>
#include <cstring>
#include <iostream>

namespace {

struct Opened {
    std::shared_ptr<Link> link;
    End* end;
};

class Ends {
public:
    Ends(asio::io_context& io, const scenario& scenario, bool serves)
        : io_(io), scenario_(scenario), serves_(serves) {
        options_.config.set_ack_window_frames(OAP_CONNECTION_WINDOW).value();
    }

    void open(tcp::socket socket) {
        auto end = std::make_unique<End>(scenario_, serves_, [this] { ++done_; });
        End* const told = end.get();
        all_.push_back({std::make_shared<Link>(std::move(socket), options_, std::move(end)), told});
        all_.back().link->start();
    }

    /// Runs until all that are open have sent and taken all.
    void exchange() {
        while (done_ < all_.size()) io_.run_one();
    }

    void close() {
        for (const Opened& opened : all_) {
            opened.link->connection().close(now()).value();
            opened.link->turn();
        }
        io_.run();
    }

    const std::vector<Opened>& all() const noexcept { return all_; }

private:
    asio::io_context& io_;
    const scenario& scenario_;
    const bool serves_;
    Options options_;
    std::vector<Opened> all_;
    std::size_t done_ = 0;
};

tcp::endpoint endpoint_of(const std::string& address) {
    const std::size_t colon = address.rfind(':');
    const int port = std::atoi(address.c_str() + colon + 1);
    return {asio::ip::make_address(address.substr(0, colon)), static_cast<std::uint16_t>(port)};
}

void open_client(asio::io_context& io, Ends& ends, const tcp::endpoint& to) {
    tcp::socket socket(io);
    socket.connect(to);
    ends.open(std::move(socket));
}

report measure(asio::io_context& io, Ends& ends, const tcp::endpoint& to, const scenario& scenario) {
    report report = begin_report();
    const std::uint64_t begin = clock_ns();
    for (std::size_t i = 0; i < scenario.connections; ++i) {
        open_client(io, ends, to);
        if (scenario.kind == FRESH) ends.exchange();
    }
    ends.exchange();
    report.wall_ns = clock_ns() - begin;
    return report;
}

/// Gives the round trips of the first connection to the report, which frees them.
void tell_round_trips(report& report, const std::vector<std::uint64_t>& round_trips) {
    const std::size_t size = round_trips.size() * sizeof round_trips[0];
    if (size == 0) return;
    report.round_trips = static_cast<std::uint64_t*>(std::malloc(size));
    if (report.round_trips == nullptr) throw std::bad_alloc();
    std::memcpy(report.round_trips, round_trips.data(), size);
    report.round_trip_count = round_trips.size();
}

void run_client(const std::string& address, const scenario& scenario) {
    asio::io_context io;
    Ends ends(io, scenario, false);
    report report = measure(io, ends, endpoint_of(address), scenario);
    report.total.messages = scenario.count * scenario.connections;
    report.total.bytes = report.total.messages * scenario.size;
    for (const Opened& opened : ends.all()) report.total.sum += opened.end->sum();
    tell_round_trips(report, ends.all().front().end->round_trips());
    print_report(&report);
    ends.close();
}

void run_server(const scenario& scenario) {
    asio::io_context io;
    tcp::acceptor acceptor(io, {asio::ip::address_v4::loopback(), 0});
    std::cout << acceptor.local_endpoint() << std::endl;
    Ends ends(io, scenario, true);
    report report = begin_report();
    std::function<void()> accept = [&] {
        acceptor.async_accept([&](std::error_code error, tcp::socket socket) {
            if (error) throw std::system_error(error);
            ends.open(std::move(socket));
            if (ends.all().size() < scenario.connections) accept();
        });
    };
    accept();
    io.run();  // until all connections have ended
    for (const Opened& opened : ends.all()) {
        const tally& taken = opened.end->taken();
        report.total.messages += taken.messages;
        report.total.bytes += taken.bytes;
        report.total.sum += taken.sum;
    }
    print_report(&report);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 3) {
        std::cerr << "cpp-e2e (server | client ADDRESS) SCENARIO\n";
        return 2;
    }
    const scenario scenario = parse_scenario(argv[argc - 1]);
    if (argc == 3) {
        run_server(scenario);
    } else {
        run_client(argv[2], scenario);
    }
}
