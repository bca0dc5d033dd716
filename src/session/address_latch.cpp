#include "rtpproxy/session/address_latch.hpp"

namespace rtpproxy {
namespace {

using any_latch = std::variant<guarded_latch, classic_latch, signalled_latch>;

any_latch make_latch(component which, learning_policy policy) noexcept {
    switch (policy) {
        case learning_policy::guarded:
            return guarded_latch{which};
        case learning_policy::classic:
            return classic_latch{which};
        case learning_policy::signalled:
            break;
    }
    return signalled_latch{};
}

}  // namespace

address_latch::address_latch(component which, learning_policy policy) noexcept
    : latch_(make_latch(which, policy)), component_(which) {}

learning_policy address_latch::policy() const noexcept {
    return static_cast<learning_policy>(latch_.index());
}

void address_latch::use(learning_policy wanted, time_point now) noexcept {
    if (wanted == policy()) return;
    const auto before = latch_;
    latch_ = make_latch(component_, wanted);
    set_asymmetric(std::visit([](const auto& latch) { return latch.asymmetric(); }, before));
    if (const auto* guarded = std::get_if<guarded_latch>(&before)) {
        if (const endpoint* address = guarded->signalled()) on_signalled(*address, now);
    } else if (const endpoint* address =
                   std::visit([](const auto& latch) { return latch.remote(); }, before)) {
        on_signalled(*address, now);
    }
}

bool address_latch::on_signalled(const endpoint& address, time_point now) noexcept {
    if (auto* signalled = std::get_if<signalled_latch>(&latch_)) return signalled->on_signalled(address);
    if (auto* classic = std::get_if<classic_latch>(&latch_)) return classic->on_signalled(address, now);
    return std::get_if<guarded_latch>(&latch_)->on_signalled(address, now);
}

void address_latch::set_asymmetric(bool asymmetric) noexcept {
    std::visit([=](auto& latch) { latch.set_asymmetric(asymmetric); }, latch_);
}

latch_outcome address_latch::on_packet_unguarded(const arrival& packet) noexcept {
    if (auto* classic = std::get_if<classic_latch>(&latch_))
        return classic->on_packet(packet.source, packet.header, packet.now);
    return std::get_if<signalled_latch>(&latch_)->on_packet(packet);
}

void address_latch::on_new_ssrc(const rtp_header& header, time_point now) noexcept {
    if (auto* classic = std::get_if<classic_latch>(&latch_)) classic->on_new_ssrc(header, now);
}

bool address_latch::guess_from_rtp(const endpoint& rtp_source) noexcept {
    if (auto* guarded = std::get_if<guarded_latch>(&latch_)) return guarded->guess_from_rtp(rtp_source);
    if (auto* classic = std::get_if<classic_latch>(&latch_)) return classic->guess_from_rtp(rtp_source);
    return false;
}

const endpoint* address_latch::remote() const noexcept {
    if (const auto* guarded = std::get_if<guarded_latch>(&latch_)) return guarded->remote();
    return std::visit([](const auto& latch) { return latch.remote(); }, latch_);
}

const endpoint* address_latch::signalled() const noexcept {
    const auto* guarded = std::get_if<guarded_latch>(&latch_);
    return guarded != nullptr ? guarded->signalled() : nullptr;
}

const endpoint* address_latch::source() const noexcept {
    const auto* guarded = std::get_if<guarded_latch>(&latch_);
    return guarded != nullptr ? guarded->source() : nullptr;
}

}  // namespace rtpproxy
