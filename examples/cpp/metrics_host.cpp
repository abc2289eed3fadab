// metrics_host HOST PORT PAGES: takes streams on PORT, and answers /readyz and /metrics on PAGES. SIGTERM: it drains.
#include "../c/net.h"
#include "io.hpp"
#include <csignal>
#include <httplib.h>
#include <iostream>
#include <thread>

volatile std::sig_atomic_t draining = 0;

void take(int fd, const oap::Monitor& monitor) {
    oap::Connection connection = oap::Connection::make(now()).value();
    connection.set_monitor(monitor).value();
    while (turn(connection, fd, [](oap::Frame) {})) {}
    close(fd);
}

void tick(const oap::Monitor& monitor) {
    while (monitor.tick()) {  // once a second at least
        std::this_thread::sleep_for(std::chrono::milliseconds(500));
        if (draining) monitor.set_parser_ready(false).value();  // a balancer sends no more
    }
}

int main(int argc, char** argv) {
    const auto monitor = oap::Monitor::make().value();
    httplib::Server pages;
    pages.Get("/readyz", [&](const auto&, httplib::Response& answer) {
        const auto readiness = monitor.readiness();
        answer.status = readiness.status;
        answer.body = readiness.body;
        for (const auto& [name, value] : readiness.headers) answer.set_header(name, value);
    });
    pages.Get("/metrics", [&](const auto&, httplib::Response& answer) {
        answer.set_content(monitor.text(), std::string(oap::Monitor::text_content_type()));
    });
    const bool bound = argc == 4 && pages.bind_to_port(argv[1], std::atoi(argv[3]));
    const int listener = bound ? listen_on(argv[1], argv[2]) : -1;
    if (listener < 0) return std::cerr << "HOST PORT PAGES\n", 1;
    std::signal(SIGTERM, [](int) { draining = 1; });
    std::thread(tick, monitor).detach();
    std::thread([&] { pages.listen_after_bind(); }).detach();
    for (;;) {
        const int fd = accept(listener, nullptr, nullptr);
        if (fd >= 0) std::thread(take, fd, monitor).detach();
    }
}
