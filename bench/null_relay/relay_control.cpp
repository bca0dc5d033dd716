#include "null_relay/relay_control.hpp"

#include <arpa/inet.h>

#include <charconv>
#include <utility>

namespace rtpproxy::bench {
namespace {

std::string port_reply(std::uint16_t port) {
    return std::to_string(port) + " 127.0.0.1";
}

/// Has what is sent through `leg` go to `address`:`port`, and its RTCP to the port after that.
bool direct(relay_session::leg& leg, std::string_view address, std::string_view port) {
    sockaddr_in peer{};
    peer.sin_family = AF_INET;
    std::uint16_t number = 0;
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
    if (error != std::errc{} || ::inet_pton(AF_INET, std::string(address).c_str(), &peer.sin_addr) != 1)
        return false;
    for (auto& each : leg) {
        peer.sin_port = htons(number++);
        each.peer = peer;
    }
    return true;
}

}  // namespace

relay_control::words relay_control::split(std::string_view datagram) {
    words said;
    for (auto* word : {&said.cookie, &said.command, &said.call_id, &said.address, &said.port}) {
        const auto begin = std::min(datagram.find_first_not_of(" \r\n"), datagram.size());
        datagram.remove_prefix(begin);
        const auto end = std::min(datagram.find_first_of(" \r\n"), datagram.size());
        *word = datagram.substr(0, end);
        datagram.remove_prefix(end);
    }
    return said;
}

std::string relay_control::answer(std::string_view datagram) {
    const auto said = split(datagram);
    std::string reply(said.cookie);
    reply += ' ';
    if (said.command == "U") {
        reply += update(said);
    } else if (said.command == "L") {
        reply += lookup(said);
    } else if (said.command == "D") {
        reply += remove(said);
    } else {
        reply += said.command == "V" ? "20040107" : "E1";
    }
    return reply += '\n';
}

std::string relay_control::update(const words& said) {
    auto& kept = sessions_[std::string(said.call_id)];
    if (kept == nullptr) {
        kept = std::make_unique<relay_session>();
        const auto port = sockets_.open(kept->facing_callee);
        if (!port) {
            sessions_.erase(std::string(said.call_id));
            return "E72";
        }
        kept->callee_port = *port;
    }
    return direct(kept->facing_caller, said.address, said.port) ? port_reply(kept->callee_port) : "E37";
}

std::string relay_control::lookup(const words& said) {
    const auto found = sessions_.find(std::string(said.call_id));
    if (found == sessions_.end()) return "0";
    auto& kept = *found->second;
    if (kept.caller_port == 0) {
        const auto port = sockets_.open(kept.facing_caller);
        if (!port) return "E71";
        kept.caller_port = *port;
        for (std::size_t i = 0; i < kept.facing_caller.size(); ++i) {
            kept.facing_caller[i].out = &kept.facing_callee[i];
            kept.facing_callee[i].out = &kept.facing_caller[i];
        }
    }
    return direct(kept.facing_callee, said.address, said.port) ? port_reply(kept.caller_port) : "E37";
}

std::string relay_control::remove(const words& said) {
    auto found = sessions_.extract(std::string(said.call_id));
    if (found.empty()) return "E50";
    auto& ended = *ended_.emplace_back(std::move(found.mapped()));
    for (auto* leg : {&ended.facing_caller, &ended.facing_callee})
        for (auto& each : *leg) {
            each.socket = {};  // closes it
            each.out = nullptr;
        }
    return "0";
}

}  // namespace rtpproxy::bench
