#define BOOST_TEST_MODULE interface_addresses
#include "rtpproxy/engine/interface_addresses.hpp"

#include <boost/test/unit_test.hpp>

#include <linux/if_addr.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <cstring>
#include <string>
#include <string_view>
#include <vector>

using namespace rtpproxy;
using boost::asio::ip::make_address;
using kind = address_message::kind;
using outcome = interface_addresses::outcome;

namespace {

using octets = std::vector<std::byte>;

template <typename Part>
void append(octets& to, const Part& part) {
    const auto* begin = reinterpret_cast<const std::byte*>(&part);
    to.insert(to.end(), begin, begin + sizeof part);
}

void append_attribute(octets& to, unsigned short type, const boost::asio::ip::address& address) {
    const auto put = [&](const auto& bytes) {
        append(to, rtattr{static_cast<unsigned short>(sizeof(rtattr) + bytes.size()), type});
        append(to, bytes);
    };
    address.is_v4() ? put(address.to_v4().to_bytes()) : put(address.to_v6().to_bytes());
}

octets message(unsigned short type, const octets& body, std::uint32_t sequence = 0,
               unsigned short flags = 0) {
    octets all;
    append(all,
           nlmsghdr{static_cast<std::uint32_t>(sizeof(nlmsghdr) + body.size()), type, flags, sequence, 0});
    all.insert(all.end(), body.begin(), body.end());
    return all;
}

struct attributes {
    std::string_view local{};
    std::string_view address{};
    std::uint32_t interface = 2;
    unsigned char prefix = 24;
};

octets about(const attributes& chosen) {
    const auto any = make_address(chosen.local.empty() ? chosen.address : chosen.local);
    octets body;
    append(body, ifaddrmsg{static_cast<unsigned char>(any.is_v4() ? AF_INET : AF_INET6), chosen.prefix, 0, 0,
                           chosen.interface});
    if (!chosen.address.empty()) append_attribute(body, IFA_ADDRESS, make_address(chosen.address));
    if (!chosen.local.empty()) append_attribute(body, IFA_LOCAL, make_address(chosen.local));
    return body;
}

octets operator+(octets a, const octets& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
}

/// What the kernel sends, in order, and what is known after it.
struct conversation {
    outcome hears(const octets& datagram) {
        auto last = outcome::unchanged;
        for (const auto& each : read_address_messages(datagram))
            last = known.take(each);
        return last;
    }
    outcome adds(const attributes& chosen, std::uint32_t sequence = 0) {
        return hears(message(RTM_NEWADDR, about(chosen), sequence));
    }
    outcome removes(const attributes& chosen) { return hears(message(RTM_DELADDR, about(chosen))); }
    outcome ends_list(std::uint32_t sequence, unsigned short flags = 0) {
        return hears(message(NLMSG_DONE, octets(4), sequence, flags));
    }
    std::string knows() const {
        std::string all;
        for (const auto& each : known.addresses())
            all += (all.empty() ? "" : " ") + each.to_string();
        return all;
    }

    interface_addresses known;
};

}  // namespace

namespace rtpproxy {
std::ostream& operator<<(std::ostream& out, outcome result) {
    return out << static_cast<int>(result);
}
}  // namespace rtpproxy

BOOST_AUTO_TEST_CASE(the_address_of_an_interface_is_its_own_not_its_peers) {
    const auto read = read_address_messages(
        message(RTM_NEWADDR, about({.local = "192.0.2.1", .address = "192.0.2.9", .prefix = 32}), 7));
    BOOST_REQUIRE(read.size() == 1u);
    BOOST_TEST((read[0].what == kind::added));
    BOOST_TEST(read[0].sequence == 7u);
    BOOST_TEST(read[0].about.local == make_address("192.0.2.1"));
    BOOST_TEST(read[0].about.peer == make_address("192.0.2.9"));
}

