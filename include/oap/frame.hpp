// Frames: the six envelopes, and what a decoder gives.

#ifndef OAP_FRAME_HPP
#define OAP_FRAME_HPP

#include "result.hpp"

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string_view>
#include <variant>

namespace oap {
inline namespace OAP_HPP_NAMESPACE {

/// HELLO: opens a direction and says what its sender takes.
struct Hello {
    static constexpr Kind kind = Kind::hello;
    /// 1.
    std::uint32_t version = OAP_PROTOCOL_VERSION;
    /// Bytes of the largest frame that its sender takes: 4096..=1048576.
    std::uint64_t max_frame = OAP_MAX_FRAME_BYTES;
    /// Opaque feature bits. Never log them.
    std::optional<std::uint64_t> features = std::nullopt;
    /// DATA frames that its sender takes unacknowledged: 1..=1024; absent means 32.
    std::optional<std::uint32_t> ack_window = std::nullopt;
};

/// START: opens a stream.
struct Start {
    static constexpr Kind kind = Kind::start;
    /// 1..=1024 bytes of UTF-8, no control characters; `objects` and `objects/…` are object streams.
    std::string_view stream;
};

/// DATA: carries bytes on the open stream.
struct Data {
    static constexpr Kind kind = Kind::data;
    std::uint64_t seq = 0;
    /// "b3:" and 64 lowercase hex digits.
    std::optional<std::string_view> obj = std::nullopt;
    span<const std::uint8_t> body = {};
};

/// ACK: acknowledges DATA of the other direction.
struct Ack {
    static constexpr Kind kind = Kind::ack;
    /// The seq acknowledged, and all before it.
    std::uint64_t up_to = 0;
};

/// END: closes the stream.
struct End {
    static constexpr Kind kind = Kind::end;
    /// The seq of the stream's last DATA, or 0 where it carried none.
    std::uint64_t seq = 0;
    /// The host's: 0..=65535.
    std::uint32_t status = 0;
};

/// ERROR: ends the session.
struct Error {
    static constexpr Kind kind = Kind::error;
    /// 1..=8 for a reject, others the host's: 0..=65535.
    std::uint32_t code = 0;
    /// 0..=1024 bytes of UTF-8, no control characters.
    std::string_view reason = {};
};

/// Any of the six, for std::visit.
using Envelope = std::variant<Hello, Start, Data, Ack, End, Error>;

/// One frame of a table as numbers and offsets, without a pointer: oap_row. It may be copied and kept; with the bytes
/// that it was decoded from it makes a Frame again.
using Row = oap_row;

/// A frame: a view of its row and of the bytes that the row's offsets count in. It lives no longer than either, and so
/// do the texts and bodies of its envelope, which point into the bytes.
///
/// ~~~cpp
/// const auto wire = oap::bytes({"\0\0\0\x0d\x03\0\0\x02\x08\x07" "abc", 13});
/// oap::Row row;
/// auto table = oap::decode(wire, row);
/// assert(table && table->size() == 1);
/// const oap::Frame frame = (*table)[0];
/// assert(frame.kind() == oap::Kind::data && frame.data().seq == 7 && frame.data().body.size() == 3);
/// ~~~
class Frame {
public:
    /// A frame of `row`, whose offsets count from `bytes`: what FrameTable::bytes gave with it.
    Frame(const Row& row OAP_LIFETIMEBOUND, const std::uint8_t* bytes OAP_LIFETIMEBOUND) noexcept
        : row_(&row), bytes_(bytes) {}
    /// Not of a row that is gone by the next line.
    Frame(const Row&& row, const std::uint8_t* bytes) = delete;

    [[nodiscard]] Kind kind() const noexcept { return static_cast<Kind>(row_->kind); }

    /// The fields of a HELLO. For this and the five that follow: only if `kind()` says that it is one, which is
    /// asserted; without assertions the values mean nothing, but still lie inside the bytes.
    [[nodiscard]] Hello hello() const noexcept {
        return {OAP_PROTOCOL_VERSION, row(Kind::hello).value,
                has(OAP_HAS_FEATURES) ? std::optional(row_->seq) : std::nullopt,
                has(OAP_HAS_ACK_WINDOW) ? std::optional<std::uint32_t>(row_->ack_window) : std::nullopt};
    }
    [[nodiscard]] Start start() const noexcept { return {text(row(Kind::start))}; }
    [[nodiscard]] Data data() const noexcept {
        return {row(Kind::data).seq, has(OAP_HAS_OBJ) ? std::optional(text(*row_)) : std::nullopt,
                {bytes_ + row_->body_offset, row_->body_len}};
    }
    [[nodiscard]] Ack ack() const noexcept { return {row(Kind::ack).seq}; }
    [[nodiscard]] End end() const noexcept { return {row(Kind::end).seq, row_->value}; }
    [[nodiscard]] Error error() const noexcept { return {row(Kind::error).value, text(*row_)}; }

    /// The fields, whichever kind it is: for std::visit.
    [[nodiscard]] Envelope envelope() const noexcept {
        switch (kind()) {
            case Kind::hello: return hello();
            case Kind::start: return start();
            case Kind::data: return data();
            case Kind::ack: return ack();
            case Kind::end: return end();
            case Kind::error: break;
        }
        return error();
    }

    /// All its bytes as they came: prefix, header and body.
    [[nodiscard]] span<const std::uint8_t> wire() const noexcept {
        const std::size_t head = std::size_t{OAP_PREFIX_BYTES} + row_->header_len;
        return {bytes_ + row_->body_offset - head, head + row_->body_len};
    }

    [[nodiscard]] const Row& row() const noexcept { return *row_; }

private:
    [[nodiscard]] const Row& row([[maybe_unused]] Kind asked) const noexcept {
        assert(kind() == asked);
        return *row_;
    }
    [[nodiscard]] bool has(std::uint8_t flag) const noexcept { return (row_->flags & flag) != 0; }
    [[nodiscard]] std::string_view text(const Row& row) const noexcept {
        return detail::text(bytes_ + row.text_offset, row.text_len);
    }

    const Row* row_;
    const std::uint8_t* bytes_;
};

/// The frames that one call found, as a range: `for (oap::Frame frame : *table)`. A view of the caller's rows and of
/// the bytes; the call that gave it says how long the bytes stay.
class FrameTable {
public:
    /// Walks the rows; gives frames by value.
    class iterator {
    public:
        using iterator_category = std::input_iterator_tag;
        using value_type = Frame;
        using difference_type = std::ptrdiff_t;
        using pointer = void;
        using reference = Frame;

        iterator() noexcept = default;
        iterator(const Row* row, const std::uint8_t* bytes) noexcept : row_(row), bytes_(bytes) {}
        Frame operator*() const noexcept { return {*row_, bytes_}; }
        iterator& operator++() noexcept {
            ++row_;
            return *this;
        }
        iterator operator++(int) noexcept { return {row_++, bytes_}; }
        friend bool operator==(iterator a, iterator b) noexcept { return a.row_ == b.row_; }
        friend bool operator!=(iterator a, iterator b) noexcept { return a.row_ != b.row_; }

    private:
        const Row* row_ = nullptr;
        const std::uint8_t* bytes_ = nullptr;
    };

    /// The values that C filled in: the table and the rows given to that call.
    FrameTable(const oap_frame_table& table, const Row* rows) noexcept
        : rows_(rows), size_(table.rows), bytes_(table.bytes), need_(table.need), consumed_(table.consumed), more_(table.more) {}

    [[nodiscard]] iterator begin() const noexcept { return {rows_, bytes_}; }
    [[nodiscard]] iterator end() const noexcept { return {rows_ + size_, bytes_}; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
    /// The frame at an index less than `size()`.
    Frame operator[](std::size_t index) const noexcept { return {rows_[index], bytes_}; }

    /// Bytes of the input that are dealt with. The next input starts behind them.
    [[nodiscard]] std::size_t consumed() const noexcept { return consumed_; }
    /// Whether to call again now with the rest of the input: no row was left, or a reject follows these frames.
    [[nodiscard]] bool more() const noexcept { return more_; }
    /// How many bytes more, after all of the input, the next step needs: a hint for the size of the next read.
    [[nodiscard]] std::size_t need() const noexcept { return need_; }
    /// The rows that were filled.
    [[nodiscard]] span<const Row> rows() const noexcept { return {rows_, size_}; }
    /// The bytes that the rows' offsets count in: the input, or a staging buffer.
    [[nodiscard]] const std::uint8_t* bytes() const noexcept { return bytes_; }

private:
    // In this order, not C's, gcc keeps them in registers instead of copying them.
    const Row* rows_;
    std::size_t size_;
    const std::uint8_t* bytes_;
    std::size_t need_;
    std::size_t consumed_;
    bool more_;
};

}  // namespace OAP_HPP_NAMESPACE
}  // namespace oap

#endif  // OAP_FRAME_HPP
