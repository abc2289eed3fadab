// Does not compile with -Werror where clang knows `lifetimebound`: the frame views a row that is gone.

#include <oap.hpp>

oap::Frame gone(const std::uint8_t* bytes) {
    const oap::Row row = {};
    return {row, bytes};
}
