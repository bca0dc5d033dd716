#define BOOST_TEST_MODULE file_name
#include "rtpproxy/capture/file_name.hpp"

#include <boost/test/unit_test.hpp>

#include <set>
#include <string>

using namespace rtpproxy;
using namespace std::string_literals;

BOOST_AUTO_TEST_CASE(plain_names_stay) {
    for (const auto* name :
         {"a84b4c76e66710@pc33.example.com", "x", "0-13c4-65f2_~!*'`+", "a.b", "100%", "%zz", "%4"})
        BOOST_TEST(safe_file_name(name) == name);
}

BOOST_AUTO_TEST_CASE(names_stay_in_their_directory) {
    BOOST_TEST(safe_file_name("../../etc/passwd") == "%2E.%2F..%2Fetc%2Fpasswd");
    BOOST_TEST(safe_file_name("/etc") == "%2Fetc");
    BOOST_TEST(safe_file_name("..") == "%2E.");
    BOOST_TEST(safe_file_name(".") == "%2E");
    BOOST_TEST(safe_file_name("") == "%");
}

BOOST_AUTO_TEST_CASE(octets_that_are_no_printable_ascii_are_escaped) {
    BOOST_TEST(safe_file_name("a\0b\x01\x1b \x7f\xc3\xa9"s) == "a%00b%01%1B%20%7F%C3%A9");
}

BOOST_AUTO_TEST_CASE(different_texts_have_different_names) {
    const std::string texts[] = {"/",   "%2F", "%2f",   "%252F", "%",  ".",
                                 "%2E", "a/b", "a%2Fb", "%%2F",  "%2", "%25"};
    std::set<std::string> names;
    for (const auto& text : texts)
        names.insert(safe_file_name(text));
    BOOST_TEST(names.size() == std::size(texts));
}

BOOST_AUTO_TEST_CASE(long_names_are_cut_and_told_apart_by_a_hash) {
    const std::string most(longest_recording_stem, 'x');
    BOOST_TEST(safe_file_name(most) == most);
    const auto one = safe_file_name(std::string(8000, 'x') + "1");
    const auto two = safe_file_name(std::string(8000, 'x') + "2");
    BOOST_TEST(one.size() == longest_recording_stem);
    BOOST_TEST(one.substr(0, 167) == two.substr(0, 167));
    BOOST_TEST(one.at(167) == '~');
    BOOST_TEST(one != two);
    // A file of today has the same name tomorrow.
    BOOST_TEST(safe_file_name(std::string(300, 'x')) ==
               std::string(167, 'x') + "~1ed09be277f95092a40a0316fe924c36");
}

BOOST_AUTO_TEST_CASE(a_session_is_named_by_call_id_and_tag_up_to_the_semicolon) {
    BOOST_TEST(recording_stem("call@host", "tag") == "call@host=tag");
    BOOST_TEST(recording_stem("call;x", "tag;1") == "call=tag");
    BOOST_TEST(recording_stem("../x", ".tag") == "%2E.%2Fx=%2Etag");
    BOOST_TEST(recording_stem("", "") == "=");
}

BOOST_AUTO_TEST_CASE(an_equals_sign_does_not_make_two_sessions_one) {
    BOOST_TEST(recording_stem("a=b", "c") == "a=b=c");
    BOOST_TEST(recording_stem("a", "b=c") == "a=b%3Dc");
}
