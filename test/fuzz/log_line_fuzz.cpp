// Log lines out of whatever came from outside: they stay one line, harmless to a terminal, and valid JSON.
// The input is a context and a text, with a newline between them.

#include "rtpproxy/log/format.hpp"
#include "rtpproxy/log/log.hpp"

#include "fuzz.hpp"

#include <boost/json/parse.hpp>

#include <algorithm>
#include <string>

using namespace rtpproxy;
using fuzz::require;

namespace {

bool has_control_characters(std::string_view line) {
    return std::ranges::any_of(line,
                               [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

void check_json(const std::string& line, bool has_call_id) {
    boost::system::error_code error;
    const auto value = boost::json::parse(line, error);
    require(!error, "no JSON", line);
    const auto& object = value.as_object();
    require(object.contains("call_id") == has_call_id, "call_id", line);
    require(object.contains("ts") && object.at("message").is_string(), "members", line);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    auto text = fuzz::to_text(data, size);
    log::entry entry;
    entry.context = fuzz::take_until(text, '\n');
    entry.text = text;
    entry.function = log::short_function_name(text);
    entry.line = static_cast<std::uint_least32_t>(size);
    const auto plain = log::format_text(entry);
    const auto json = log::format_json(entry);
    require(!has_control_characters(plain), "a control character in a line of text", plain);
    require(!has_control_characters(json), "a control character in a line of JSON", json);
    require(plain.size() < 4096, "a line of text is too long");
    require(json.size() < 4096, "a line of JSON is too long");
    check_json(json, entry.context != log::global);
    return 0;
}
