#define BOOST_TEST_MODULE option_sources
#include "rtpproxy/app/option_sources.hpp"

#include "rtpproxy/app/effective_options.hpp"

#include <boost/test/unit_test.hpp>

#include <sstream>

using namespace rtpproxy;

namespace {

using strings = std::vector<std::string>;

strings split(std::string_view text, value_list form) {
    const auto values = split_values(text, form);
    BOOST_REQUIRE_MESSAGE(values.has_value(), text);
    return *values;
}

std::vector<given_option> read(const std::string& text) {
    std::istringstream in(text);
    return read_configuration(in, "test.conf", option_table());
}

std::string refusal(const std::string& text) {
    try {
        read(text);
        return "accepted";
    } catch (const configuration_error& error) {
        return error.what();
    }
}

}  // namespace

BOOST_AUTO_TEST_CASE(single_values_keep_their_blanks_and_commas) {
    BOOST_TEST(split("  a b, c\t\r", value_list::single) == strings{"a b, c"},
               boost::test_tools::per_element());
    BOOST_TEST(split("a#b;c # comment", value_list::single) == strings{"a#b;c"},
               boost::test_tools::per_element());
    BOOST_TEST(split("\" a # \\\"b\\\\ \" ; comment", value_list::single) == strings{" a # \"b\\ "},
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(lists_are_split_at_commas_or_blanks) {
    const strings expected{"a", "b c", "d,e"};
    BOOST_TEST(split("a, b c ,\"d,e\" # rest", value_list::comma_separated) == expected,
               boost::test_tools::per_element());
    BOOST_TEST(split(" a  \"b c\" d,e ", value_list::blank_separated) == expected,
               boost::test_tools::per_element());
    BOOST_TEST(split("a #b", value_list::blank_separated) == (strings{"a", "#b"}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(refuses_values_it_cannot_split) {
    for (const auto* text : {"", "  ", "# only a comment", "\"open", "\"a\" b", "\"open\\"})
        BOOST_TEST(split_values(text, value_list::single).has_error(), text);
    for (const auto* text : {"", ",", "a,", ",a", "a,,b", "a, # b", "\"a\" \"b\""})
        BOOST_TEST(split_values(text, value_list::comma_separated).has_error(), text);
}

BOOST_AUTO_TEST_CASE(quoted_values_are_read_back) {
    for (const std::string text : {"plain", "", " blank ", "a,b", "a#b", "q\"q", "b\\s", "unix:/a b", "; x"})
        for (const auto form : {value_list::single, value_list::comma_separated, value_list::blank_separated})
            BOOST_TEST(split(quote_value(text), form) == strings{text}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(files_are_read_line_by_line) {
    const auto given =
        read("# comment\n\n ; comment\r\nttl=5\r\n min-port = 12000 # comment\nlisten = a@*, b@*\n");
    BOOST_REQUIRE(given.size() == 4);
    BOOST_TEST(given[0].key == "ttl");
    BOOST_TEST(given[0].value == "5");
    BOOST_TEST(given[0].source == "test.conf:4");
    BOOST_TEST(given[1].key == "min_port");
    BOOST_TEST(given[1].value == "12000");
    BOOST_TEST(given[3].value == "b@*");
    BOOST_TEST(given[3].source == "test.conf:6");
}

BOOST_AUTO_TEST_CASE(mistakes_in_files_are_named_with_their_line) {
    const std::pair<std::string, const char*> cases[]{
        {"\nttl = x", "test.conf:2: ttl = \"x\": expected a whole number of seconds, 1 or more"},
        {"tll = 5", "test.conf:1: \"tll\": there is no such setting"},
        {"= 5", "test.conf:1: \"\": there is no such setting"},
        {"ttl", "test.conf:1: \"ttl\": expected 'key = value'"},
        {"ttl =", "test.conf:1: ttl = \"\": expected a value"},
        {"[media]", "test.conf:1: \"[media]\": sections are not used, remove this line"},
        {"[a=b]", "test.conf:1: \"[a=b]\": sections are not used, remove this line"},
        {"modules {",
         "test.conf:1: \"modules {\": modules cannot be loaded into this program; its configuration file "
         "has lines of 'key = value', 'cdr = csv:FILE' in place of acct_csv"},
        {"config = x", "test.conf:1: \"config\": there is no such setting"},
        {"help = on", "test.conf:1: \"help\": there is no such setting"},
        {"check_config = on", "test.conf:1: \"check_config\": there is no such setting"},
        {"foreground = maybe",
         "test.conf:1: foreground = \"maybe\": expected on or off (true, false, yes, no, 1, 0)"},
        {{"pid_file = /a\0b", 15}, "test.conf:1: \"pid_file = /a\\x00b\": has a NUL in it"},
        {"t\x01tl = 5", "test.conf:1: \"t\\x01tl\": there is no such setting"},
    };
    for (const auto& [text, message] : cases)
        BOOST_TEST(refusal(text) == message);
}

BOOST_AUTO_TEST_CASE(messages_stay_one_short_line_whatever_the_file_holds) {
    const auto message = refusal(std::string(100000, 'x'));
    BOOST_TEST(message.size() < 300);
    BOOST_TEST(refusal("ttl = " + std::string(100000, '9')).size() < 300);
    const auto bad_socket = refusal("control_socket = x\x1b[2J:" + std::string(100000, '9'));
    BOOST_TEST(bad_socket.size() < 400);
    BOOST_TEST(bad_socket.find('\x1b') == std::string::npos);
    BOOST_TEST(refusal("learning = " + std::string(100000, '\x9c')).size() < 800);
    BOOST_TEST(refusal("control_allow = " + std::string(300, '\xff')).size() < 800);
    BOOST_TEST(refusal(std::string("\x7f"
                                   "ELF\0\xff\x80",
                                   7))
                   .find('\0') == std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_first_layer_that_has_an_option_decides_on_it) {
    const option_table table;
    const effective_options options(
        {{{"ttl", "1", "a"}, {"ttl", "2", "a"}, {"notify", "/1", "a"}, {"notify", "/2", "a"}},
         {{"ttl", "3", "b"}, {"notify", "/3", "b"}, {"tos", "4", "b"}}},
        table);
    strings values;
    for (const auto& option : options.all())
        values.push_back(option.value);
    BOOST_TEST(values == (strings{"2", "/1", "/2", "4"}), boost::test_tools::per_element());
    BOOST_TEST(options.source_of("tos") == "b");
    BOOST_TEST(options.source_of("nice") == "default");
    BOOST_TEST(options.find("nice") == nullptr);
}
