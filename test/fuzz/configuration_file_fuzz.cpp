// The configuration file: any octets give settings or one line that says what is wrong, and what is read can
// be written and read again.

#include "rtpproxy/app/option_sources.hpp"

#include "fuzz.hpp"

#include <algorithm>
#include <sstream>
#include <string>

using namespace rtpproxy;
using fuzz::require;

namespace {

const option_table& table() {
    static const option_table options;
    return options;
}

/// Asks the system who somebody is; there are programs to test that.
bool asks_the_system(std::string_view text) {
    return text.find("user") != std::string_view::npos;
}

bool same(const given_option& a, const given_option& b) {
    return a.key == b.key && a.value == b.value;
}

void check_rewritten(const std::vector<given_option>& given) {
    std::string text;
    for (const auto& option : given)
        text += option.key + " = " + quote_value(option.value) + "  # again\n";
    std::istringstream in(text);
    const auto again = read_configuration(in, "again", table());
    require(std::ranges::equal(again, given, same), "written and read it is another", text);
}

void check_values(std::string_view text) {
    for (const auto form : {value_list::single, value_list::comma_separated, value_list::blank_separated}) {
        const auto values = split_values(text, form);
        require(values.has_value() ? !values->empty() : !values.error().empty(),
                "neither values nor a reason", text);
    }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto text = fuzz::to_text(data, size);
    check_values(text);
    if (asks_the_system(text)) return 0;
    try {
        std::istringstream in{std::string(text)};
        const auto given = read_configuration(in, "file", table());
        for (const auto& option : given)
            require(option.value.find('\0') == std::string::npos, "a NUL got through", text);
        check_rewritten(given);
    } catch (const configuration_error& error) {
        const std::string_view message = error.what();
        require(!message.empty() && message.size() < 1000, "a message out of bounds", message);
        require(message.find('\n') == std::string_view::npos, "a message of several lines", message);
    }
    return 0;
}
