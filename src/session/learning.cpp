#include "rtpproxy/session/learning.hpp"

namespace rtpproxy {

std::string_view to_string(learning_policy policy) noexcept {
    switch (policy) {
        case learning_policy::guarded:
            return "guarded";
        case learning_policy::classic:
            return "classic";
        case learning_policy::signalled:
            return "signalled";
    }
    return "unknown";
}

learning_policy learning_rules::policy_for(const boost::asio::ip::address& local) const noexcept {
    for (const auto& [address, policy] : exceptions)
        if (address == local) return policy;
    return standard;
}

}  // namespace rtpproxy
