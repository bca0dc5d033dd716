#pragma once

#include "support/command_script.hpp"

#include <boost/test/unit_test.hpp>

#include <initializer_list>
#include <string_view>

namespace rtpproxy::test {

/// A transcript: `> ` command, `< ` expected reply, one a line.
struct exchange {
    std::string_view command;
    std::string_view reply;
};

inline void check(command_script& script, std::initializer_list<exchange> exchanges) {
    for (const auto& [text, reply] : exchanges) {
        BOOST_TEST_CONTEXT(text) {
            BOOST_TEST(script(text) == reply);
        }
    }
}

inline const auto callers_phone = make_endpoint("10.1.2.3", 4000);
inline const auto callees_phone = make_endpoint("10.9.8.7", 5000);

}  // namespace rtpproxy::test