BOOST_AUTO_TEST_CASE(an_address_of_ipv6_alone_is_its_own) {
    const auto read = read_address_messages(message(RTM_DELADDR, about({.address = "2001:db8::1"})));
    BOOST_REQUIRE(read.size() == 1u);
    BOOST_TEST((read[0].what == kind::removed));
    BOOST_TEST(read[0].about.local == make_address("2001:db8::1"));
}

BOOST_AUTO_TEST_CASE(several_messages_come_in_one_datagram) {
    const auto read = read_address_messages(message(RTM_NEWADDR, about({.local = "192.0.2.1"})) +
                                            message(RTM_NEWLINK, octets(64)) +
                                            message(NLMSG_DONE, octets(4), 3, NLM_F_DUMP_INTR));
    BOOST_REQUIRE(read.size() == 3u);
    BOOST_TEST((read[1].what == kind::other));
    BOOST_TEST((read[2].what == kind::end_of_list));
    BOOST_TEST(read[2].interrupted);
}

BOOST_AUTO_TEST_CASE(errors_are_told_and_acknowledgements_are_none) {
    octets refusal;
    append(refusal, nlmsgerr{-EPERM, {}});
    octets acknowledgement;
    append(acknowledgement, nlmsgerr{0, {}});
    const auto read =
        read_address_messages(message(NLMSG_ERROR, refusal) + message(NLMSG_ERROR, acknowledgement));
    BOOST_REQUIRE(read.size() == 2u);
    BOOST_TEST((read[0].what == kind::failure));
    BOOST_TEST(read[0].error == EPERM);
    BOOST_TEST((read[1].what == kind::other));
}

BOOST_AUTO_TEST_CASE(what_does_not_fit_is_left_out) {
    const auto whole = message(RTM_NEWADDR, about({.local = "192.0.2.1", .address = "192.0.2.9"}));
    for (std::size_t size = 0; size < whole.size(); ++size)
        BOOST_TEST(read_address_messages(std::span{whole}.first(size)).empty());

    // Whatever lengths say, nothing beyond the datagram is read.
    for (std::size_t at = 0; at < whole.size(); ++at)
        for (const int value : {0, 1, 3, 4, 5, 127, 128, 255}) {
            auto changed = whole;
            changed[at] = static_cast<std::byte>(value);
            BOOST_TEST(read_address_messages(changed).size() <= 1u);
        }
}

BOOST_AUTO_TEST_CASE(addresses_of_another_length_are_left_out) {
    octets body;
    append(body, ifaddrmsg{AF_INET, 24, 0, 0, 2});
    append_attribute(body, IFA_LOCAL, make_address("2001:db8::1"));
    const auto read = read_address_messages(message(RTM_NEWADDR, body));
    BOOST_REQUIRE(read.size() == 1u);
    BOOST_TEST((read[0].what == kind::other));
}

BOOST_AUTO_TEST_CASE(a_list_counts_when_it_is_complete) {
    conversation kernel;
    kernel.known.await_list(1);
    BOOST_TEST(kernel.adds({.local = "127.0.0.1"}, 1) == outcome::unchanged);
    BOOST_TEST(kernel.adds({.address = "::1"}, 1) == outcome::unchanged);
    BOOST_TEST(kernel.knows() == "");
    BOOST_TEST(kernel.known.awaits_list());
    BOOST_TEST(kernel.ends_list(1) == outcome::changed);
    BOOST_TEST(kernel.knows() == "127.0.0.1 ::1");
    BOOST_TEST(!kernel.known.awaits_list());
}

BOOST_AUTO_TEST_CASE(addresses_come_and_go) {
    conversation kernel;
    BOOST_TEST(kernel.adds({.local = "192.0.2.1"}) == outcome::changed);
    BOOST_TEST(kernel.adds({.local = "192.0.2.2"}) == outcome::changed);
    BOOST_TEST(kernel.adds({.local = "192.0.2.1"}) == outcome::unchanged);  // its lifetime was renewed
    BOOST_TEST(kernel.knows() == "192.0.2.1 192.0.2.2");
    BOOST_TEST(kernel.removes({.local = "192.0.2.1"}) == outcome::changed);
    BOOST_TEST(kernel.removes({.local = "192.0.2.1"}) == outcome::unchanged);
    BOOST_TEST(kernel.knows() == "192.0.2.2");
}

