#pragma once

#include <boost/system/result.hpp>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rtpproxy {

/// The kind of sound file to write.
struct sound_format {
    std::string container = "wav";  ///< one of sound_container_names()
    std::string data = {};          ///< one of sound_data_names(); empty: what suits the container
    unsigned channels = 1;
    unsigned rate = 8000;  ///< Hz
};

/// Writes 16 bit samples into a sound file of any kind libsndfile knows.
///
/// Errors are messages for people that begin with the file's name. No threads: to be used by one at a time.
/// Blocks on the disk.
class sound_writer {
  public:
    template <class T>
    using result = boost::system::result<T, std::string>;

    /// Writes to `descriptor`, an empty file open for reading and writing that stays the caller's and has to
    /// outlive the writer; `name` is for messages. A name libsndfile does not know, or kinds that do not go
    /// together, are errors.
    [[nodiscard]] static result<sound_writer> open(int descriptor, std::string name,
                                                   const sound_format& format);

    sound_writer(sound_writer&&) noexcept;
    sound_writer& operator=(sound_writer&&) noexcept;
    ~sound_writer();

    /// Appends samples; with two channels left and right take turns.
    [[nodiscard]] result<void> write(std::span<const std::int16_t> samples);

    /// Completes the file. Nothing can be written afterwards. A file that is not finished has no valid
    /// length.
    [[nodiscard]] result<void> finish();

  private:
    class state;
    explicit sound_writer(std::unique_ptr<state> opened) noexcept;
    std::unique_ptr<state> state_;
};

/// Whether this build can write such files.
[[nodiscard]] bool can_write(const sound_format& format);

/// Names of the containers that can be written: wav, aiff, au, raw and so on.
[[nodiscard]] std::vector<std::string_view> sound_container_names();

/// Names of the ways samples can be stored: pcm_16, ulaw, gsm610 and so on. Not every container takes each.
[[nodiscard]] std::vector<std::string_view> sound_data_names();

}  // namespace rtpproxy
