#include "wav_recording_file.hpp"

#include "rtpproxy/capture/wav_header.hpp"
#include "rtpproxy/log/log.hpp"
#include "rtpproxy/rtp/carries_sound.hpp"

#include "path_in.hpp"
#include "recording_details.hpp"

#include <boost/endian/conversion.hpp>

#include <algorithm>
#include <span>
#include <utility>

namespace rtpproxy {
namespace {

constexpr std::uint32_t narrow = 8000;
constexpr std::uint32_t wide = 16000;
constexpr std::size_t octets_a_frame = 4;
constexpr std::size_t longest_window = 4 * wide;
constexpr std::uint64_t usual_packet = 160;  // 20 ms of rtp_clock, RFC 3551 §4.2

std::size_t channel_of(side from) noexcept {
    return from == side::caller ? 0 : 1;
}

void append_samples(std::vector<std::byte>& to, std::span<const std::int16_t> samples) {
    to.resize(samples.size() * sizeof(std::int16_t));
    for (std::size_t i = 0; i < samples.size(); ++i) {
        const auto sample = boost::endian::native_to_little(samples[i]);
        std::copy_n(reinterpret_cast<const std::byte*>(&sample), sizeof sample, &to[i * sizeof sample]);
    }
}

}  // namespace

wav_recording_file::wav_recording_file(const recording& of, const std::filesystem::path& directory,
                                       recording_surroundings& around, time_point now)
    : of_(of),
      disk_(around.disk),
      file_(path_in(directory, of.names.rtp), around.disk),
      window_(longest_window) {
    static_cast<void>(write_header(now));
}

void wav_recording_file::write(const recorded_packet& packet, wall_time, time_point now) {
    // 1. Is it audio that can be decoded?
    if (packet.which == component::rtcp) return;
    const auto header = read_rtp_header(packet.datagram);
    if (!header) return;
    const auto codec = codec_of_payload_type(header->payload_type);
    if (!codec || !can_decode(*codec)) return leave_out(packet, *header);
    auto& of = voices_[index(packet.from)];
    if (!can_take(of, *header, *codec)) return;

    // 2. The samples, and where they belong.
    const auto payload = packet.datagram.subspan(header->header_octets, header->payload_octets);
    decode(of, payload);
    place(packet.from, of.position.of(*header, position_of(packet.when)) * (rate_ / rtp_clock), now);
}

std::uint64_t wav_recording_file::position_of(time_point arrival) const {
    const std::chrono::duration<double> since = std::max(arrival - of_.order.begun, duration{});
    return static_cast<std::uint64_t>(since.count() * rtp_clock);
}

void wav_recording_file::leave_out(const recorded_packet& packet, const rtp_header& header) {
    const auto type = header.payload_type;
    if (!carries_sound(type, header.payload_octets)) return;
    count_undecoded(packet.from, type);
    silent_until_ = std::max(silent_until_, position_of(packet.when) + usual_packet);
    if (std::exchange(told_of_silence_, true)) return;
    const auto name = name_of_payload_type(type);
    log::warn(
        of_.order.call_id,
        "recording: this build cannot decode payload type {}{}{}{}, which the {} sends: silence in {}; said "
        "once for each recording",
        type, name.empty() ? "" : " (", name, name.empty() ? "" : ")", to_string(packet.from), of_.names.rtp);
}

/// Makes the decoder when the codec is new. A packet that came twice is not taken again.
bool wav_recording_file::can_take(voice& of, const rtp_header& header, codec_id codec) {
    if (header.payload_octets == 0) return false;
    if (of.last_sequence_number == header.sequence_number && of.codec == codec) return false;
    of.last_sequence_number = header.sequence_number;
    if (rate_ == 0) choose_rate(codec);
    if (of.codec != codec) {
        const auto bandwidth = rate_ == wide ? decoder_bandwidth::full : decoder_bandwidth::narrowband;
        of.decoder = make_decoder(codec, bandwidth);
        of.codec = codec;
    }
    return of.decoder != nullptr;
}

void wav_recording_file::choose_rate(codec_id first) {
    rate_ = traits_of(first).sample_rate == wide ? wide : narrow;
}

void wav_recording_file::decode(voice& of, std::span<const std::byte> payload) {
    samples_.clear();
    static_cast<void>(of.decoder->decode(payload, samples_));
    if (of.decoder->output_rate() < rate_) double_rate(of);
}

/// From 8 to 16 kHz: the samples, and what is half way between them.
void wav_recording_file::double_rate(voice& of) {
    const auto count = samples_.size();
    samples_.resize(2 * count);
    for (auto i = count; i-- > 0;) {
        const int before = i == 0 ? of.last_sample : samples_[i - 1];
        const int sample = samples_[i];
        samples_[2 * i + 1] = static_cast<std::int16_t>(sample);
        samples_[2 * i] = static_cast<std::int16_t>((before + sample) / 2);
    }
    if (count != 0) of.last_sample = samples_.back();
}

void wav_recording_file::place(side from, std::uint64_t at, time_point now) {
    ++unwritten_packets_;
    const auto end = at + samples_.size();
    if (end > wav_data_limit / octets_a_frame || samples_.size() > longest_window) {
        ++lost_;
        return;
    }
    if (!window_.has_room_until(end)) {
        flush(now);
        if (!window_.has_room_until(end)) window_.move_to(end - samples_.size());
    }
    window_.put(channel_of(from), at, samples_);
}

void wav_recording_file::flush(time_point now) {
    file_.let_go_if_removed();
    if (!write_window(now)) {
        lost_ += unwritten_packets_;
        disk_.lost(unwritten_packets_);
    }
    unwritten_packets_ = 0;
    // A second stays open for packets that are late.
    window_.written();
    if (window_.end() > rate_) window_.move_to(window_.end() - rate_);
}

/// Samples first, so that the header never promises more than there is.
bool wav_recording_file::write_window(time_point now) {
    const auto generation = file_.generation();
    if (!file_.ready(now)) return false;
    const auto changed = window_.changed();
    if (changed.samples.empty()) return file_.generation() == generation || write_header(now);
    if (!disk_.may_try(now)) return false;
    append_samples(octets_, changed.samples);
    return file_.write(octets_, wav_header_octets + changed.at * octets_a_frame, now) && write_header(now);
}

bool wav_recording_file::write_header(time_point now) {
    if (!file_.ready(now)) return false;
    const auto header =
        make_wav_header({.samples_per_second = rate_ != 0 ? rate_ : narrow,
                         .data_octets = static_cast<std::uint32_t>(window_.end() * octets_a_frame)});
    return file_.write(header, 0, now);
}

/// As far as something came that could not be decoded, if nothing else is behind it.
void wav_recording_file::add_silence(time_point now) {
    const auto end = std::min<std::uint64_t>(silent_until_ * (std::max(rate_, narrow) / rtp_clock),
                                             wav_data_limit / octets_a_frame);
    if (end <= window_.end() || !file_.ready(now)) return;
    if (!file_.resize(wav_header_octets + end * octets_a_frame, now)) return;
    window_.move_to(end);
    static_cast<void>(write_header(now));
}

void wav_recording_file::close(time_point now) {
    flush(now);
    add_silence(now);
    file_.close();
}

}  // namespace rtpproxy
