#pragma once

#include "rtpproxy/media/port_pool.hpp"

#include <boost/asio/ip/address.hpp>

#include <cstdint>
#include <utility>

namespace rtpproxy {

/// A port pair that was taken from a pool, which gets it back when the claim ends. The pool outlives it.
class port_claim {
  public:
    port_claim(port_pool& pool, const boost::asio::ip::address& address, std::uint16_t rtp_port) noexcept
        : pool_(&pool), address_(address), rtp_port_(rtp_port) {}
    port_claim(port_claim&& other) noexcept
        : pool_(std::exchange(other.pool_, nullptr)), address_(other.address_), rtp_port_(other.rtp_port_) {}
    port_claim& operator=(port_claim&&) = delete;
    ~port_claim() {
        if (pool_ != nullptr) pool_->release(address_, rtp_port_, steady_clock::now());
    }

    /// The pair was never used.
    void put_back() noexcept { std::exchange(pool_, nullptr)->put_back(address_, rtp_port_); }
    /// Another program has it.
    void set_aside(time_point now) noexcept {
        std::exchange(pool_, nullptr)->set_aside(address_, rtp_port_, now);
    }

    [[nodiscard]] std::uint16_t rtp_port() const noexcept { return rtp_port_; }

  private:
    port_pool* pool_;  // null: given back, or another claim's
    boost::asio::ip::address address_;
    std::uint16_t rtp_port_;
};

}  // namespace rtpproxy
