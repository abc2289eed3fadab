// A handle of liboap and who frees it.

#ifndef OAP_HANDLE_HPP
#define OAP_HANDLE_HPP

#include "names.hpp"

#include <memory>

namespace oap {
inline namespace OAP_HPP_NAMESPACE {

namespace detail {

/// The owner of a handle of liboap: as large as the pointer, move-only.
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

}  // namespace OAP_HPP_NAMESPACE
}  // namespace oap

#endif  // OAP_HANDLE_HPP
