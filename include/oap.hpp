// oap.hpp: OAP/1 for C++17 and later, over oap.h. One header, nothing to link but liboap. The guide is docs/cpp.md.
//
// What holds for all of it:
//
// - Nothing throws, and it builds with -fno-exceptions -fno-rtti. What can fail returns a result; see Failure.
// - Config, Decoder, StreamDecoder and Session own a handle of liboap: they move, do not copy, and free it. One that
//   was moved from can be destroyed and assigned to; its other calls fail with Status::null_pointer, and what only
//   tells something tells zeros or defaults.
// - One thread at a time for each of them; different ones are independent.
// - Bytes are std::uint8_t and belong to the caller. Inputs are only read, and only during the call.
// - span is std::span and result is std::expected wherever the standard library has them. Both are part of signatures,
//   so each combination has its own inline namespace: objects of different standards link into one program. For the
//   same reason: include this header, do not declare its classes forward.
// - What has no C++ face is used as oap.h has it: oap_version and the like, the OAP_… limits, oap_monitor by get().

#ifndef OAP_HPP
#define OAP_HPP

#include "oap.h"

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <memory>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#if __has_include(<version>)
#include <version>
#endif
#ifdef __cpp_lib_span
#include <span>
#endif
#ifdef __cpp_lib_expected
#include <expected>
#endif

#if defined(__cpp_lib_expected) && defined(__cpp_lib_span)
#define OAP_HPP_NAMESPACE std_span_std_expected
#elif defined(__cpp_lib_span)
#define OAP_HPP_NAMESPACE std_span
#else
#define OAP_HPP_NAMESPACE cxx17
#endif

