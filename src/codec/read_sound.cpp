#include "rtpproxy/codec/sound_reader.hpp"

#include <algorithm>

namespace rtpproxy {

using samples_result = boost::system::result<std::vector<std::int16_t>, std::string>;

samples_result read_sound(const std::filesystem::path& path, unsigned rate, std::chrono::seconds longest) {
    auto reader = sound_reader::open(path, rate);
    if (!reader) return reader.error();
    return read_sound(*reader, path.string(), rate, longest);
}

samples_result read_sound(sound_reader& reader, const std::string& name, unsigned rate,
                          std::chrono::seconds longest) {
    const auto limit = static_cast<std::size_t>(std::max<std::int64_t>(longest.count(), 0)) * rate;
    std::vector<std::int16_t> samples;
    for (;;) {
        const auto before = samples.size();
        samples.resize(before + rate);
        const auto got = reader.read(std::span{samples}.subspan(before));
        if (!got) return got.error();
        samples.resize(before + *got);
        if (samples.size() > limit)
            return name + ": longer than " + std::to_string(longest.count()) + " seconds";
        if (*got < rate) return samples;
    }
}

}  // namespace rtpproxy
