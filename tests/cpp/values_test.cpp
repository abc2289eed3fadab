// Frames as values: compared, hashed and printed.

#include <gtest/gtest.h>
#include <oap.hpp>
#include <string>
#include <unordered_set>
#include <vector>

namespace {

constexpr std::string_view address = "b3:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/// Frames that all differ, each with one like it whose text and body stand elsewhere.
template <class Fields>
void expect_values(const std::vector<Fields>& values, const std::vector<Fields>& copies) {
    const std::hash<Fields> hash;
    std::unordered_set<Fields> set(values.begin(), values.end());
    EXPECT_EQ(set.size(), values.size());
    for (std::size_t i = 0; i < values.size(); i++) {
        EXPECT_TRUE(values[i] == copies[i]);
        EXPECT_FALSE(values[i] != copies[i]);
        EXPECT_EQ(hash(values[i]), hash(copies[i]));
        EXPECT_EQ(set.count(copies[i]), 1U);
        for (std::size_t k = 0; k < i; k++) EXPECT_TRUE(values[i] != copies[k]);
    }
}

TEST(Values, FramesAreEqualThatHaveTheSameEncoding) {
    const std::string text = "a stream", other(text), same_address(address);
    const std::vector<std::uint8_t> body{1, 2}, same(body);
    const std::vector<oap::Hello> hellos{{}, {2, 4096, {}, {}}, {1, 4097, {}, {}}, {1, 4096, 0, {}}, {1, 4096, {}, 0}};
    expect_values(hellos, hellos);
    expect_values<oap::Start>({{text}, {""}}, {{other}, {""}});
    expect_values<oap::Data>({{1, {}, body}, {2, {}, body}, {1, address, body}, {1, {}, {}}},
                             {{1, {}, same}, {2, {}, same}, {1, same_address, same}, {1, {}, {}}});
    expect_values<oap::Ack>({{0}, {1}}, {{0}, {1}});
    expect_values<oap::End>({{0, 0}, {0, 1}, {1, 0}}, {{0, 0}, {0, 1}, {1, 0}});
    expect_values<oap::Error>({{1, text}, {2, text}, {1, ""}}, {{1, other}, {2, other}, {1, ""}});
    EXPECT_TRUE(oap::Envelope(oap::Ack{1}) == oap::Envelope(oap::Ack{1}));
    EXPECT_FALSE(oap::Envelope(oap::Ack{1}) == oap::Envelope(oap::End{1, 0}));
}

TEST(Values, ALineHasNoBodyAndNoFeatureBits) {
    using oap::to_string;
    EXPECT_EQ(to_string(oap::Hello{1, 4096, 0xfea7, 7}), "HELLO version=1 max_frame=4096 ack_window=7");
    EXPECT_EQ(to_string(oap::Hello{}), "HELLO version=1 max_frame=1048576");
    EXPECT_EQ(to_string(oap::Start{"notes"}), "START stream=notes");
    EXPECT_EQ(to_string(oap::Data{7, address, oap::bytes("secret")}), "DATA seq=7 obj=" + std::string(address) + " len=6");
    EXPECT_EQ(to_string(oap::End{7, 1}), "END seq=7 status=1");
    EXPECT_EQ(to_string(oap::Error{5, "why"}), "ERROR code=5 reason=why");
    const auto wire = oap::bytes({"\0\0\0\x0a\x04\0\0\x02\x08\x07", 10});
    oap::Row row;
    EXPECT_EQ(to_string((*oap::decode(wire, row))[0]), "ACK up_to=7");
}

}  // namespace
