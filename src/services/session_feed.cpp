#include "rtpproxy/services/session_feed.hpp"

#include "rtpproxy/services/call_services.hpp"

#include <exception>
#include <utility>

namespace rtpproxy {
namespace {

/// What listens to one party of the source session.
class feed_tap final : public packet_tap {
  public:
    feed_tap(std::shared_ptr<session_feed> feed, side sender) noexcept
        : feed_(std::move(feed)), sender_(sender) {}
    ~feed_tap() override { feed_->on_tap_removed(); }

    kind what() const noexcept override { return kind::feed; }
    fate on_packet(const tapped_packet& packet) noexcept override {
        feed_->on_packet(sender_, packet);
        return fate::pass;
    }

  private:
    const std::shared_ptr<session_feed> feed_;
    const side sender_;
};

}  // namespace

std::shared_ptr<session_feed> session_feed::offer(call_services& source, session_name name, side named_first,
                                                  executor source_shard, executor target_shard) {
    auto feed = std::make_shared<session_feed>(std::move(name), named_first, source_shard, target_shard);
    std::array<std::unique_ptr<packet_tap>, 2> taps;
    for (const side sender : both_sides) {
        source.make_room_for_tap(sender);
        taps[index(sender)] = std::make_unique<feed_tap>(feed, sender);
    }
    feed->source_ = &source;  // from here on nothing fails
    for (const side sender : both_sides) {
        feed->taps_[index(sender)] = taps[index(sender)].get();
        source.add_tap(sender, std::move(taps[index(sender)]));
    }
    return feed;
}

session_feed::session_feed(session_name name, side named_first, executor source_shard, executor target_shard)
    : name_(std::move(name)),
      named_first_(named_first),
      source_shard_(std::move(source_shard)),
      target_shard_(std::move(target_shard)) {}

bool session_feed::open(feed_target& target) {
    if (source_over_ || closed_ || target_ != nullptr) return false;
    target_ = &target;
    is_open_.store(true, std::memory_order_release);
    return true;
}

void session_feed::close() noexcept {
    target_ = nullptr;
    is_open_.store(false, std::memory_order_release);
    if (std::exchange(closed_, true) || source_over_) return;
    post_surely(source_shard_, news_of_target_, [self = shared_from_this()] { self->remove_taps(); });
}

void session_feed::withdraw() noexcept {
    if (target_ == nullptr) close();
}

void session_feed::on_packet(side sender, const tapped_packet& packet) noexcept {
    if (!is_open_.load(std::memory_order_acquire)) return;
    try {
        const fed_packet fed{
            sender,        packet.which, packet.from_us,
            packet.source, packet.when,  fed_packet::bytes(packet.datagram.begin(), packet.datagram.end())};
        if (packets_.push(fed)) return tell_target();
    } catch (const std::exception&) {  // no memory for a large one
    }
    ++lost_;
}

/// One post brings over all that came until it was carried out.
void session_feed::tell_target() noexcept {
    if (told_.exchange(true, std::memory_order_acq_rel)) return;
    post_surely(target_shard_, news_of_packets_, [self = shared_from_this()] { self->hand_over(); });
}

void session_feed::hand_over() noexcept {
    told_.exchange(false, std::memory_order_acq_rel);  // before looking: what comes from here on is told anew
    for (std::size_t i = 0; i < batch_size; ++i) {
        const bool found = packets_.consume_one([this](const fed_packet& packet) {
            if (target_ != nullptr) target_->on_fed_packet(*this, packet);
        });
        if (!found) return;
    }
    tell_target();  // the others get their turn first
}

void session_feed::remove_taps() noexcept {
    if (source_ == nullptr) return;
    auto& source = *source_;  // the first tap's end clears it
    const auto taps = taps_;
    for (const side sender : both_sides)
        source.remove_tap(sender, *taps[index(sender)]);
}

void session_feed::on_tap_removed() noexcept {
    if (std::exchange(source_, nullptr) == nullptr) return;
    post_surely(target_shard_, news_of_source_, [self = shared_from_this()] {
        self->source_over_ = true;
        self->is_open_.store(false, std::memory_order_release);
        if (auto* const target = std::exchange(self->target_, nullptr)) target->on_feed_over(*self);
    });
}

}  // namespace rtpproxy
