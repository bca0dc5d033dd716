#pragma once

#include "rtpproxy/net/endpoint.hpp"

#include <boost/asio/ip/address.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rtpproxy {

/// One address of this host that media ports are opened on. Immutable and shared: sessions keep the ones they
/// use.
struct local_address {
    boost::asio::ip::address
        address;             ///< unspecified (`0.0.0.0`, `::`) listens on every address of the family
    std::string advertised;  ///< what replies say instead of `address`; empty says `address`
    std::string label;       ///< name for the `l{label}` modifier; empty when it has none

    [[nodiscard]] address_family family() const noexcept { return family_of(address); }
    [[nodiscard]] bool is_wildcard() const noexcept { return address.is_unspecified(); }
};

using local_address_ptr = std::shared_ptr<const local_address>;

/// The addresses given with `-l` and `-6`, and those the controller named since with the `l` and `r`
/// modifiers.
///
/// Pure data. Owned by the control strand; every member runs there.
class local_addresses {
  public:
    /// Which of two bridged networks an interface faces (the `i` and `e` modifiers).
    enum class interface : unsigned char { internal, external };

    /// Without bridging: `configured.front()` is the default address. At least one address is needed.
    explicit local_addresses(std::vector<local_address_ptr> configured);

    /// Bridging between two networks: `internal` is the default. Further labelled addresses follow in
    /// `others`.
    local_addresses(local_address_ptr internal, local_address_ptr external,
                    std::vector<local_address_ptr> others);

    [[nodiscard]] bool bridging() const noexcept { return external_ != nullptr; }
    [[nodiscard]] const local_address_ptr& default_address() const noexcept { return all_.front(); }
    /// The address facing `side`; outside bridging always the default one.
    [[nodiscard]] const local_address_ptr& facing(interface side) const noexcept;

    /// The address labelled `label`, or null.
    [[nodiscard]] local_address_ptr find_label(std::string_view label) const;
    /// The most recently registered address of `family`, or null.
    [[nodiscard]] local_address_ptr latest(address_family family) const;
    /// The entry for `address`, registered now when it is new. At most `remembered_limit` addresses named by
    /// the controller are kept; one past that is usable but not registered.
    [[nodiscard]] local_address_ptr remember(const boost::asio::ip::address& address);

    /// Every registered address, the default one first.
    [[nodiscard]] const std::vector<local_address_ptr>& all() const noexcept { return all_; }

    static constexpr std::size_t remembered_limit = 256;

  private:
    std::vector<local_address_ptr> all_;
    local_address_ptr external_;
    std::size_t configured_count_;
};

}  // namespace rtpproxy
