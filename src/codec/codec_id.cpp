#include "rtpproxy/codec/codec_id.hpp"

#include <boost/algorithm/string/predicate.hpp>

#include <algorithm>
#include <array>
#include <locale>

namespace rtpproxy {

namespace {

// In the order of codec_id.
constexpr std::array<codec_traits, 7> all_traits = {{
    {codec_id::pcmu, "PCMU", 0, 8000, 8000, 1, 1},
    {codec_id::pcma, "PCMA", 8, 8000, 8000, 1, 1},
    {codec_id::g722, "G722", 9, 16000, 8000, 2, 1},
    {codec_id::gsm, "GSM", 3, 8000, 8000, 160, 33},
    {codec_id::g723, "G723", 4, 8000, 8000, 240, 0},
    {codec_id::g729, "G729", 18, 8000, 8000, 80, 10},
    {codec_id::opus, "opus", std::nullopt, 48000, 48000, 960, 0},
}};

#ifdef RTPPROXY_HAS_SPANDSP
constexpr bool has_spandsp = true;
#else
constexpr bool has_spandsp = false;
#endif

#ifdef RTPPROXY_HAS_OPUS
constexpr bool has_opus = true;
#else
constexpr bool has_opus = false;
#endif

#ifdef RTPPROXY_HAS_BCG729
constexpr bool has_bcg729 = true;
#else
constexpr bool has_bcg729 = false;
#endif

}  // namespace

const codec_traits& traits_of(codec_id codec) noexcept {
    return all_traits[static_cast<std::size_t>(codec)];
}

std::span<const codec_traits> all_codecs() noexcept {
    return all_traits;
}

std::optional<codec_id> codec_named(std::string_view name) noexcept {
    const auto found = std::ranges::find_if(all_traits, [=](const codec_traits& traits) {
        return boost::algorithm::iequals(traits.name, name, std::locale::classic());
    });
    if (found == all_traits.end()) return std::nullopt;
    return found->id;
}

std::optional<codec_id> codec_of_payload_type(std::uint8_t payload_type) noexcept {
    const auto found = std::find_if(all_traits.begin(), all_traits.end(), [&](const codec_traits& traits) {
        return traits.payload_type == payload_type;
    });
    if (found == all_traits.end()) return std::nullopt;
    return found->id;
}

bool can_encode(codec_id codec) noexcept {
    switch (codec) {
        case codec_id::pcmu:
        case codec_id::pcma:
        case codec_id::g722:
        case codec_id::gsm:
            return has_spandsp;
        case codec_id::g729:
            return has_bcg729;
        case codec_id::opus:
            return has_opus;
        case codec_id::g723:
            break;
    }
    return false;
}

bool can_decode(codec_id codec) noexcept {
    return can_encode(codec);
}

}  // namespace rtpproxy
