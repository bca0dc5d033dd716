#include "rtpproxy/codec/sound_reader.hpp"

#include "resampler.hpp"
#include "sound_file_descriptor.hpp"

#include <sndfile.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string_view>
#include <utility>

namespace rtpproxy {

namespace {

/// Interleaved values read at once; more than the most channels libsndfile takes (1024).
constexpr std::size_t values_at_once = 8192;
constexpr unsigned raw_rate = 8000;

struct sound_file_closer {
    void operator()(SNDFILE* file) const noexcept { sf_close(file); }
};
using sound_file_ptr = std::unique_ptr<SNDFILE, sound_file_closer>;

SF_INFO format_hint(sound_encoding encoding) noexcept {
    SF_INFO info{};
    if (encoding == sound_encoding::raw) {
        info.format = SF_FORMAT_RAW | SF_FORMAT_PCM_16 | SF_ENDIAN_LITTLE;
        info.channels = 1;
        info.samplerate = static_cast<int>(raw_rate);
    }
    return info;
}

/// libsndfile ends some of its messages with a full stop.
std::string explain(const std::string& name, SNDFILE* file) {
    std::string_view reason = sf_strerror(file);
    while (!reason.empty() && (reason.back() == '.' || reason.back() == '\n'))
        reason.remove_suffix(1);
    return name + ": " + std::string{reason};
}

std::int16_t to_sample(float value) noexcept {
    using limits = std::numeric_limits<std::int16_t>;
    if (!std::isfinite(value)) return 0;
    const auto scaled =
        std::clamp(value * 32768.0F, static_cast<float>(limits::min()), static_cast<float>(limits::max()));
    return static_cast<std::int16_t>(std::lrint(scaled));
}

/// The mean of each group of `channels` values.
void mix_down(std::span<const float> interleaved, std::size_t channels, std::vector<float>& mono) {
    mono.clear();
    for (; interleaved.size() >= channels; interleaved = interleaved.subspan(channels)) {
        float sum = 0;
        for (const auto value : interleaved.first(channels))
            sum += std::isfinite(value) ? value : 0;
        mono.push_back(sum / static_cast<float>(channels));
    }
}

bool is_mpeg(const SF_INFO& info) noexcept {
    return (info.format & SF_FORMAT_TYPEMASK) == SF_FORMAT_MPEG;
}

bool starts_with_id3(int file) noexcept {
    std::array<char, 3> begin{};
    return ::pread(file, begin.data(), begin.size(), 0) == 3 && std::string_view{begin.data(), 3} == "ID3";
}

}  // namespace

class sound_reader::state {
  public:
    state(std::string name, unique_fd descriptor, sound_file_ptr file, const SF_INFO& info, unsigned rate)
        : name_(std::move(name)),
          descriptor_(std::move(descriptor)),
          file_(std::move(file)),
          channels_(static_cast<std::size_t>(info.channels)),
          resampler_(static_cast<unsigned>(info.samplerate), rate) {}

    result<std::size_t> read(std::span<std::int16_t> samples) {
        std::size_t filled = 0;
        while (filled < samples.size()) {
            if (used_ == converted_.size()) {
                if (at_end_) break;
                if (auto error = convert_more(); !error.empty()) return error;
                continue;
            }
            samples[filled++] = to_sample(converted_[used_++]);
        }
        return filled;
    }

  private:
    /// Replaces the used up samples with the next ones. @returns a message when that fails.
    std::string convert_more() {
        std::array<float, values_at_once> values;
        const auto frames = values.size() / channels_;
        const auto read = sf_readf_float(file_.get(), values.data(), static_cast<sf_count_t>(frames));
        if (sf_error(file_.get()) != SF_ERR_NO_ERROR) return explain(name_, file_.get());
        at_end_ = read <= 0;
        mix_down(std::span{values}.first(static_cast<std::size_t>(std::max<sf_count_t>(read, 0)) * channels_),
                 channels_, mono_);
        converted_.clear();
        used_ = 0;
        if (!resampler_.convert(mono_, at_end_, converted_))
            return name_ + ": cannot convert the sample rate";
        return {};
    }

    std::string name_;
    unique_fd descriptor_;  ///< outlives file_
    sound_file_ptr file_;
    std::size_t channels_;
    resampler resampler_;
    std::vector<float> mono_;
    std::vector<float> converted_;
    std::size_t used_ = 0;  ///< of converted_
    bool at_end_ = false;
};

sound_reader::sound_reader(std::unique_ptr<state> opened) noexcept : state_(std::move(opened)) {}
sound_reader::sound_reader(sound_reader&&) noexcept = default;
sound_reader& sound_reader::operator=(sound_reader&&) noexcept = default;
sound_reader::~sound_reader() = default;

sound_reader::result<sound_reader> sound_reader::open(const std::filesystem::path& path, unsigned rate,
                                                      sound_encoding encoding) {
    auto file = open_regular_file(path);
    if (!file) return file.error();
    return open(std::move(*file), path.string(), rate, encoding);
}

sound_reader::result<sound_reader> sound_reader::open(unique_fd file, std::string name, unsigned rate,
                                                      sound_encoding encoding) {
    auto regular = require_regular_file(std::move(file), name);
    if (!regular) return regular.error();
    auto info = format_hint(encoding);
    sound_file_ptr opened{sf_open_fd(regular->get(), SFM_READ, &info, SF_FALSE)};
    if (!opened) return explain(name, nullptr);
    if (info.channels < 1 || static_cast<std::size_t>(info.channels) > values_at_once)
        return name + ": cannot read " + std::to_string(info.channels) + " channels";
    const auto file_rate = static_cast<unsigned>(std::max(info.samplerate, 0));
    if (!resampler::supports(file_rate, rate))
        return name + ": cannot convert " + std::to_string(file_rate) + " Hz to " + std::to_string(rate) +
               " Hz" + (can_resample() ? "" : ": this build is without libsamplerate");
    return sound_reader{
        std::make_unique<state>(std::move(name), std::move(*regular), std::move(opened), info, rate)};
}

sound_reader::result<std::size_t> sound_reader::read(std::span<std::int16_t> samples) {
    return state_->read(samples);
}

bool can_read_sound_files() noexcept {
    return true;
}

bool has_sound_header(const std::filesystem::path& path) {
    const auto file = open_regular_file(path);
    if (!file) return false;
    SF_INFO info{};
    const sound_file_ptr opened{sf_open_fd(file->get(), SFM_READ, &info, SF_FALSE)};
    if (!opened) return false;
    return !is_mpeg(info) || path.extension() == ".mp3" || starts_with_id3(file->get());
}

}  // namespace rtpproxy
