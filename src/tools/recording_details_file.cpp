#include "recording_details_file.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string>

namespace rtpproxy {

namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

constexpr std::size_t longest_details = std::size_t{1} << 20U;

std::string beginning_of(const fs::path& path) {
    std::error_code ignored;
    if (!fs::is_regular_file(path, ignored) || fs::file_size(path, ignored) > longest_details) return {};
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

bool describes(const fs::path& details, const std::string& capture) {
    json::error_code error;
    const auto described = json::parse(beginning_of(details), error);
    if (error || !described.is_object() || !described.get_object().contains("call_id")) return false;
    const auto* files = described.get_object().if_contains("files");
    return files != nullptr && files->is_array() &&
           std::ranges::any_of(files->get_array(), [&](const json::value& each) {
               return each.is_string() && std::string_view{each.get_string()} == capture;
           });
}

}  // namespace

std::optional<fs::path> find_recording_details(const fs::path& capture) {
    auto without_kind = capture;
    const auto kind = capture.extension();
    if (kind == ".rtp" || kind == ".pcap") without_kind.replace_extension();
    for (const auto& stem : {without_kind, capture}) {
        auto details = stem;
        details += ".json";
        if (describes(details, capture.filename().string())) return details;
    }
    return std::nullopt;
}

}  // namespace rtpproxy
