#include "packet_log.hpp"

#include <utility>

namespace rtpproxy {

packet_log::packet_log(std::filesystem::path path, std::vector<std::byte> beginning, disk_health& disk,
                       std::uint64_t& lost)
    : beginning_(std::move(beginning)), file_(std::move(path), disk), disk_(disk), lost_(lost) {}

void packet_log::open(time_point now) {
    static_cast<void>(begin(now));
}

/// Makes sure of the file and its beginning.
bool packet_log::begin(time_point now) {
    if (!file_.ready(now)) return false;
    if (begun_generation_ == file_.generation()) return true;
    size_ = 0;
    if (!file_.write(beginning_, 0, now)) return false;
    size_ = beginning_.size();
    begun_generation_ = file_.generation();
    return true;
}

void packet_log::append(std::span<const std::byte> packet, time_point now) {
    if (gathered_.size() + packet.size() > gathered_octets) flush(now);
    gathered_.insert(gathered_.end(), packet.begin(), packet.end());
    ++gathered_packets_;
}

void packet_log::flush(time_point now) {
    file_.let_go_if_removed();
    if (!begin(now) || !write_gathered(now)) {
        lost_ += gathered_packets_;
        disk_.lost(gathered_packets_);
    }
    gathered_.clear();
    gathered_packets_ = 0;
}

bool packet_log::write_gathered(time_point now) {
    if (gathered_.empty()) return true;
    if (!disk_.may_try(now)) return false;
    if (!file_.write(gathered_, size_, now)) {
        static_cast<void>(file_.resize(size_, now));  // no half a packet
        return false;
    }
    size_ += gathered_.size();
    return true;
}

void packet_log::close(time_point now) {
    flush(now);
    file_.close();
}

}  // namespace rtpproxy
