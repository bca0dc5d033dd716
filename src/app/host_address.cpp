#include "rtpproxy/app/host_address.hpp"

#include "rtpproxy/app/startup_error.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/udp.hpp>
#include <fmt/core.h>

namespace rtpproxy {
namespace {

std::string reason(const boost::system::error_code& failure) {
    namespace error = boost::system::errc;
    if (failure == error::address_not_available) return "this address is not on this host";
    if (failure == error::address_family_not_supported) return "this host does not speak that IP version";
    if (failure == error::invalid_argument)
        return "a link-local address needs its interface, as in fe80::1%eth0";
    return "cannot bind: " + failure.message();
}

}  // namespace

void require_host_address(std::string_view option, const boost::asio::ip::address& address) {
    using boost::asio::ip::udp;
    boost::asio::io_context context;
    udp::socket socket(context);
    const udp::endpoint any_port(address, 0);
    boost::system::error_code failure;
    socket.open(any_port.protocol(), failure);
    if (!failure) socket.bind(any_port, failure);
    if (failure) throw startup_error(fmt::format("{} {}: {}", option, address.to_string(), reason(failure)));
}

}  // namespace rtpproxy
