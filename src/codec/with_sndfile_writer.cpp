#include "rtpproxy/codec/sound_writer.hpp"

#include <sndfile.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <system_error>
#include <utility>

namespace rtpproxy {

namespace {

struct named_format {
    std::string_view name;
    int value;
};

constexpr std::array containers = {
    named_format{"wav", SF_FORMAT_WAV},     named_format{"aiff", SF_FORMAT_AIFF},
    named_format{"au", SF_FORMAT_AU},       named_format{"raw", SF_FORMAT_RAW},
    named_format{"paf", SF_FORMAT_PAF},     named_format{"svx", SF_FORMAT_SVX},
    named_format{"nist", SF_FORMAT_NIST},   named_format{"voc", SF_FORMAT_VOC},
    named_format{"ircam", SF_FORMAT_IRCAM}, named_format{"w64", SF_FORMAT_W64},
    named_format{"mat4", SF_FORMAT_MAT4},   named_format{"mat5", SF_FORMAT_MAT5},
    named_format{"pvf", SF_FORMAT_PVF},     named_format{"xi", SF_FORMAT_XI},
    named_format{"htk", SF_FORMAT_HTK},     named_format{"sds", SF_FORMAT_SDS},
    named_format{"avr", SF_FORMAT_AVR},     named_format{"wavex", SF_FORMAT_WAVEX},
    named_format{"flac", SF_FORMAT_FLAC},   named_format{"caf", SF_FORMAT_CAF},
    named_format{"ogg", SF_FORMAT_OGG},     named_format{"rf64", SF_FORMAT_RF64},
};

constexpr std::array encodings = {
    named_format{"pcm_16", SF_FORMAT_PCM_16},       named_format{"pcm_s8", SF_FORMAT_PCM_S8},
    named_format{"pcm_u8", SF_FORMAT_PCM_U8},       named_format{"pcm_24", SF_FORMAT_PCM_24},
    named_format{"pcm_32", SF_FORMAT_PCM_32},       named_format{"float", SF_FORMAT_FLOAT},
    named_format{"double", SF_FORMAT_DOUBLE},       named_format{"ulaw", SF_FORMAT_ULAW},
    named_format{"alaw", SF_FORMAT_ALAW},           named_format{"ima_adpcm", SF_FORMAT_IMA_ADPCM},
    named_format{"ms_adpcm", SF_FORMAT_MS_ADPCM},   named_format{"gsm610", SF_FORMAT_GSM610},
    named_format{"vox_adpcm", SF_FORMAT_VOX_ADPCM}, named_format{"g721_32", SF_FORMAT_G721_32},
    named_format{"g723_24", SF_FORMAT_G723_24},     named_format{"g723_40", SF_FORMAT_G723_40},
    named_format{"dwvw_12", SF_FORMAT_DWVW_12},     named_format{"dwvw_16", SF_FORMAT_DWVW_16},
    named_format{"dwvw_24", SF_FORMAT_DWVW_24},     named_format{"dpcm_8", SF_FORMAT_DPCM_8},
    named_format{"dpcm_16", SF_FORMAT_DPCM_16},     named_format{"vorbis", SF_FORMAT_VORBIS},
    named_format{"opus", SF_FORMAT_OPUS},
};

template <class Table>
std::optional<int> find(const Table& table, std::string_view name) {
    const auto found = std::find_if(table.begin(), table.end(),
                                    [&](const named_format& format) { return format.name == name; });
    if (found == table.end()) return std::nullopt;
    return found->value;
}

template <class Table>
std::vector<std::string_view> names_of(const Table& table) {
    std::vector<std::string_view> names;
    for (const auto& format : table)
        names.push_back(format.name);
    return names;
}

SF_INFO describe(const sound_format& format, int value) noexcept {
    SF_INFO info{};
    info.format = value;
    info.channels = static_cast<int>(format.channels);
    info.samplerate = static_cast<int>(format.rate);
    return info;
}

/// The first in `encodings` that `container` takes, or 0.
int suitable_encoding(const sound_format& format, int container) {
    for (const auto& encoding : encodings) {
        const auto info = describe(format, container | encoding.value);
        if (sf_format_check(&info)) return encoding.value;
    }
    return 0;
}

/// What libsndfile calls the format, or a message.
boost::system::result<int, std::string> format_value(const sound_format& format) {
    const auto container = find(containers, format.container);
    if (!container) return "unknown file format " + format.container;
    const auto encoding =
        format.data.empty() ? suitable_encoding(format, *container) : find(encodings, format.data);
    if (!encoding) return "unknown data format " + format.data;
    const auto info = describe(format, *container | *encoding);
    if (!sf_format_check(&info))
        return "a file of format " + format.container + " cannot have " + std::to_string(format.channels) +
               " channel(s) of " + format.data + " data at " + std::to_string(format.rate) + " Hz";
    return info.format;
}

struct sound_file_closer {
    void operator()(SNDFILE* file) const noexcept { sf_close(file); }
};

}  // namespace

class sound_writer::state {
  public:
    state(std::string name, SNDFILE* file) : name_(std::move(name)), file_(file) {}

    result<void> write(std::span<const std::int16_t> samples) {
        errno = 0;
        const auto wanted = static_cast<sf_count_t>(samples.size());
        if (sf_write_short(file_.get(), samples.data(), wanted) != wanted) return failure();
        return {};
    }

    result<void> finish() {
        errno = 0;
        if (sf_error(file_.get()) != SF_ERR_NO_ERROR) return failure();
        if (sf_close(file_.release()) != 0) return failure();
        return {};
    }

  private:
    /// What the system said is clearer than what libsndfile makes of it.
    [[nodiscard]] std::string failure() const {
        if (errno != 0) return name_ + ": " + std::generic_category().message(errno);
        return name_ + ": " + (file_ ? sf_strerror(file_.get()) : "cannot complete the file");
    }

    std::string name_;
    std::unique_ptr<SNDFILE, sound_file_closer> file_;
};

sound_writer::sound_writer(std::unique_ptr<state> opened) noexcept : state_(std::move(opened)) {}
sound_writer::sound_writer(sound_writer&&) noexcept = default;
sound_writer& sound_writer::operator=(sound_writer&&) noexcept = default;
sound_writer::~sound_writer() = default;

sound_writer::result<sound_writer> sound_writer::open(int descriptor, std::string name,
                                                      const sound_format& format) {
    const auto value = format_value(format);
    if (!value) return value.error();
    auto info = describe(format, *value);
    auto* file = sf_open_fd(descriptor, SFM_WRITE, &info, SF_FALSE);
    if (!file) return name + ": " + sf_strerror(nullptr);
    sf_command(file, SFC_SET_CLIPPING, nullptr, SF_TRUE);
    return sound_writer{std::make_unique<state>(std::move(name), file)};
}

sound_writer::result<void> sound_writer::write(std::span<const std::int16_t> samples) {
    return state_->write(samples);
}

sound_writer::result<void> sound_writer::finish() {
    return state_->finish();
}

bool can_write(const sound_format& format) {
    return format_value(format).has_value();
}

std::vector<std::string_view> sound_container_names() {
    return names_of(containers);
}

std::vector<std::string_view> sound_data_names() {
    return names_of(encodings);
}

}  // namespace rtpproxy
