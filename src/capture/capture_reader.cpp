#include "rtpproxy/capture/capture_reader.hpp"

#include "adhoc_reader.hpp"
#include "octet_stream.hpp"
#include "pcap_reader.hpp"

#include <algorithm>
#include <istream>
#include <utility>

namespace rtpproxy {
namespace {

capture_reader::source octets_of(std::istream& file) {
    return [&file](std::span<std::byte> to) {
        file.read(reinterpret_cast<char*>(to.data()), static_cast<std::streamsize>(to.size()));
        return static_cast<std::size_t>(file.gcount());
    };
}

capture_reader::source octets_of(std::span<const std::byte> file) {
    return [rest = file](std::span<std::byte> to) mutable {
        const auto taken = rest.first(std::min(rest.size(), to.size()));
        std::ranges::copy(taken, to.begin());
        rest = rest.subspan(taken.size());
        return taken.size();
    };
}

}  // namespace

class capture_reader::state {
  public:
    explicit state(source octets) : file_(std::move(octets)) {}

    next_packet next() {
        if (failure_) return *failure_;
        if (!std::exchange(format_known_, true)) find_format();
        auto result =
            format == capture_format::pcap ? pcap_.read_packet(file_, skipped) : read_adhoc_packet(file_);
        if (result.has_error()) failure_ = result.error();
        return result;
    }

    capture_format format = capture_format::adhoc;
    skipped_packets skipped;

  private:
    void find_format() {
        constexpr std::size_t magic_octets = 4;
        if (pcap_reader::recognises(file_.peek(magic_octets))) format = capture_format::pcap;
    }

    octet_stream file_;
    bool format_known_ = false;
    pcap_reader pcap_;
    std::optional<capture_error> failure_;
};

capture_reader::capture_reader(source octets) : state_(std::make_unique<state>(std::move(octets))) {}
capture_reader::capture_reader(std::istream& file) : capture_reader(octets_of(file)) {}
capture_reader::capture_reader(std::span<const std::byte> file) : capture_reader(octets_of(file)) {}
capture_reader::capture_reader(capture_reader&&) noexcept = default;
capture_reader& capture_reader::operator=(capture_reader&&) noexcept = default;
capture_reader::~capture_reader() = default;

capture_reader::next_packet capture_reader::next() {
    return state_->next();
}

capture_format capture_reader::format() const noexcept {
    return state_->format;
}

const skipped_packets& capture_reader::skipped() const noexcept {
    return state_->skipped;
}

}  // namespace rtpproxy
