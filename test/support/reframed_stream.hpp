#pragma once

#include "rtpproxy/rtp/repacketiser.hpp"
#include "rtpproxy/rtp/rtp_header.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <ostream>
#include <span>
#include <stdexcept>
#include <vector>

namespace rtpproxy::test {

using octets = std::vector<std::byte>;

/// An RTP packet in parts, for tests that care about every part.
struct rtp_parts {
    std::uint16_t number = 0;
    std::uint32_t timestamp = 0;
    std::uint8_t payload_type = 0;
    octets payload{};
    bool marker = false;
    std::uint32_t ssrc = 0x1234;
    std::vector<std::uint32_t> sources{};  ///< CSRC list
    octets extension{};                    ///< with its own header; a multiple of 4
    std::uint8_t padding = 0;

    friend bool operator==(const rtp_parts&, const rtp_parts&) = default;
};

inline std::ostream& operator<<(std::ostream& out, const rtp_parts& p) {
    return out << "#" << p.number << " at " << p.timestamp << (p.marker ? " marked" : "") << " type "
               << int{p.payload_type} << " ssrc " << p.ssrc << ", " << p.payload.size() << " octets, "
               << p.sources.size() << " sources, extension of " << p.extension.size() << ", padding "
               << int{p.padding};
}

inline octets to_datagram(const rtp_parts& p) {
    octets packet;
    const auto put = [&](std::uint32_t value, int count) {
        for (int shift = 8 * (count - 1); shift >= 0; shift -= 8)
            packet.push_back(std::byte(value >> shift));
    };
    put(0x80U | (p.padding != 0 ? 0x20U : 0U) | (p.extension.empty() ? 0U : 0x10U) |
            static_cast<std::uint32_t>(p.sources.size()),
        1);
    put((p.marker ? 0x80U : 0U) | p.payload_type, 1);
    put(p.number, 2);
    put(p.timestamp, 4);
    put(p.ssrc, 4);
    for (const auto source : p.sources)
        put(source, 4);
    packet.insert(packet.end(), p.extension.begin(), p.extension.end());
    packet.insert(packet.end(), p.payload.begin(), p.payload.end());
    packet.resize(packet.size() + p.padding);
    if (p.padding != 0) packet.back() = std::byte{p.padding};
    return packet;
}

inline rtp_parts to_parts(std::span<const std::byte> datagram) {
    const auto header = read_rtp_header(datagram);
    if (!header) throw std::runtime_error("no RTP");
    rtp_parts p;
    p.number = header->sequence_number;
    p.timestamp = header->timestamp;
    p.payload_type = header->payload_type;
    p.marker = header->marker;
    p.ssrc = header->ssrc;
    const auto sources = std::to_integer<std::size_t>(datagram[0]) & 0xfU;
    for (std::size_t i = 0; i < sources; ++i) {
        std::uint32_t source = 0;
        for (std::size_t k = 0; k < 4; ++k)
            source = source << 8 | std::to_integer<std::uint32_t>(datagram[12 + 4 * i + k]);
        p.sources.push_back(source);
    }
    const auto extension = datagram.subspan(12 + 4 * sources, header->header_octets - 12 - 4 * sources);
    p.extension.assign(extension.begin(), extension.end());
    const auto payload = datagram.subspan(header->header_octets, header->payload_octets);
    p.payload.assign(payload.begin(), payload.end());
    p.padding = static_cast<std::uint8_t>(datagram.size() - header->header_octets - header->payload_octets);
    return p;
}

inline constexpr std::uint8_t events = 101;

/// A stream of one codec: every packet has octets of its own.
class source {
  public:
    source(std::uint8_t payload_type, std::size_t octets_a_packet, std::uint32_t ticks_a_packet)
        : payload_type_(payload_type), octets_(octets_a_packet), ticks_(ticks_a_packet) {}

    rtp_parts next() {
        rtp_parts made{.number = number, .timestamp = timestamp, .payload_type = payload_type_};
        for (std::size_t i = 0; i < octets_; ++i)
            made.payload.push_back(std::byte(static_cast<unsigned char>((i + 1) * number + i / 7)));
        ++number;
        timestamp += ticks_;
        return made;
    }

    std::uint16_t number = 100;
    std::uint32_t timestamp = 4000;

  private:
    std::uint8_t payload_type_;
    std::size_t octets_;
    std::uint32_t ticks_;
};

inline source pcmu(int ms) {
    return {0, static_cast<std::size_t>(ms) * 8, static_cast<std::uint32_t>(ms) * 8};
}

inline rtp_parts event_packet(std::uint16_t number, std::uint32_t timestamp, bool end = false) {
    return {.number = number,
            .timestamp = timestamp,
            .payload_type = events,
            .payload = {std::byte{5}, end ? std::byte{0x8a} : std::byte{10}, std::byte{1}, std::byte{64}}};
}

inline octets payloads(const std::vector<rtp_parts>& packets) {
    octets all;
    for (const auto& each : packets)
        all.insert(all.end(), each.payload.begin(), each.payload.end());
    return all;
}

inline bool numbers_follow_each_other(const std::vector<rtp_parts>& packets) {
    return std::ranges::adjacent_find(packets, [](const auto& a, const auto& b) {
               return static_cast<std::uint16_t>(a.number + 1) != b.number;
           }) == packets.end();
}

/// A repacketiser in virtual time, which begins at 0 ms.
class reframed_stream {
  public:
    explicit reframed_stream(int milliseconds) : repacketiser_(std::chrono::milliseconds{milliseconds}) {}

    /// Lets time pass, as far as `ms`, with all that becomes due on the way.
    void advance_to(int ms) {
        const auto end = start_ + std::chrono::milliseconds{ms};
        for (auto due = repacketiser_.next_due(); due && *due <= end; due = repacketiser_.next_due()) {
            now_ = std::max(now_, *due);
            const auto before = sent.size();
            drain();
            if (sent.size() == before) throw std::runtime_error("due, but nothing came");
        }
        now_ = std::max(now_, end);
    }
    /// A packet comes at `ms`. False when it was discarded.
    bool take(int ms, const rtp_parts& packet) {
        advance_to(ms);
        const auto datagram = to_datagram(packet);
        const bool taken = repacketiser_.push(datagram, *read_rtp_header(datagram), now_);
        drain();
        return taken;
    }
    /// Lets everything become due.
    void finish() { advance_to(static_cast<int>((now_ - start_) / std::chrono::milliseconds{1}) + 10'000); }
    void drain() {
        while (const auto datagram = repacketiser_.next(now_)) {
            sent.push_back(to_parts(*datagram));
            sent_at.push_back(static_cast<int>((now_ - start_) / std::chrono::milliseconds{1}));
        }
    }
    [[nodiscard]] rtpproxy::repacketiser& operator*() noexcept { return repacketiser_; }
    [[nodiscard]] rtpproxy::repacketiser* operator->() noexcept { return &repacketiser_; }

    std::vector<rtp_parts> sent;
    std::vector<int> sent_at;  ///< in ms

  private:
    rtpproxy::repacketiser repacketiser_;
    const time_point start_{std::chrono::hours{1}};
    time_point now_ = start_;
};

}  // namespace rtpproxy::test
