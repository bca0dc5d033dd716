// Stands in for libsndfile where it is not part of the build.

#ifndef RTPPROXY_HAS_SNDFILE

#include "rtpproxy/codec/sound_reader.hpp"
#include "rtpproxy/codec/sound_writer.hpp"

namespace rtpproxy {

namespace {

constexpr auto reason = ": this build is without libsndfile";

}  // namespace

class sound_reader::state {};

sound_reader::sound_reader(std::unique_ptr<state>) noexcept {}
sound_reader::sound_reader(sound_reader&&) noexcept = default;
sound_reader& sound_reader::operator=(sound_reader&&) noexcept = default;
sound_reader::~sound_reader() = default;

sound_reader::result<sound_reader> sound_reader::open(const std::filesystem::path& path, unsigned,
                                                      sound_encoding) {
    return path.string() + reason;
}

sound_reader::result<sound_reader> sound_reader::open(unique_fd, std::string name, unsigned, sound_encoding) {
    return name + reason;
}

sound_reader::result<std::size_t> sound_reader::read(std::span<std::int16_t>) {
    return std::size_t{0};
}

bool can_read_sound_files() noexcept {
    return false;
}

bool has_sound_header(const std::filesystem::path&) {
    return false;
}

class sound_writer::state {};

sound_writer::sound_writer(std::unique_ptr<state>) noexcept {}
sound_writer::sound_writer(sound_writer&&) noexcept = default;
sound_writer& sound_writer::operator=(sound_writer&&) noexcept = default;
sound_writer::~sound_writer() = default;

sound_writer::result<sound_writer> sound_writer::open(int, std::string name, const sound_format&) {
    return name + reason;
}

sound_writer::result<void> sound_writer::write(std::span<const std::int16_t>) {
    return {};
}

sound_writer::result<void> sound_writer::finish() {
    return {};
}

bool can_write(const sound_format&) {
    return false;
}

std::vector<std::string_view> sound_container_names() {
    return {};
}

std::vector<std::string_view> sound_data_names() {
    return {};
}

}  // namespace rtpproxy

#endif
