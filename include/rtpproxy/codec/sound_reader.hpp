#pragma once

#include "rtpproxy/net/unique_fd.hpp"

#include <boost/system/result.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace rtpproxy {

/// How the bytes of a sound file are understood.
enum class sound_encoding : std::uint8_t {
    by_header,  ///< WAV, FLAC, Ogg, AIFF, AU and whatever else libsndfile knows, by the file's header
    raw,        ///< no header: signed 16 bit little-endian samples, mono, 8 kHz
};

/// Reads a sound file piece by piece as 16 bit mono samples at a wanted rate: channels are averaged, other
/// rates converted (libsamplerate). Values beyond full scale are clipped.
///
/// The memory it takes does not depend on the file's length. Errors are messages for people that begin with
/// the file's name. No threads: to be used by one at a time. Blocks on the disk.
class sound_reader {
  public:
    template <class T>
    using result = boost::system::result<T, std::string>;

    /// Opens `path` for samples at `rate` Hz. Only regular files. With sound_encoding::by_header, a file
    /// without a header that is known is an error.
    [[nodiscard]] static result<sound_reader> open(const std::filesystem::path& path, unsigned rate,
                                                   sound_encoding encoding = sound_encoding::by_header);

    /// The same for a file that is open already and read from its current position; `name` is for messages.
    [[nodiscard]] static result<sound_reader> open(unique_fd file, std::string name, unsigned rate,
                                                   sound_encoding encoding = sound_encoding::by_header);

    sound_reader(sound_reader&&) noexcept;
    sound_reader& operator=(sound_reader&&) noexcept;
    ~sound_reader();

    /// Fills `samples`.
    /// @returns how many there were; fewer than asked for only at the end of the file.
    [[nodiscard]] result<std::size_t> read(std::span<std::int16_t> samples);

  private:
    class state;
    explicit sound_reader(std::unique_ptr<state> opened) noexcept;
    std::unique_ptr<state> state_;
};

/// All samples of a file that sound_reader reads. One that lasts longer than `longest` is an error.
[[nodiscard]] boost::system::result<std::vector<std::int16_t>, std::string> read_sound(
    const std::filesystem::path& path, unsigned rate, std::chrono::seconds longest);

/// The same for a reader that was opened for `rate` Hz; `name` is for messages.
[[nodiscard]] boost::system::result<std::vector<std::int16_t>, std::string> read_sound(
    sound_reader& reader, const std::string& name, unsigned rate, std::chrono::seconds longest);

/// Whether this build reads sound files (libsndfile). Without, opening one is an error that says so.
[[nodiscard]] bool can_read_sound_files() noexcept;

/// Whether this build converts sample rates (libsamplerate). Without, files of other rates than the wanted
/// are an error that says so.
[[nodiscard]] bool can_resample() noexcept;

/// Whether the file begins with a header that libsndfile knows; false also when it cannot be read. MPEG
/// audio, which raw samples are easily mistaken for, counts only with an ID3 tag or the suffix .mp3.
[[nodiscard]] bool has_sound_header(const std::filesystem::path& path);

}  // namespace rtpproxy
