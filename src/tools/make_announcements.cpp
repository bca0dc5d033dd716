#include "rtpproxy/codec/audio_codec.hpp"
#include "rtpproxy/codec/sound_reader.hpp"
#include "rtpproxy/tools/makeann.hpp"
#include "rtpproxy/tools/output_file.hpp"

#include "seekable_input.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <ostream>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace rtpproxy {

namespace {

using outcome = boost::system::result<void, std::string>;

constexpr std::array prompt_codecs = {codec_id::pcmu, codec_id::gsm, codec_id::pcma, codec_id::g729,
                                      codec_id::g722};
constexpr unsigned blocks_a_second = 50;  ///< 20 ms each: what one packet usually carries
constexpr unsigned raw_rate = 8000;

bool is_g711(codec_id codec) noexcept {
    return codec == codec_id::pcmu || codec == codec_id::pcma;
}

/// The input as samples at one rate, up to the limit, from the beginning again if so wished.
class prompt_source {
  public:
    prompt_source(std::filesystem::path path, std::string name, const makeann_options& options,
                  sound_encoding encoding, unsigned rate)
        : path_(std::move(path)),
          name_(std::move(name)),
          encoding_(encoding),
          rate_(rate),
          loops_(options.loops) {
        if (options.limit) left_ = *options.limit * (rate / raw_rate);
    }

    /// Fills `block`. @returns how many samples there were; fewer at the end, or a message.
    boost::system::result<std::size_t, std::string> read(std::span<std::int16_t> block) {
        block = block.first(std::min<std::uint64_t>(block.size(), left_));
        std::size_t filled = 0;
        while (filled < block.size()) {
            if (!reader_ && !open()) return error_;
            const auto got = reader_->read(block.subspan(filled));
            if (!got) return got.error();
            filled += *got;
            read_since_begin_ += *got;
            if (filled == block.size()) break;
            if (!loops_) break;
            if (read_since_begin_ == 0) return name_ + ": no samples to repeat";
            reader_.reset();
        }
        left_ -= filled;
        return filled;
    }

  private:
    bool open() {
        auto opened = sound_reader::open(path_, rate_, encoding_);
        if (opened) {
            reader_.emplace(std::move(*opened));
            read_since_begin_ = 0;
        } else {
            error_ = opened.error();
        }
        return opened.has_value();
    }

    std::filesystem::path path_;
    std::string name_;
    sound_encoding encoding_;
    unsigned rate_;
    bool loops_;
    std::uint64_t left_ = UINT64_MAX;
    std::optional<sound_reader> reader_;
    std::uint64_t read_since_begin_ = 0;
    std::string error_;
};

outcome write_all(const output_file& file, std::span<const std::byte> octets) {
    while (!octets.empty()) {
        const auto written = ::write(file.descriptor(), octets.data(), octets.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return file.path().string() + ": " + std::generic_category().message(errno);
        octets = octets.subspan(static_cast<std::size_t>(written));
    }
    return {};
}

outcome encode_prompt(prompt_source& source, audio_encoder& encoder, const output_file& file) {
    const auto& traits = encoder.traits();
    std::vector<std::int16_t> block(traits.sample_rate / blocks_a_second);
    std::vector<std::byte> encoded;
    for (;;) {
        const auto got = source.read(block);
        if (!got) return got.error();
        if (*got == 0) return {};
        std::fill(block.begin() + static_cast<std::ptrdiff_t>(*got), block.end(), std::int16_t{0});
        encoded.clear();
        encoder.encode(std::span{block}.first(is_g711(traits.id) ? *got : block.size()), encoded);
        if (auto written = write_all(file, encoded); !written) return written;
        if (*got < block.size()) return {};
    }
}

/// A name that promises a header, so that a damaged file is not taken for raw samples and becomes noise.
bool is_sound_file_name(const std::filesystem::path& path) {
    static constexpr std::array<std::string_view, 10> suffixes = {".wav",  ".flac", ".ogg", ".oga", ".opus",
                                                                  ".aiff", ".aif",  ".mp3", ".caf", ".w64"};
    auto suffix = path.extension().string();
    std::transform(suffix.begin(), suffix.end(), suffix.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return std::find(suffixes.begin(), suffixes.end(), suffix) != suffixes.end();
}

sound_encoding encoding_of(const seekable_input& input, const makeann_options& options) {
    if (options.raw) return sound_encoding::raw;
    if (is_sound_file_name(options.input) || has_sound_header(input.path())) return sound_encoding::by_header;
    return sound_encoding::raw;
}

std::unique_ptr<audio_encoder> make_prompt_encoder(codec_id codec, const makeann_options& options) {
    return options.suppresses_silence ? make_silence_suppressing_encoder(codec) : make_encoder(codec);
}

}  // namespace

outcome make_announcements(const makeann_options& options, std::ostream& notes) {
    const auto input = seekable_input::open(options.input);
    if (!input) return input.error();
    const auto encoding = encoding_of(*input, options);

    std::vector<output_file> files;
    for (const auto codec : prompt_codecs) {
        const auto name = options.output + "." + std::to_string(*traits_of(codec).payload_type);
        const auto encoder = make_prompt_encoder(codec, options);
        if (!encoder) {
            notes << name << " is left out: this build has no encoder for " << traits_of(codec).name << '\n';
            continue;
        }
        prompt_source source{input->path(), options.input.string(), options, encoding,
                             encoder->traits().sample_rate};
        auto file = output_file::create(name);
        if (!file) return file.error();
        if (auto done = encode_prompt(source, *encoder, *file); !done) return done;
        files.push_back(std::move(*file));
    }
    if (files.empty()) return std::string{"this build has no encoder at all"};
    return commit_all(files);
}

}  // namespace rtpproxy
