// oap.hpp: OAP/1 for C++17 and later, over oap.h. Headers only, nothing to link but liboap. The guide is docs/cpp.md.
//
// What holds for all of it:
//
// - Nothing throws, and it builds with -fno-exceptions -fno-rtti. What can fail returns a result; see Failure.
// - Config, Decoder, StreamDecoder, Session and Connection own a handle of liboap: they move, do not copy, and free it. Copies of a
//   Monitor are one and the same monitor. One that was moved from can be destroyed and assigned to; its other calls
//   fail with Status::null_pointer, and what only tells something tells zeros or defaults.
// - One thread at a time for each of them; different ones are independent. A Monitor is used by any thread.
// - Bytes are std::uint8_t and belong to the caller. Inputs are only read, and only during the call.
// - span is std::span and result is std::expected wherever the standard library has them. Both are part of signatures,
//   so each combination has its own inline namespace: objects of different standards link into one program. For the
//   same reason: include this header, do not declare its classes forward.
// - What has no C++ face is used as oap.h has it: oap_version and the like, the OAP_… limits.

#ifndef OAP_HPP
#define OAP_HPP

#include "oap/config.hpp"
#include "oap/connection.hpp"
#include "oap/decoder.hpp"
#include "oap/encode.hpp"
#include "oap/frame.hpp"
#include "oap/monitor.hpp"
#include "oap/names.hpp"
#include "oap/result.hpp"
#include "oap/session.hpp"
#include "oap/values.hpp"

#endif  // OAP_HPP
