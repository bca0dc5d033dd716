#include "rtpproxy/capture/wav_header.hpp"

#include "octets.hpp"

#include <algorithm>
#include <string_view>

namespace rtpproxy {
namespace {

constexpr std::uint16_t octets_a_sample = 2;

class header_writer {
  public:
    explicit header_writer(std::span<std::byte> to) noexcept : rest_(to) {}
    header_writer& text(std::string_view name) noexcept {
        std::ranges::copy(std::as_bytes(std::span{name}), rest_.begin());
        rest_ = rest_.subspan(name.size());
        return *this;
    }
    template <typename Number>
    header_writer& number(Number value) noexcept {
        boost::endian::endian_store<Number, sizeof value, byte_order::little>(
            reinterpret_cast<unsigned char*>(rest_.data()), value);
        rest_ = rest_.subspan(sizeof value);
        return *this;
    }

  private:
    std::span<std::byte> rest_;
};

}  // namespace

std::array<std::byte, wav_header_octets> make_wav_header(const wav_description& described) noexcept {
    constexpr std::uint32_t behind_riff = wav_header_octets - 8;
    constexpr std::uint32_t fmt_octets = 16;
    constexpr std::uint16_t linear = 1;
    const auto block = static_cast<std::uint16_t>(described.channels * octets_a_sample);
    std::array<std::byte, wav_header_octets> header;
    header_writer to{header};
    to.text("RIFF").number(behind_riff + described.data_octets).text("WAVE");
    to.text("fmt ").number(fmt_octets).number(linear).number(described.channels);
    to.number(described.samples_per_second).number(described.samples_per_second * block).number(block);
    to.number(std::uint16_t{octets_a_sample * 8});
    to.text("data").number(described.data_octets);
    return header;
}

}  // namespace rtpproxy