BOOST_AUTO_TEST_CASE(an_address_stays_while_the_host_has_it_anywhere) {
    conversation kernel;
    kernel.adds({.local = "192.0.2.1", .interface = 2});
    kernel.adds({.local = "192.0.2.1", .interface = 3});
    kernel.adds({.local = "192.0.2.1", .interface = 3, .prefix = 32});
    kernel.adds({.local = "192.0.2.1", .address = "192.0.2.9", .interface = 3, .prefix = 32});
    BOOST_TEST(kernel.knows() == "192.0.2.1");
    kernel.removes({.local = "192.0.2.1", .interface = 2});
    kernel.removes({.local = "192.0.2.1", .interface = 3});
    kernel.removes({.local = "192.0.2.1", .interface = 3, .prefix = 32});
    BOOST_TEST(kernel.knows() == "192.0.2.1");
    kernel.removes({.local = "192.0.2.1", .address = "192.0.2.9", .interface = 3, .prefix = 32});
    BOOST_TEST(kernel.knows() == "");
}

BOOST_AUTO_TEST_CASE(what_changes_while_a_list_is_read_is_in_it) {
    conversation kernel;
    kernel.known.await_list(1);
    kernel.adds({.local = "192.0.2.1"}, 1);
    kernel.removes({.local = "192.0.2.1"});
    kernel.adds({.local = "192.0.2.2"});
    kernel.adds({.local = "192.0.2.3"}, 1);
    BOOST_TEST(kernel.ends_list(1) == outcome::changed);
    BOOST_TEST(kernel.knows() == "192.0.2.2 192.0.2.3");
}

BOOST_AUTO_TEST_CASE(what_is_known_stays_until_the_next_list_is_complete) {
    conversation kernel;
    kernel.adds({.local = "192.0.2.1"});
    kernel.known.await_list(2);
    kernel.adds({.local = "192.0.2.2"}, 2);
    BOOST_TEST(kernel.knows() == "192.0.2.1");
    BOOST_TEST(kernel.ends_list(1) == outcome::unchanged);  // of an earlier one
    BOOST_TEST(kernel.ends_list(2) == outcome::changed);
    BOOST_TEST(kernel.knows() == "192.0.2.2");
}

BOOST_AUTO_TEST_CASE(after_a_loss_a_new_list_is_needed) {
    conversation kernel;
    kernel.adds({.local = "192.0.2.1"});
    BOOST_TEST(kernel.known.on_loss());
    kernel.known.await_list(1);
    kernel.adds({.local = "192.0.2.2"}, 1);
    BOOST_TEST(!kernel.known.on_loss());  // while a list is read: once it has ended
    BOOST_TEST(kernel.ends_list(1) == outcome::incomplete);
    BOOST_TEST(kernel.knows() == "192.0.2.1");
    kernel.known.await_list(2);
    kernel.adds({.local = "192.0.2.3"}, 2);
    BOOST_TEST(kernel.ends_list(2, NLM_F_DUMP_INTR) == outcome::incomplete);
    kernel.known.await_list(3);
    kernel.adds({.local = "192.0.2.4"}, 3);
    BOOST_TEST(kernel.ends_list(3) == outcome::changed);
    BOOST_TEST(kernel.knows() == "192.0.2.4");
}

BOOST_AUTO_TEST_CASE(a_refused_list_changes_nothing) {
    conversation kernel;
    kernel.adds({.local = "192.0.2.1"});
    kernel.known.await_list(1);
    octets refusal;
    append(refusal, nlmsgerr{-ENOMEM, {}});
    BOOST_TEST(kernel.hears(message(NLMSG_ERROR, refusal, 1)) == outcome::failed);
    BOOST_TEST(!kernel.known.awaits_list());
    BOOST_TEST(kernel.knows() == "192.0.2.1");
    BOOST_TEST(kernel.adds({.local = "192.0.2.2"}) == outcome::changed);
}
