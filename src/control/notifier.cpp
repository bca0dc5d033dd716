#include "rtpproxy/control/notifier.hpp"

#include "notify_connection.hpp"

#include <algorithm>

namespace rtpproxy {

notifier::notifier(const boost::asio::any_io_executor& control_strand, notify_targets permitted,
                   const notifier_settings& settings)
    : executor_(control_strand),
      targets_(std::move(permitted)),
      settings_(settings),
      statistics_(std::make_shared<notifier_statistics>()) {}

notifier::~notifier() {
    stop();
}

void notifier::post(notice message) {
    const auto* destination = targets_.find(message.target);
    if (stopped_ || destination == nullptr) return;
    message.text.push_back('\n');
    connection_to(message.target, *destination).post(std::move(message.text), std::move(message.call_id));
}

bool notifier::idle() const {
    return std::ranges::all_of(connections_, [](const auto& each) { return !each || each->idle(); });
}

void notifier::stop() {
    stopped_ = true;
    for (const auto& connection : connections_)
        if (connection) connection->stop();
}

notify_connection& notifier::connection_to(notify_target target, const notify_destination& destination) {
    if (connections_.size() <= target.id) connections_.resize(target.id + std::size_t{1});
    auto& connection = connections_[target.id];
    if (!connection)
        connection = std::make_shared<notify_connection>(executor_, destination, settings_, statistics_);
    return *connection;
}

}  // namespace rtpproxy
