#pragma once

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/network_v6.hpp>
#include <boost/system/result.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace rtpproxy {

/// Networks that an operator listed, to allow them something or to deny it. Plain data.
class network_list {
  public:
    /// Reads `192.0.2.0/24,2001:db8::/32,198.51.100.7`: networks in CIDR notation (RFC 4632) or single
    /// addresses. Bits beyond the prefix are ignored. The failure is a phrase fit for the operator.
    [[nodiscard]] static boost::system::result<network_list, std::string> parse(std::string_view text);

    /// Adds those of `more`.
    void add(const network_list& more);

    /// Whether no network is listed.
    [[nodiscard]] bool empty() const noexcept { return v4_.empty() && v6_.empty(); }

    /// Whether `host` is in one of the networks. An IPv4-mapped IPv6 address (RFC 4291 §2.5.5.2) counts as
    /// the IPv4 address in it.
    [[nodiscard]] bool contains(const boost::asio::ip::address& host) const noexcept;

    /// As parse() reads them.
    [[nodiscard]] std::string to_string() const;

  private:
    bool add(std::string_view text);

    std::vector<boost::asio::ip::network_v4> v4_;  // canonical, as the others
    std::vector<boost::asio::ip::network_v6> v6_;
};

}  // namespace rtpproxy