namespace oap {
inline namespace OAP_HPP_NAMESPACE {

/// What a call came to: oap_status by name. 1..=8 are the rejects, as Reason. Later versions may have more values.
enum class Status : oap_status {
    ok = OAP_STATUS_OK,
    bad_hello = OAP_STATUS_BAD_HELLO,
    bad_hello_pq = OAP_STATUS_BAD_HELLO_PQ,
    frame_oversize = OAP_STATUS_FRAME_OVERSIZE,
    unknown_envelope = OAP_STATUS_UNKNOWN_ENVELOPE,
    header_malformed = OAP_STATUS_HEADER_MALFORMED,
    missing_obj = OAP_STATUS_MISSING_OBJ,
    credit_violation = OAP_STATUS_CREDIT_VIOLATION,
    truncated = OAP_STATUS_TRUNCATED,
    null_pointer = OAP_STATUS_NULL_POINTER,
    out_of_range = OAP_STATUS_OUT_OF_RANGE,
    buffer_too_small = OAP_STATUS_BUFFER_TOO_SMALL,
    overlap = OAP_STATUS_OVERLAP,
    absent = OAP_STATUS_ABSENT,
    out_of_bounds = OAP_STATUS_OUT_OF_BOUNDS,
    internal = OAP_STATUS_INTERNAL,
    poisoned = OAP_STATUS_POISONED,
};

/// Why a frame is rejected or refused: the closed set of OAP/1. The value is the reject's code.
enum class Reason : std::uint32_t {
    bad_hello = OAP_STATUS_BAD_HELLO,
    bad_hello_pq = OAP_STATUS_BAD_HELLO_PQ,
    frame_oversize = OAP_STATUS_FRAME_OVERSIZE,
    unknown_envelope = OAP_STATUS_UNKNOWN_ENVELOPE,
    header_malformed = OAP_STATUS_HEADER_MALFORMED,
    missing_obj = OAP_STATUS_MISSING_OBJ,
    credit_violation = OAP_STATUS_CREDIT_VIOLATION,
    truncated = OAP_STATUS_TRUNCATED,
};

/// The kind of a frame: the closed set of OAP/1, by its byte on the wire.
enum class Kind : std::uint8_t {
    hello = OAP_KIND_HELLO,
    start = OAP_KIND_START,
    data = OAP_KIND_DATA,
    ack = OAP_KIND_ACK,
    end = OAP_KIND_END,
    error = OAP_KIND_ERROR,
};

/// What follows seq 2^64 - 1: nothing, or 0.
enum class SeqRolloverPolicy : std::int32_t {
    error = OAP_SEQ_ROLLOVER_ERROR,
    wrap = OAP_SEQ_ROLLOVER_WRAP,
};

namespace detail {

inline std::string_view text(const char* name) noexcept {
    return name == nullptr ? std::string_view() : std::string_view(name);
}

inline std::string_view text(const void* start, std::size_t size) noexcept {
    return {static_cast<const char*>(start), size};
}

inline const std::uint8_t* octets(const void* start) noexcept { return static_cast<const std::uint8_t*>(start); }

}  // namespace detail

/// The label of a reject, such as "bad_hello": the same in every language, metric and log. Static.
inline std::string_view label(Reason reason) noexcept {
    return detail::text(oap_reject_label(static_cast<std::uint32_t>(reason)));
}

/// The name of a kind, such as "HELLO". Static.
inline std::string_view name(Kind kind) noexcept {
    return detail::text(oap_kind_name(static_cast<std::uint8_t>(kind)));
}

/// The name of a status, such as "OAP_STATUS_POISONED". Static.
inline std::string_view name(Status status) noexcept {
    return detail::text(oap_status_name(static_cast<oap_status>(status)));
}

#ifdef __cpp_lib_span
/// A view of contiguous items that someone else owns: std::span.
using std::span;
#else
/// A view of contiguous items that someone else owns: what is needed of C++20's std::span. It converts from arrays and
/// from whatever has `data()` and `size()`. Indices and counts are not checked.
template <class T>
class span {
    template <class C>
    using Compatible = std::enable_if_t<
        std::is_convertible_v<std::remove_pointer_t<decltype(std::data(std::declval<C&>()))> (*)[], T (*)[]>>;

public:
    constexpr span() noexcept = default;
    constexpr span(T* data, std::size_t size) noexcept : data_(data), size_(size) {}
    template <class C, class = Compatible<C>, class = decltype(std::size(std::declval<C&>()))>
    constexpr span(C& items) noexcept : data_(std::data(items)), size_(std::size(items)) {}
    template <class C, class = Compatible<const C>, class = decltype(std::size(std::declval<const C&>()))>
    constexpr span(const C& items) noexcept : data_(std::data(items)), size_(std::size(items)) {}

    [[nodiscard]] constexpr T* data() const noexcept { return data_; }
    [[nodiscard]] constexpr std::size_t size() const noexcept { return size_; }
    [[nodiscard]] constexpr bool empty() const noexcept { return size_ == 0; }
    [[nodiscard]] constexpr T* begin() const noexcept { return data_; }
    [[nodiscard]] constexpr T* end() const noexcept { return data_ + size_; }
    constexpr T& operator[](std::size_t index) const noexcept { return data_[index]; }
    [[nodiscard]] constexpr span first(std::size_t count) const noexcept { return {data_, count}; }
    [[nodiscard]] constexpr span subspan(std::size_t offset) const noexcept { return {data_ + offset, size_ - offset}; }

private:
    T* data_ = nullptr;
    std::size_t size_ = 0;
};
template <class C>
span(C&) -> span<std::remove_pointer_t<decltype(std::data(std::declval<C&>()))>>;
#endif

/// The bytes of a text, to pass as a body: `oap::bytes("abc")`. It views the text and lives no longer.
inline span<const std::uint8_t> bytes(std::string_view text) noexcept {
    return {detail::octets(text.data()), text.size()};
}

/// Bytes held as std::byte. It views them and lives no longer.
inline span<const std::uint8_t> bytes(span<const std::byte> bytes) noexcept {
    return {detail::octets(bytes.data()), bytes.size()};
}

/// Why a call failed. Cheap to make and to copy: who wants to know more about a reject asks `reject()` of the object
/// that was called, about a refused send `refusal()`, about a refused setting `Config::error()`.
struct Failure {
    /// What oap.h returned; never Status::ok.
    Status status;
    /// Status::buffer_too_small of an encoded frame: the bytes that it takes. Else 0.
    std::size_t needed = 0;

    /// The reject, where it is one of the eight; empty for faults of the call.
    [[nodiscard]] constexpr std::optional<Reason> reason() const noexcept {
        if (status < Status::bad_hello || status > Status::truncated) return std::nullopt;
        return static_cast<Reason>(status);
    }
};

#ifdef __cpp_lib_expected
/// What a fallible function returns: a T, or why there is none. `result<void>` has no value.
template <class T>
using result = std::expected<T, Failure>;

/// How a function that returns a result passes a Failure on: `return oap::unexpected(table.error());`
using unexpected = std::unexpected<Failure>;
#else
/// How a function that returns a result passes a Failure on: `return oap::unexpected(table.error());`
class unexpected {
public:
    constexpr explicit unexpected(const Failure& failure) noexcept : failure_(failure) {}
    [[nodiscard]] constexpr const Failure& error() const noexcept { return failure_; }

private:
    Failure failure_;
};

namespace detail {

template <class T>
T&& sure(T&& holder) noexcept {
    if (!holder) std::abort();
    return std::forward<T>(holder);
}

}  // namespace detail

/// What a fallible function returns: a T, or why there is none: what is needed of C++23's std::expected. `*` and `->`
/// take it for granted that there is a value, `error()` that there is none; `value()` aborts where there is none
/// (std::expected throws).
template <class T>
class result {
public:
    constexpr result(T value) noexcept : value_(std::move(value)) {}
    constexpr result(unexpected failed) noexcept : error_(failed.error()) {}

    [[nodiscard]] constexpr bool has_value() const noexcept { return value_.has_value(); }
    constexpr explicit operator bool() const noexcept { return value_.has_value(); }
    [[nodiscard]] constexpr T& operator*() & noexcept { return *value_; }
    [[nodiscard]] constexpr const T& operator*() const& noexcept { return *value_; }
    [[nodiscard]] constexpr T&& operator*() && noexcept { return *std::move(value_); }
    constexpr T* operator->() noexcept { return &*value_; }
    constexpr const T* operator->() const noexcept { return &*value_; }
    [[nodiscard]] T& value() & noexcept { return *detail::sure(value_); }
    [[nodiscard]] const T& value() const& noexcept { return *detail::sure(value_); }
    [[nodiscard]] T&& value() && noexcept { return *detail::sure(std::move(value_)); }
    [[nodiscard]] constexpr const Failure& error() const noexcept { return error_; }

private:
    std::optional<T> value_;
    Failure error_{Status::ok};
};

/// What a function returns that fails or has nothing to say. `value()` aborts on a failure.
template <>
class result<void> {
public:
    constexpr result() noexcept = default;
    constexpr result(unexpected failed) noexcept : error_(failed.error()) {}

    [[nodiscard]] constexpr bool has_value() const noexcept { return error_.status == Status::ok; }
    constexpr explicit operator bool() const noexcept { return has_value(); }
    void value() const noexcept { detail::sure(*this); }
    [[nodiscard]] constexpr const Failure& error() const noexcept { return error_; }

private:
    Failure error_{Status::ok};
};
#endif

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
    Frame(const Row& row, const std::uint8_t* bytes) noexcept : row_(&row), bytes_(bytes) {}

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

    /// What C filled in: the table and the rows given to that call.
    FrameTable(const oap_frame_table& table, const Row* rows) noexcept
        : rows_(rows), size_(table.rows), bytes_(table.bytes), need_(table.need), consumed_(table.consumed) {}

    [[nodiscard]] iterator begin() const noexcept { return {rows_, bytes_}; }
    [[nodiscard]] iterator end() const noexcept { return {rows_ + size_, bytes_}; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
    /// The frame at an index less than `size()`.
    Frame operator[](std::size_t index) const noexcept { return {rows_[index], bytes_}; }

    /// Bytes of the input that are dealt with. The next input starts behind them.
    [[nodiscard]] std::size_t consumed() const noexcept { return consumed_; }
    /// How many bytes more, after all of the input, the next step needs. 0: call again with the rest of the input,
    /// since no row was left or a reject follows these frames.
    [[nodiscard]] std::size_t need() const noexcept { return need_; }
    /// The rows that were filled.
    [[nodiscard]] span<const Row> rows() const noexcept { return {rows_, size_}; }
    /// What the rows' offsets count in: the input, or a staging buffer.
    [[nodiscard]] const std::uint8_t* bytes() const noexcept { return bytes_; }

private:
    // In this order, not C's, gcc keeps them in registers instead of copying them.
    const Row* rows_;
    std::size_t size_;
    const std::uint8_t* bytes_;
    std::size_t need_;
    std::size_t consumed_;
};

/// Why a frame was rejected or refused.
struct Reject {
    Reason reason;
    /// The field at fault, in the spec's words, such as "DATA.seq". Static.
    std::string_view field;
    /// What is wrong, in words that read on from `field`. Static.
    std::string_view detail;
    /// The limit that was passed, where there is one.
    std::optional<std::uint64_t> limit;
    /// Where the rejected frame starts: bytes of the stream before it. 0 in a refusal.
    std::uint64_t offset;
    /// Bytes of the stream that it took to know. 0 in a refusal.
    std::uint64_t at;
};

/// The setting that a Config refused.
struct ConfigError {
    /// The name of the field. Static.
    std::string_view field;
    std::uint64_t value;
    /// The range of what is allowed, both included.
    std::uint64_t min;
    std::uint64_t max;
};

/// One direction of a session at a glance.
struct Flow {
    /// The seq of the direction's last DATA, if it has carried any.
    std::optional<std::uint64_t> last_seq;
    /// DATA frames sent and not yet acknowledged.
    std::uint32_t in_flight = 0;
    /// DATA frames that may be in flight: the receiver's `ack_window`; 0 before its HELLO.
    std::uint32_t window = 0;
    /// DATA frames that may be sent now: `window - in_flight`.
    std::uint32_t credit = 0;
    /// Whether a stream is open.
    bool open = false;
    /// Whether the open stream is an object stream.
    bool objects = false;
};

namespace detail {

inline unexpected failed(oap_status status, std::size_t needed = 0) noexcept {
    return unexpected(Failure{static_cast<Status>(status), needed});
}

inline result<void> done(oap_status status) noexcept {
    if (status != OAP_STATUS_OK) return failed(status);
    return {};
}

template <auto Call, class Handle>
result<FrameTable> tabled(Handle* handle, span<const std::uint8_t> bytes, span<Row> rows) noexcept {
    oap_frame_table table;
    const oap_status status = Call(handle, bytes.data(), bytes.size(), rows.data(), rows.size(), &table);
    if (status != OAP_STATUS_OK) return failed(status);
    return FrameTable(table, rows.data());
}

/// Calls `Put` with `arguments` and the output. The frame is the front of `out`.
template <auto Put, class... Arguments>
result<span<const std::uint8_t>> put(span<std::uint8_t> out, Arguments... arguments) noexcept {
    std::size_t size;
    const oap_status status = Put(arguments..., out.data(), out.size(), &size);
    if (status != OAP_STATUS_OK) return failed(status, status == OAP_STATUS_BUFFER_TOO_SMALL ? size : 0);
    return span<const std::uint8_t>(out.data(), size);
}

/// What C takes for `obj`: none is NULL, an empty one is not.
inline std::string_view obj_of(const Data& data) noexcept {
    if (!data.obj) return {};
    return data.obj->empty() ? std::string_view("") : *data.obj;
}

inline oap_hello to_c(const Hello& hello) noexcept {
    return {hello.max_frame,
            hello.features.value_or(0),
            hello.version,
            hello.ack_window.value_or(0),
            hello.features.has_value(),
            hello.ack_window.has_value()};
}

inline Hello from_c(const oap_hello& hello) noexcept {
    return {hello.version, hello.max_frame, hello.has_features ? std::optional(hello.features) : std::nullopt,
            hello.has_ack_window ? std::optional(hello.ack_window) : std::nullopt};
}

template <auto Tell, class Handle>
std::optional<Reject> told(const Handle* handle) noexcept {
    oap_reject reject;
    if (Tell(handle, &reject) != OAP_STATUS_OK) return std::nullopt;
    return Reject{static_cast<Reason>(reject.code),
                  text(reject.field, reject.field_len),
                  text(reject.detail, reject.detail_len),
                  reject.has_limit ? std::optional(reject.limit) : std::nullopt,
                  reject.offset,
                  reject.at};
}

template <auto Tell>
Flow flow(const oap_session* session) noexcept {
    oap_flow flow;
    if (Tell(session, &flow) != OAP_STATUS_OK) return {};
    return {flow.has_last_seq ? std::optional(flow.last_seq) : std::nullopt,
            flow.in_flight,
            flow.window,
            flow.credit,
            flow.open,
            flow.objects};
}

/// What owns a handle of liboap: as large as the pointer, move-only.
template <class Handle, auto Free>
class Owner {
public:
    /// The handle, for functions of oap.h. It stays this object's; nullptr in one that was moved from.
    [[nodiscard]] Handle* get() const noexcept { return handle_.get(); }

protected:
    explicit Owner(Handle* handle) noexcept : handle_(handle) {}

private:
    struct Deleter {
        void operator()(Handle* handle) const noexcept { Free(handle); }
    };
    std::unique_ptr<Handle, Deleter> handle_;
};

}  // namespace detail

/// A configuration. It starts with the defaults; each setter checks its value, so what it holds is always valid.
/// Decoders and sessions copy it when they are made.
///
/// ~~~cpp
/// auto config = oap::Config::make().value();
/// assert(config.set_max_frame(65536));
/// assert(!config.set_ack_window_frames(0));
/// const auto error = config.error();
/// assert(error && error->field == "ack_window_frames" && error->min == 1 && error->max == 1024);
/// auto session = oap::Session::make(config).value();
/// ~~~
class Config : public detail::Owner<oap_config, oap_config_free> {
public:
    /// The defaults.
    [[nodiscard]] static result<Config> make() noexcept {
        oap_config* handle = nullptr;
        const oap_status status = oap_config_new(&handle);
        if (status != OAP_STATUS_OK) return detail::failed(status);
        return Config(handle);
    }

    /// Whether headers must be canonical (true, the default), or relaxed ones are taken too: for interop labs.
    result<void> set_strict_headers(bool strict) noexcept {
        return detail::done(oap_config_set_strict_headers(get(), strict));
    }
    /// Whether DATA on an object stream needs an `obj`. Default true.
    result<void> set_enforce_obj_header_on_objects(bool enforce) noexcept {
        return detail::done(oap_config_set_enforce_obj_header_on_objects(get(), enforce));
    }
    /// Whether a received HELLO may have feature bits set. Default true.
    result<void> set_allow_pq_hello_flags(bool allow) noexcept {
        return detail::done(oap_config_set_allow_pq_hello_flags(get(), allow));
    }
    /// What follows seq 2^64 - 1. Default SeqRolloverPolicy::error.
    result<void> set_seq_rollover_policy(SeqRolloverPolicy policy) noexcept {
        return detail::done(oap_config_set_seq_rollover_policy(get(), static_cast<std::int32_t>(policy)));
    }
    /// DATA frames taken unacknowledged; the HELLO says so. 1..=1024, else Status::out_of_range. Default 32.
    [[nodiscard]] result<void> set_ack_window_frames(std::uint64_t frames) noexcept {
        return detail::done(oap_config_set_ack_window_frames(get(), frames));
    }
    /// Bytes of the largest frame taken, prefix included; the HELLO says so. 4096..=1048576, else Status::out_of_range.
    /// Default 1048576.
    [[nodiscard]] result<void> set_max_frame(std::uint64_t bytes) noexcept {
        return detail::done(oap_config_set_max_frame(get(), bytes));
    }
    /// The feature bits that the HELLO says, opaque; empty for none, the default.
    result<void> set_features(std::optional<std::uint64_t> features) noexcept {
        return detail::done(features ? oap_config_set_features(get(), *features) : oap_config_unset_features(get()));
    }

    /// What the last setter refused, if it did.
    [[nodiscard]] std::optional<ConfigError> error() const noexcept {
        oap_config_error error;
        if (oap_config_get_error(get(), &error) != OAP_STATUS_OK) return std::nullopt;
        return ConfigError{detail::text(error.field, error.field_len), error.value, error.min, error.max};
    }

private:
    using Owner::Owner;
};

namespace detail {

/// An Owner that is made from a Config, which is copied.
template <class Class, class Handle, auto New, auto Free>
class Configured : public Owner<Handle, Free> {
public:
    /// One at the start of its stream, with the defaults.
    [[nodiscard]] static result<Class> make() noexcept { return make_from(nullptr); }
    /// One at the start of its stream. The Config may be changed or go afterwards.
    [[nodiscard]] static result<Class> make(const Config& config) noexcept {
        // To C no handle means the defaults, which is not what a Config that was moved from should mean.
        if (config.get() == nullptr) return failed(OAP_STATUS_NULL_POINTER);
        return make_from(config.get());
    }

protected:
    using Owner<Handle, Free>::Owner;

private:
    static result<Class> make_from(const oap_config* config) noexcept {
        Handle* handle = nullptr;
        const oap_status status = New(config, &handle);
        if (status != OAP_STATUS_OK) return failed(status);
        return Class(handle);
    }
};

}  // namespace detail

/// Decodes a byte stream from buffers that the caller owns. It holds a configuration, a position and a verdict, never
/// bytes. Decoding does not allocate, and the cost of a frame does not depend on its body.
///
/// ~~~cpp
/// auto decoder = oap::Decoder::make().value();
/// std::array<oap::Row, 64> rows;
/// const auto wire = oap::bytes({"\0\0\0\x0a\x04\0\0\x02\x08\x01\0\0\0\x08\x99", 15});
/// auto table = decoder.decode(wire, rows);
/// assert(table && table->size() == 1 && table->need() == 0);
/// table = decoder.decode(wire.subspan(table->consumed()), rows);
/// assert(!table && table.error().reason() == oap::Reason::unknown_envelope);
/// assert(decoder.reject()->offset == 10 && decoder.reject()->at == 15);
/// ~~~
class Decoder : public detail::Configured<Decoder, oap_decoder, oap_decoder_new, oap_decoder_free> {
public:
    /// The whole frames at the front of `bytes`, as many as there are rows; with one row it is one frame a call. Next
    /// pass the same bytes from `consumed()` on, with more behind them where `need()` is not 0. No whole frame yet is
    /// no failure: the table is empty. Frames before a bad one are given first; after a reject every call gives the
    /// same one until reset. The table views `bytes` and `rows`.
    [[nodiscard]] result<FrameTable> decode(span<const std::uint8_t> bytes, span<Row> rows) noexcept {
        return detail::tabled<oap_decoder_decode>(get(), bytes, rows);
    }
    /// Says that the input has ended; `rest` is what no call has consumed. Status::truncated where that is part of a
    /// frame, or the reject given before.
    [[nodiscard]] result<void> finish(span<const std::uint8_t> rest = {}) noexcept {
        return detail::done(oap_decoder_finish(get(), rest.data(), rest.size()));
    }
    /// Back to the start of a new stream, without a verdict.
    result<void> reset() noexcept { return detail::done(oap_decoder_reset(get())); }

    /// The reject that it gave, if any.
    [[nodiscard]] std::optional<Reject> reject() const noexcept { return detail::told<oap_decoder_reject>(get()); }

private:
    friend Configured;
    using Configured::Configured;
};

/// Decodes a byte stream that comes in chunks. Frames that lie whole in a chunk stay where they are; of the one frame
/// that a chunk cuts, the bytes that have come are staged.
///
/// ~~~cpp
/// auto decoder = oap::StreamDecoder::make().value();
/// std::array<oap::Row, 8> rows;
/// std::size_t frames = 0;
/// const auto wire = oap::bytes({"\0\0\0\x0a\x04\0\0\x02\x08\x01", 10});
/// for (auto chunk : {wire.first(3), wire.subspan(3)}) {
///     auto table = decoder.feed(chunk, rows);
///     if (table) frames += table->size();
/// }
/// assert(frames == 1 && decoder.finish());
/// ~~~
class StreamDecoder : public detail::Configured<StreamDecoder, oap_stream_decoder, oap_stream_decoder_new,
                                                 oap_stream_decoder_free> {
public:
    /// Takes a chunk and gives the next frames, as many as there are rows. Call again with what follows `consumed()`,
    /// until all of the chunk is consumed and `need()` is not 0. The table views `rows` and either `chunk` or the
    /// staging buffer, which stays until the next call of a member that is not const. A reject stays until reset.
    [[nodiscard]] result<FrameTable> feed(span<const std::uint8_t> chunk, span<Row> rows) noexcept {
        return detail::tabled<oap_stream_decoder_feed>(get(), chunk, rows);
    }
    /// Says that the input has ended. Status::truncated inside a frame, or the reject given before.
    [[nodiscard]] result<void> finish() noexcept { return detail::done(oap_stream_decoder_finish(get())); }
    /// Back to the start of a new stream: nothing staged, no verdict.
    result<void> reset() noexcept { return detail::done(oap_stream_decoder_reset(get())); }

    /// Bytes of a partial frame that are staged.
    [[nodiscard]] std::size_t staged() const noexcept { return oap_stream_decoder_staged(get()); }
    /// The reject that it gave, if any.
    [[nodiscard]] std::optional<Reject> reject() const noexcept {
        return detail::told<oap_stream_decoder_reject>(get());
    }

private:
    friend Configured;
    using Configured::Configured;
};

/// Decodes the one frame at the front of `bytes` without a handle, by the defaults: no position, no verdict kept. The
/// table has one frame or, where that is not whole yet, none; it views `bytes` and `row`.
[[nodiscard]] inline result<FrameTable> decode(span<const std::uint8_t> bytes, Row& row) noexcept {
    oap_frame_table table;
    const oap_status status = oap_decode(nullptr, bytes.data(), bytes.size(), &row, &table);
    if (status != OAP_STATUS_OK) return detail::failed(status);
    return FrameTable(table, &row);
}

/// Encodes a frame to the front of `out`, apart from any session, and gives it as a view of `out`.
/// OAP_MAX_HEAD_BYTES plus those of the body are always enough; `out` must not overlap an input.
///
/// A Failure is a Reason of the envelope's rules, or Status::buffer_too_small (`needed` says how many bytes it takes),
/// Status::overlap.
///
/// ~~~cpp
/// std::array<std::uint8_t, OAP_MAX_HEAD_BYTES + 3> out;
/// auto frame = oap::encode(oap::Data{7, {}, oap::bytes("abc")}, out);
/// assert(frame && frame->size() == 13);
/// assert(oap::encode(oap::Start{""}, out).error().reason() == oap::Reason::header_malformed);
/// ~~~
[[nodiscard]] inline result<span<const std::uint8_t>> encode(const Hello& hello, span<std::uint8_t> out) noexcept {
    const oap_hello fields = detail::to_c(hello);
    return detail::put<oap_encode_hello>(out, &fields);
}
/// Encodes a START; see encode of a Hello.
[[nodiscard]] inline result<span<const std::uint8_t>> encode(const Start& start, span<std::uint8_t> out) noexcept {
    return detail::put<oap_encode_start>(out, start.stream.data(), start.stream.size());
}
/// Encodes a DATA; see encode of a Hello. Status::frame_oversize where it would be over 1 MiB.
[[nodiscard]] inline result<span<const std::uint8_t>> encode(const Data& data, span<std::uint8_t> out) noexcept {
    const std::string_view obj = detail::obj_of(data);
    return detail::put<oap_encode_data>(out, data.seq, obj.data(), obj.size(), data.body.data(), data.body.size());
}
/// Encodes an ACK; see encode of a Hello.
[[nodiscard]] inline result<span<const std::uint8_t>> encode(const Ack& ack, span<std::uint8_t> out) noexcept {
    return detail::put<oap_encode_ack>(out, ack.up_to);
}
/// Encodes an END; see encode of a Hello.
[[nodiscard]] inline result<span<const std::uint8_t>> encode(const End& end, span<std::uint8_t> out) noexcept {
    return detail::put<oap_encode_end>(out, end.seq, end.status);
}
/// Encodes an ERROR; see encode of a Hello.
[[nodiscard]] inline result<span<const std::uint8_t>> encode(const Error& error, span<std::uint8_t> out) noexcept {
    return detail::put<oap_encode_error>(out, error.code, error.reason.data(), error.reason.size());
}

/// How far encode_rows came: `rows` encoded, bytes `written`.
using Encoded = oap_encoded;

/// Encodes the frames of a table, as many as there is room for: the inverse of Decoder::decode, apart from any session.
/// Call again from the row that did not fit or is bad: where that is the first, the Failure says what is wrong with it
/// (a Reason, Status::buffer_too_small, Status::out_of_bounds). `bytes` is what the rows' offsets count in.
[[nodiscard]] inline result<Encoded> encode_rows(span<const Row> rows, span<const std::uint8_t> bytes,
                                                 span<std::uint8_t> out) noexcept {
    Encoded encoded;
    const oap_status status = oap_encode_rows(rows.data(), rows.size(), bytes.data(), bytes.size(), out.data(),
                                              out.size(), &encoded);
    if (status != OAP_STATUS_OK) return detail::failed(status);
    return encoded;
}

/// One side of a session: decodes and judges what the peer sends, and refuses to encode what the peer would have to
/// reject. No clock, no I/O.
///
/// ~~~cpp
/// auto ours = oap::Session::make().value(), theirs = oap::Session::make().value();
/// std::array<oap::Row, 8> rows;
/// std::vector<std::uint8_t> out(OAP_MAX_FRAME_BYTES);
/// assert(theirs.recv(*ours.send(ours.hello(), out), rows));
/// assert(ours.recv(*theirs.send(theirs.hello(), out), rows));
/// assert(theirs.recv(*ours.send(oap::Start{"notes"}, out), rows));
/// assert(theirs.recv(*ours.send(oap::Data{1, {}, oap::bytes("abc")}, out), rows));
/// assert(ours.outbound().credit == 31 && theirs.inbound().in_flight == 1);
/// assert(!ours.send(oap::Data{9}, out) && ours.refusal()->field == "DATA.seq");
/// ~~~
class Session : public detail::Configured<Session, oap_session, oap_session_new, oap_session_free> {
public:
    /// Takes received bytes and gives the next frames, as many as there are rows. Call again with what follows
    /// `consumed()`, until all of the chunk is consumed and `need()` is not 0. The table views `rows` and either
    /// `chunk` or the staging buffer, which stays until the next recv, finish, send of an Error or reset. A reject
    /// stays until an Error is sent; what arrives after that is discarded.
    [[nodiscard]] result<FrameTable> recv(span<const std::uint8_t> chunk, span<Row> rows) noexcept {
        return detail::tabled<oap_session_recv>(get(), chunk, rows);
    }
    /// Says that the peer's bytes have ended. Status::truncated inside a frame, or the reject given before. Whether
    /// they ended at a good place is the host's to judge.
    [[nodiscard]] result<void> finish() noexcept { return detail::done(oap_session_finish(get())); }
    /// Back to a session in which neither side has spoken.
    result<void> reset() noexcept { return detail::done(oap_session_reset(get())); }

    /// The HELLO that the configuration makes. It is not sent: pass it to send, as it is or advertising less.
    [[nodiscard]] Hello hello() const noexcept {
        oap_hello hello;
        if (oap_session_hello(get(), &hello) != OAP_STATUS_OK) return {};
        return detail::from_c(hello);
    }

    /// Encodes a frame to the front of `out` and gives it as a view of `out`. From then on it counts as sent: the host
    /// must send all that was encoded, in the order of the calls. OAP_MAX_HEAD_BYTES plus those of the body are always
    /// enough; `out` must not overlap an input.
    ///
    /// A Failure leaves the session as it was: a Reason where the peer would have to reject the frame (`refusal()` says
    /// more), Status::buffer_too_small (`needed` says how many bytes it takes), Status::overlap.
    [[nodiscard]] result<span<const std::uint8_t>> send(const Hello& hello, span<std::uint8_t> out) noexcept {
        const oap_hello fields = detail::to_c(hello);
        return detail::put<oap_session_send_hello>(out, get(), &fields);
    }
    /// Opens this side's stream.
    [[nodiscard]] result<span<const std::uint8_t>> send(const Start& start, span<std::uint8_t> out) noexcept {
        return detail::put<oap_session_send_start>(out, get(), start.stream.data(), start.stream.size());
    }
    /// Carries bytes on the open stream. It takes one credit until the peer acknowledges it.
    [[nodiscard]] result<span<const std::uint8_t>> send(const Data& data, span<std::uint8_t> out) noexcept {
        const std::string_view obj = detail::obj_of(data);
        return detail::put<oap_session_send_data>(out, get(), data.seq, obj.data(), obj.size(), data.body.data(),
                                                  data.body.size());
    }
    /// Gives the peer credit back: `up_to` is the seq of a received DATA that is not yet acknowledged.
    [[nodiscard]] result<span<const std::uint8_t>> send(const Ack& ack, span<std::uint8_t> out) noexcept {
        return detail::put<oap_session_send_ack>(out, get(), ack.up_to);
    }
    /// Closes this side's stream.
    [[nodiscard]] result<span<const std::uint8_t>> send(const End& end, span<std::uint8_t> out) noexcept {
        return detail::put<oap_session_send_end>(out, get(), end.seq, end.status);
    }
    /// Ends the session both ways. What still arrives is discarded.
    [[nodiscard]] result<span<const std::uint8_t>> send(const Error& error, span<std::uint8_t> out) noexcept {
        return detail::put<oap_session_send_error>(out, get(), error.code, error.reason.data(), error.reason.size());
    }

    /// What this side has sent: its credit, what is in flight, whether a stream is open.
    [[nodiscard]] Flow outbound() const noexcept { return detail::flow<oap_session_outbound>(get()); }
    /// What the peer has sent.
    [[nodiscard]] Flow inbound() const noexcept { return detail::flow<oap_session_inbound>(get()); }
    /// Whether both HELLOs have passed.
    [[nodiscard]] bool is_established() const noexcept { return oap_session_is_established(get()); }
    /// Whether an ERROR has passed, either way: nothing more may be sent.
    [[nodiscard]] bool has_ended() const noexcept { return oap_session_has_ended(get()); }
    /// Bytes of the largest frame that the peer takes; 0 before its HELLO.
    [[nodiscard]] std::size_t peer_max_frame() const noexcept { return oap_session_peer_max_frame(get()); }
    /// Bytes of a partial frame that are staged.
    [[nodiscard]] std::size_t staged() const noexcept { return oap_session_staged(get()); }
    /// The reject that it gave, if any.
    [[nodiscard]] std::optional<Reject> reject() const noexcept { return detail::told<oap_session_reject>(get()); }
    /// Why the last send was refused with a Reason, if it was.
    [[nodiscard]] std::optional<Reject> refusal() const noexcept { return detail::told<oap_session_refusal>(get()); }

private:
    friend Configured;
    using Configured::Configured;
};

}  // namespace OAP_HPP_NAMESPACE
}  // namespace oap
#undef OAP_HPP_NAMESPACE

#endif  // OAP_HPP
