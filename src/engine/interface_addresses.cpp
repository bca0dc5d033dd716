#include "rtpproxy/engine/interface_addresses.hpp"

#include <linux/if_addr.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <tuple>
#include <utility>

namespace rtpproxy {
namespace {

namespace ip = boost::asio::ip;
using octets_view = std::span<const std::byte>;

constexpr std::size_t aligned(std::size_t octets) noexcept {
    return (octets + 3) & ~std::size_t{3};
}

/// A `Header` at the beginning of `octets`; empty when there is not all of it.
template <typename Header>
std::optional<Header> header_of(octets_view octets) noexcept {
    if (octets.size() < sizeof(Header)) return std::nullopt;
    Header header;
    std::memcpy(&header, octets.data(), sizeof header);
    return header;
}

template <typename Address>
std::optional<ip::address> address_of(octets_view octets) {
    typename Address::bytes_type bytes;
    if (octets.size() != bytes.size()) return std::nullopt;
    std::memcpy(bytes.data(), octets.data(), bytes.size());
    return Address(bytes);
}

std::optional<ip::address> read_address(unsigned char family, octets_view octets) {
    if (family == AF_INET) return address_of<ip::address_v4>(octets);
    if (family == AF_INET6) return address_of<ip::address_v6>(octets);
    return std::nullopt;
}

/// IFA_LOCAL is the interface's own address and IFA_ADDRESS its peer's; one of them alone is both.
std::optional<interface_address> read_interface_address(octets_view body) {
    const auto header = header_of<ifaddrmsg>(body);
    if (!header) return std::nullopt;
    std::optional<ip::address> local;
    std::optional<ip::address> peer;
    for (auto rest = body.subspan(std::min(body.size(), aligned(sizeof(ifaddrmsg))));;) {
        const auto attribute = header_of<rtattr>(rest);
        if (!attribute || attribute->rta_len < sizeof(rtattr) || attribute->rta_len > rest.size()) break;
        const auto value = rest.subspan(sizeof(rtattr), attribute->rta_len - sizeof(rtattr));
        if (attribute->rta_type == IFA_LOCAL) local = read_address(header->ifa_family, value);
        if (attribute->rta_type == IFA_ADDRESS) peer = read_address(header->ifa_family, value);
        rest = rest.subspan(std::min(rest.size(), aligned(attribute->rta_len)));
    }
    if (!local && !peer) return std::nullopt;
    return interface_address{header->ifa_index, header->ifa_prefixlen, local ? *local : *peer,
                             peer ? *peer : *local};
}

void read_change(address_message& message, address_message::kind kind, octets_view body) {
    const auto about = read_interface_address(body);
    if (!about) return;
    message.what = kind;
    message.about = *about;
}

/// An error, or with the number 0 an acknowledgement.
void read_error(address_message& message, octets_view body) {
    const auto error = header_of<nlmsgerr>(body);
    if (!error || error->error == 0) return;
    message.what = address_message::kind::failure;
    message.error = -error->error;
}

address_message read_message(const nlmsghdr& header, octets_view body) {
    using kind = address_message::kind;
    address_message message;
    message.sequence = header.nlmsg_seq;
    message.interrupted = (header.nlmsg_flags & NLM_F_DUMP_INTR) != 0;
    if (header.nlmsg_type == RTM_NEWADDR)
        read_change(message, kind::added, body);
    else if (header.nlmsg_type == RTM_DELADDR)
        read_change(message, kind::removed, body);
    else if (header.nlmsg_type == NLMSG_ERROR)
        read_error(message, body);
    else if (header.nlmsg_type == NLMSG_DONE)
        message.what = kind::end_of_list;
    return message;
}

}  // namespace

bool operator<(const interface_address& a, const interface_address& b) noexcept {
    return std::tie(a.interface, a.prefix_length, a.local, a.peer) <
           std::tie(b.interface, b.prefix_length, b.local, b.peer);
}

std::vector<address_message> read_address_messages(std::span<const std::byte> datagram) {
    std::vector<address_message> messages;
    while (const auto header = header_of<nlmsghdr>(datagram)) {
        if (header->nlmsg_len < sizeof(nlmsghdr) || header->nlmsg_len > datagram.size()) break;
        const auto body = datagram.subspan(sizeof(nlmsghdr), header->nlmsg_len - sizeof(nlmsghdr));
        messages.push_back(read_message(*header, body));
        datagram = datagram.subspan(std::min(datagram.size(), aligned(header->nlmsg_len)));
    }
    return messages;
}

void interface_addresses::await_list(std::uint32_t sequence) {
    sequence_ = sequence;
    coming_.emplace();
    missed_something_ = false;
}

interface_addresses::outcome interface_addresses::take(const address_message& message) {
    const bool answers = coming_ && message.sequence == sequence_;
    if (answers && message.interrupted) missed_something_ = true;
    auto& changing = coming_ ? *coming_ : known_;
    const auto result = coming_ ? outcome::unchanged : outcome::changed;
    switch (message.what) {
        case address_message::kind::added:
            return changing.insert(message.about).second ? result : outcome::unchanged;
        case address_message::kind::removed:
            return changing.erase(message.about) != 0 ? result : outcome::unchanged;
        case address_message::kind::end_of_list:
            return answers ? end_list() : outcome::unchanged;
        case address_message::kind::failure:
            if (!answers) break;
            coming_.reset();
            return outcome::failed;
        case address_message::kind::other:
            break;
    }
    return outcome::unchanged;
}

interface_addresses::outcome interface_addresses::end_list() {
    auto list = std::exchange(coming_, std::nullopt);
    if (missed_something_) return outcome::incomplete;
    known_ = *std::move(list);
    return outcome::changed;
}

bool interface_addresses::on_loss() noexcept {
    missed_something_ = true;
    return !coming_;
}

std::vector<boost::asio::ip::address> interface_addresses::addresses() const {
    std::vector<ip::address> found;
    std::ranges::transform(known_, std::back_inserter(found), &interface_address::local);
    std::ranges::sort(found);
    const auto twice = std::ranges::unique(found);
    found.erase(twice.begin(), twice.end());
    return found;
}

}  // namespace rtpproxy
