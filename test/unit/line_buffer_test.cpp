#define BOOST_TEST_MODULE line_buffer
#include "rtpproxy/control/line_buffer.hpp"

#include <boost/test/unit_test.hpp>

#include <vector>

using namespace rtpproxy;

namespace {

std::vector<std::string> lines_in(line_buffer& buffer) {
    std::vector<std::string> lines;
    while (auto line = buffer.next_line())
        lines.push_back(std::move(*line));
    return lines;
}

}  // namespace

BOOST_AUTO_TEST_CASE(lines_come_out_in_order_and_parts_wait) {
    line_buffer buffer;
    buffer.append("V\nVF 2004");
    BOOST_TEST(lines_in(buffer) == std::vector<std::string>{"V"}, boost::test_tools::per_element());
    buffer.append("0107\n\nI");
    BOOST_TEST(lines_in(buffer) == (std::vector<std::string>{"VF 20040107", ""}),
               boost::test_tools::per_element());
    BOOST_TEST(!buffer.overflowed());
}

BOOST_AUTO_TEST_CASE(longest_line_passes) {
    line_buffer buffer;
    buffer.append(std::string(max_command_octets, 'x'));
    BOOST_TEST(!buffer.next_line().has_value());
    BOOST_TEST(!buffer.overflowed());
    buffer.append("\nV\n");
    BOOST_TEST(buffer.next_line().value().size() == max_command_octets);
    BOOST_TEST(buffer.next_line().value() == "V");
}

BOOST_AUTO_TEST_CASE(longer_line_overflows_with_and_without_newline) {
    line_buffer buffer;
    buffer.append(std::string(max_command_octets + 1, 'x'));
    BOOST_TEST(!buffer.next_line().has_value());
    BOOST_TEST(buffer.overflowed());
    buffer.append("\n");
    BOOST_TEST(!buffer.next_line().has_value());
    BOOST_TEST(buffer.overflowed());
}

BOOST_AUTO_TEST_CASE(any_cut_gives_the_same_lines) {
    std::string text;
    for (std::size_t i = 0; i < 300; ++i)
        text += std::string(i % 97, 'a') + "\n";
    for (const std::size_t step : {1u, 2u, 7u, 100u, 8192u}) {
        line_buffer buffer;
        std::size_t count = 0;
        for (std::size_t at = 0; at < text.size(); at += step) {
            buffer.append(std::string_view(text).substr(at, step));
            for (const auto& line : lines_in(buffer))
                BOOST_TEST(line.size() == count++ % 97);
        }
        BOOST_TEST(count == 300u);
    }
}
