#pragma once

#include "rtpproxy/control/command_executor.hpp"
#include "rtpproxy/control/notice.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/system/result.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <variant>
#include <vector>

namespace rtpproxy {

/// Where notices for one target go: a stream socket to connect to.
struct notify_destination {
    struct unix_socket {
        std::string path;
        auto operator<=>(const unix_socket&) const = default;
    };
    struct tcp_socket {
        boost::asio::ip::tcp::endpoint remote;
        /// Where to connect from: OpenSIPS only accepts connections from the address it sends commands to.
        std::optional<boost::asio::ip::address> local;
        friend bool operator<(const tcp_socket& a, const tcp_socket& b) {
            return std::tie(a.remote, a.local) < std::tie(b.remote, b.local);
        }
    };
    std::variant<unix_socket, tcp_socket> socket;

    friend bool operator<(const notify_destination& a, const notify_destination& b) {
        return a.socket < b.socket;
    }
};

/// `unix:/path` or `tcp:10.0.0.1:7001`, for the log.
[[nodiscard]] std::string to_string(const notify_destination& destination);

/// The permitted notify targets (`-n`) and the destinations commands have resolved them to so far.
///
/// A value: filled while the configuration is read, then handed to the notifier, whose strand it is used on.
/// Pure but for the name resolution passed to permit().
class notify_targets {
  public:
    static constexpr std::size_t max_permitted = 64;
    static constexpr std::size_t max_wildcards = 2;
    /// Destinations in use beyond this number are not made; see resolve().
    static constexpr std::size_t max_destinations = 1024;
    static constexpr std::string_view wildcard_host = "%%CC_SELF%%";

    /// Gives the address of a host name, or says why there is none in words fit for the operator.
    using name_resolver =
        std::function<boost::system::result<boost::asio::ip::address, std::string>(std::string_view host)>;

    /// Permits `unix:PATH`, `/PATH`, `tcp:HOST:PORT` or `tcp:%%CC_SELF%%:PORT` (the host a command came
    /// from). `resolve_name` is asked for hosts that are not numeric addresses. The failure says what was
    /// expected, fit for a message that has named `text` already; the target is not permitted then.
    [[nodiscard]] boost::system::result<void, std::string> permit(std::string_view text,
                                                                  const name_resolver& resolve_name);

    /// Whether any target is permitted.
    [[nodiscard]] bool configured() const noexcept { return !permitted_.empty(); }

    /// What is permitted, in the order it was, always with `unix:` or `tcp:` in front.
    [[nodiscard]] std::vector<std::string> permitted_names() const;

    /// The target a command names; empty when it is not permitted. `unix:` and `tcp:` may be left out.
    ///
    /// TCP targets are told apart by the address the command arrived on, which the notices then leave from.
    /// The wildcard stands for the controller's address; 127.0.0.1 when that is ::1 or the command came over
    /// no network. Once `max_destinations` are in use, new ones are refused for wildcards and leave from any
    /// address otherwise.
    [[nodiscard]] std::optional<notify_target> resolve(std::string_view name, const command_origin& origin);

    /// The destination of a target this object gave out; null for any other id.
    [[nodiscard]] const notify_destination* find(notify_target target) const noexcept;

  private:
    struct permitted_target {
        bool wildcard = false;
        std::string name;                // without `unix:` or `tcp:`
        notify_destination destination;  // of a wildcard: only its port counts
        std::uint32_t id = 0;            // of the plain destination; not used by wildcards
    };

    using parsed_target = boost::system::result<permitted_target, std::string>;

    static parsed_target parse(std::string_view text, const name_resolver& resolve_name);
    static parsed_target parse_unix(std::string_view path);
    static parsed_target parse_tcp(std::string_view name, const name_resolver& resolve_name);
    [[nodiscard]] std::size_t wildcards() const;
    std::optional<std::uint32_t> id_of(const notify_destination& destination);

    std::vector<permitted_target> permitted_;
    std::vector<notify_destination> destinations_;  // by id
    std::map<notify_destination, std::uint32_t> ids_;
};

}  // namespace rtpproxy
