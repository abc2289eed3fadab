// gateway_client PORT STREAM OBJ FILE: sends a file over a loopback socket to svc-gateway as one object, no faster than
// the peer's window allows, and ends with the status of the receipt.

#include <oap.hpp>

#include <arpa/inet.h>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <netinet/in.h>
#include <string>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

namespace {

using Bytes = oap::span<const std::uint8_t>;

[[noreturn]] void die(std::string_view why) {
    std::fprintf(stderr, "gateway_client: %.*s\n", static_cast<int>(why.size()), why.data());
    std::exit(70);
}

int connected(std::uint16_t port) {
    const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) die("cannot connect");
    return socket;
}

class Client {
public:
    explicit Client(std::uint16_t port) : socket_(connected(port)) {}
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;
    ~Client() { close(socket_); }

    /// Sends the file as one stream of one object; the receipt's status.
    std::uint32_t send_file(std::string_view stream, std::string_view obj, std::istream& file) {
        send(session_.hello());
        while (!session_.is_established()) receive();
        send(oap::Start{stream});
        std::uint64_t seq = 0;
        for (Bytes body = next(file); !body.empty(); body = next(file)) {
            while (session_.outbound().credit == 0) receive();
            send(oap::Data{++seq, obj, body});
        }
        send(oap::End{seq, 0});
        while (!receipt_) receive();
        return *receipt_;
    }

private:
    Bytes next(std::istream& file) {
        file.read(chunk_.data(), static_cast<std::streamsize>(chunk_.size()));
        return oap::bytes({chunk_.data(), static_cast<std::size_t>(file.gcount())});
    }

    template <class Envelope>
    void send(const Envelope& envelope) {
        const auto frame = session_.send(envelope, out_);
        if (!frame) die(oap::name(frame.error().status));
        for (Bytes rest = *frame; !rest.empty();) {
            const ssize_t sent = ::send(socket_, rest.data(), rest.size(), MSG_NOSIGNAL);
            if (sent <= 0) die("cannot send");
            rest = rest.subspan(static_cast<std::size_t>(sent));
        }
    }

    /// One read, and all that it completes.
    void receive() {
        const ssize_t got = recv(socket_, in_.data(), in_.size(), 0);
        if (got <= 0) die("the gateway has gone");
        Bytes chunk(in_.data(), static_cast<std::size_t>(got));
        std::array<oap::Row, 64> rows;
        while (true) {
            const auto table = session_.recv(chunk, rows);
            if (!table) die(oap::name(table.error().status));
            for (const oap::Frame frame : *table) take(frame);
            chunk = chunk.subspan(table->consumed());
            if (chunk.empty() && table->need() > 0) return;
        }
    }

    void take(oap::Frame frame) {
        if (frame.kind() == oap::Kind::error) die(frame.error().reason);
        if (frame.kind() == oap::Kind::end) receipt_ = frame.end().status;
    }

    int socket_;
    oap::Session session_ = oap::Session::make().value();
    std::optional<std::uint32_t> receipt_ = std::nullopt;
    std::vector<std::uint8_t> in_ = std::vector<std::uint8_t>(OAP_STREAM_CHUNK_BYTES);
    std::vector<std::uint8_t> out_ = std::vector<std::uint8_t>(OAP_MAX_HEAD_BYTES + OAP_STREAM_CHUNK_BYTES);
    std::vector<char> chunk_ = std::vector<char>(OAP_STREAM_CHUNK_BYTES);
};

}  // namespace

int main(int argc, char** argv) {
    if (argc != 5) die("usage: gateway_client PORT STREAM OBJ FILE");
    std::ifstream file(argv[4], std::ios::binary);
    if (!file) die("cannot read the file");
    return static_cast<int>(Client(static_cast<std::uint16_t>(std::stoul(argv[1]))).send_file(argv[2], argv[3], file));
}
