#include "rtpproxy/services/prompt_source.hpp"

#include "rtpproxy/codec/audio_codec.hpp"
#include "rtpproxy/codec/codec_id.hpp"
#include "rtpproxy/codec/sound_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

namespace rtpproxy {
namespace {

using octets_or_failure = boost::system::result<std::vector<std::byte>, prompt_failure>;

/// Null when this build does not encode the format.
std::unique_ptr<audio_encoder> make_encoder_for(const frame_format& format) {
    const auto codec = codec_of_payload_type(format.payload_type);
    return codec ? make_encoder(*codec) : nullptr;
}

bool can_encode(const frame_format& format) {
    const auto codec = codec_of_payload_type(format.payload_type);
    return codec && can_read_sound_files() && can_encode(*codec);
}

/// About a tenth of a second, in whole frames.
std::size_t samples_in_one_go(const codec_traits& traits) {
    const std::size_t frames = traits.sample_rate / 10 / traits.frame_samples;
    return std::max<std::size_t>(frames, 1) * traits.frame_samples;
}

octets_or_failure encode_sound(prompt_file file, audio_encoder& encoder, std::size_t limit) {
    auto reader = sound_reader::open(std::move(file.descriptor), file.name, encoder.traits().sample_rate);
    if (!reader) return prompt_failure{.missing = false, .reason = reader.error()};
    std::vector<std::byte> encoded;
    std::vector<std::int16_t> samples(samples_in_one_go(encoder.traits()));
    while (true) {
        const auto got = reader->read(samples);
        if (!got) return prompt_failure{.missing = false, .reason = got.error()};
        if (*got != 0 && encoder.encode(std::span(samples).first(*got), encoded) == 0)
            return prompt_failure{.missing = false,
                                  .reason = fmt::format("{}: cannot be encoded", file.name)};
        if (encoded.size() > limit) break;
        if (*got < samples.size()) return encoded;
    }
    return prompt_failure{
        .missing = false,
        .reason = fmt::format("{}: is too long: more than {} octets of media", file.name, limit)};
}

octets_or_failure read_octets(prompt_source source, const frame_format& format, std::size_t limit) {
    if (!source.is_sound) return read_all(source.file, limit);
    const auto encoder = make_encoder_for(format);
    if (!encoder)
        return prompt_failure{.missing = false, .reason = fmt::format("{}: no encoder", source.file.name)};
    return encode_sound(std::move(source.file), *encoder, limit);
}

}  // namespace

boost::system::result<prompt_source, prompt_failure> open_source(const prompt_files& files,
                                                                 const std::string& name,
                                                                 const frame_format& format) {
    auto raw = files.open(fmt::format("{}.{}", name, format.payload_type));
    if (raw) return prompt_source{.file = std::move(*raw), .is_sound = false};
    if (!raw.error().missing || !can_encode(format)) return raw.error();
    for (const auto& sound_name : {name + ".wav", name}) {
        auto sound = files.open(sound_name);
        if (sound) return prompt_source{.file = std::move(*sound), .is_sound = true};
        if (!sound.error().missing) return sound.error();
    }
    return raw.error();
}

boost::system::result<prompt_ptr, prompt_failure> read_prompt(prompt_source source,
                                                              const frame_format& format, std::size_t limit) {
    auto octets = read_octets(std::move(source), format, limit);
    if (!octets) return octets.error();
    octets->shrink_to_fit();
    return std::make_shared<const prompt>(prompt{.format = format, .octets = std::move(*octets)});
}

}  // namespace rtpproxy
