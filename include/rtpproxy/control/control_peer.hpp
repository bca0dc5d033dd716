#pragma once

#include <boost/asio/ip/address.hpp>
#include <boost/container_hash/hash.hpp>

#include <sys/types.h>

#include <cstddef>
#include <cstdint>

namespace rtpproxy {

/// Who sends commands, for sharing the program's time fairly: a host, and a part of it.
///
/// | transport | host | part |
/// |---|---|---|
/// | IPv4 | address | port |
/// | IPv6 | first 64 bits of the address, as one host may use all the others (RFC 8981) | the rest and the
/// port | | Unix | user | process | | standard input | – | – |
struct control_peer {
    enum class family : std::uint8_t { none, ipv4, ipv6, local };

    /// What shares are made by.
    struct host_id {
        family kind = family::none;
        std::uint64_t number = 0;

        bool operator==(const host_id&) const = default;
        friend std::size_t hash_value(const host_id& id) noexcept {
            std::size_t seed = static_cast<std::size_t>(id.kind);
            boost::hash_combine(seed, id.number);
            return seed;
        }
    };
    /// What the share of a host is divided by.
    struct part_id {
        std::uint64_t address = 0;
        std::uint32_t number = 0;

        bool operator==(const part_id&) const = default;
        friend std::size_t hash_value(const part_id& id) noexcept {
            std::size_t seed = 0;
            boost::hash_combine(seed, id.address);
            boost::hash_combine(seed, id.number);
            return seed;
        }
    };

    host_id host;
    part_id part;

    /// Over UDP or TCP.
    [[nodiscard]] static control_peer at(const boost::asio::ip::address& address,
                                         std::uint16_t port) noexcept;
    /// Over a Unix socket.
    [[nodiscard]] static control_peer process(uid_t user, pid_t pid) noexcept;
};

}  // namespace rtpproxy
