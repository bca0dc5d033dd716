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
using source_or_failure = boost::system::result<prompt_source, prompt_failure>;

bool can_encode(const frame_format& format) {
    return can_read_sound_files() && can_encode(format.codec);
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
    const auto encoder = make_encoder(format.codec);
    if (!encoder)
        return prompt_failure{.missing = false, .reason = fmt::format("{}: no encoder", source.file.name)};
    return encode_sound(std::move(source.file), *encoder, limit);
}

source_or_failure open_raw_frames(const prompt_files& files, const std::string& name,
                                  const frame_format& format) {
    if (!format.joinable)
        return prompt_failure{.missing = true,
                              .reason = fmt::format("{}: no sound file, and {} is played from nothing else",
                                                    name, traits_of(format.codec).name)};
    auto file = files.open(fmt::format("{}.{}", name, format.payload_type));
    if (!file) return file.error();
    return prompt_source{.file = std::move(*file), .is_sound = false};
}

}  // namespace

source_or_failure open_source(const prompt_files& files, const std::string& name,
                              const frame_format& format) {
    auto raw = open_raw_frames(files, name, format);
    if (raw || !raw.error().missing || !can_encode(format)) return raw;
    for (const auto& sound_name : {name + ".wav", name}) {
        auto sound = files.open(sound_name);
        if (sound) return prompt_source{.file = std::move(*sound), .is_sound = true};
        if (!sound.error().missing) return sound.error();
    }
    return raw;
}

boost::system::result<prompt_ptr, prompt_failure> read_prompt(prompt_source source,
                                                              const frame_format& format, std::size_t limit) {
    auto octets = read_octets(std::move(source), format, limit);
    if (!octets) return octets.error();
    octets->shrink_to_fit();
    return std::make_shared<const prompt>(prompt{.format = format, .octets = std::move(*octets)});
}

}  // namespace rtpproxy
