#include "exposure.hpp"

#include "rtpproxy/log/log.hpp"
#include "rtpproxy/net/address_scope.hpp"

namespace rtpproxy {

void warn_if_exposed(std::string_view socket, const network_list& allowed,
                     const boost::asio::ip::address& local) {
    const bool loopback = without_mapping(local).is_loopback();
    if (allowed.empty() && !loopback)
        log::always(
            log::level::warn, log::global,
            "{}: takes commands from everybody who can reach it; list the networks of the SIP servers "
            "with --control-allow",
            socket);
    if (!allowed.empty() && loopback && !allowed.contains(local))
        log::always(
            log::level::warn, log::global,
            "{}: listens on loopback and refuses commands from {}, which --control-allow does not list",
            socket, local.to_string());
}

}  // namespace rtpproxy
