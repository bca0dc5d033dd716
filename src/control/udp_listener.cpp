#include "udp_listener.hpp"

#include "rtpproxy/log/log.hpp"
#include "rtpproxy/protocol/parse_command.hpp"
#include "rtpproxy/protocol/reply.hpp"
#include "rtpproxy/strands/run_strand.hpp"

#include "exposure.hpp"

#include <boost/asio/error.hpp>

#include <chrono>
#include <exception>
#include <span>
#include <utility>

namespace rtpproxy {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using std::chrono::milliseconds;

constexpr std::size_t batch = 2048;  // datagrams read a wake-up, then other handlers get their turn
constexpr int direct_batch = 128;    // commands begun by it; the rest wait in the gate, so that the kernel's
                                     // queue, which all peers share, is short
constexpr std::size_t waiting_overhead = 512;   // octets in memory of a waiting datagram besides its own
constexpr std::size_t backlog_limit = 4096;     // replies
constexpr std::size_t max_cookie_octets = 900;  // leaves room for a reply within max_reply_octets
constexpr auto pause_after_error = milliseconds(100);

static_assert(max_cookie_octets + sizeof " E99\n" < max_reply_octets);
static_assert(max_command_octets < datagram_reader::longest_datagram,
              "a whole command and an octet more fit");

}  // namespace

class udp_listener::waiting_peer final : public command_sender {
  public:
    /// An empty cookie is that of a datagram without one, whose reply is not remembered.
    waiting_peer(std::shared_ptr<udp_listener> listener, datagram_path at, std::string_view its_cookie,
                 reply_cache::ticket number, command_gate::pass entered)
        : path(std::move(at)),
          cookie(its_cookie),
          ticket(number),
          listener_(std::move(listener)),
          entered_(std::move(entered)) {}

    void on_waiting() noexcept override { entered_.leave(); }
    /// Retransmissions find the command unanswered, and are not answered either.
    void on_silence(std::string) noexcept override { entered_.leave(); }
    void on_reply(std::string reply) noexcept override {
        entered_.leave();
        listener_->on_reply(*this, reply);
    }

    const datagram_path path;
    const std::string cookie;
    const reply_cache::ticket ticket;

  private:
    const std::shared_ptr<udp_listener> listener_;
    command_gate::pass entered_;
};

udp_listener::udp_listener(asio::ip::udp::socket socket, command_executor& commands, settings chosen)
    : socket_(std::move(socket)),
      commands_(commands),
      settings_(std::move(chosen)),
      pause_(settings_.gate->strand().context(), [this](time_point) { wait_for_datagrams(); }) {
    for (auto& each : replies_)
        each.octets.reserve(max_reply_octets);
    error_code ignored;
    const auto local = socket_.local_endpoint(ignored);
    port_ = local.port();
    if (!local.address().is_unspecified()) address_ = local.address();
}

void udp_listener::start() {
    running_ = true;
    settings_.gate->attach();
    error_code ignored;
    warn_if_exposed(settings_.name, settings_.allowed, socket_.local_endpoint(ignored).address());
    wait_for_datagrams();
}

void udp_listener::stop() {
    send_replies();
    error_code ignored;
    socket_.close(ignored);
    pause_.cancel();
    backlog_.clear();
    if (std::exchange(running_, false)) settings_.gate->detach();
}

void udp_listener::wait_for_datagrams() noexcept {
    socket_.async_wait(asio::ip::udp::socket::wait_read,
                       next_read_.hold([self = shared_from_this()](const error_code& failure) {
                           if (!failure) self->receive();
                       }));
}

void udp_listener::receive() noexcept {
    if (!socket_.is_open()) return;
    const auto failure = read_batch();
    if (!socket_.is_open()) return;
    if (!failure || failure == asio::error::would_block) return wait_for_datagrams();
    log::err(log::global, "{}: cannot receive: {}", settings_.name, log::message_of{failure});
    pause_.set(steady_clock::now() + pause_after_error);
}

/// Until nothing is left: what came meanwhile costs no wake-up then.
error_code udp_listener::read_batch() noexcept {
    const auto now = steady_clock::now();
    direct_left_ = direct_batch;
    error_code failure;
    for (std::size_t taken = 0; taken < batch && socket_.is_open() && !failure; taken += received_.size()) {
        failure = received_.read(socket_.native_handle());
        if (failure == asio::error::interrupted) failure = {};
        for (std::size_t i = 0; i < received_.size() && socket_.is_open(); ++i) {
            replies_leave_ = i + 1 == received_.size() ? sending::at_once : sending::with_later_ones;
            take(received_[i], now);
        }
        replies_leave_ = sending::soon;
        send_replies();
    }
    return failure;
}

void udp_listener::take(const received_datagram& datagram, time_point now) noexcept {
    try {
        on_datagram(datagram, now);
    } catch (...) {
        refuse(datagram);
    }
}

/// For want of memory, before the command was begun.
void udp_listener::refuse(const received_datagram& datagram) noexcept {
    log_exception(settings_.name, "a command");
    const auto cookie = split_cookie(datagram.octets).cookie;
    answer(cookie.size() > max_cookie_octets ? std::string_view{} : cookie, memory_reply, datagram.path);
}

void udp_listener::on_datagram(const received_datagram& datagram, time_point now) {
    if (!is_admitted(datagram.path.peer, now)) return;
    auto entered = direct_left_ != 0 ? settings_.gate->try_enter() : std::nullopt;
    if (!entered) return let_wait(datagram);
    --direct_left_;
    serve(datagram.octets, datagram.truncated, datagram.path, now, std::move(*entered));
}

bool udp_listener::is_admitted(const endpoint& peer, time_point now) {
    if (!settings_.allowed.empty() && !settings_.allowed.contains(peer.address())) {
        note(control_incident::datagram_refused, peer);
        return false;
    }
    auto& rates = settings_.gate->rates;
    if (!rates.limited() || rates.try_take(control_peer::at(peer.address(), peer.port()).host, now))
        return true;
    note(control_incident::rate_exceeded, peer);
    return false;
}

// The controller sends again what finds no room.
void udp_listener::let_wait(const received_datagram& datagram) {
    const endpoint& from = datagram.path.peer;
    const auto peer = control_peer::at(from.address(), from.port());
    if (!settings_.gate->has_room(peer)) return note(control_incident::queue_full, from);
    settings_.gate->wait(
        peer,
        [self = shared_from_this(), octets = std::string(datagram.octets), truncated = datagram.truncated,
         path = datagram.path](command_gate::pass entered) {
            try {
                self->serve(octets, truncated, path, steady_clock::now(), std::move(entered));
            } catch (...) {
                self->refuse({octets, truncated, path});
            }
        },
        datagram.octets.size() + waiting_overhead);
}

// An empty text is a command too: one that is answered with a syntax error. So is one that is too long.
void udp_listener::serve(std::string_view octets, bool truncated, const datagram_path& path, time_point now,
                         command_gate::pass entered) {
    auto [cookie, text] = split_cookie(octets);
    if (cookie.empty() || cookie.size() > max_cookie_octets)
        return begin({}, path, {}, reply_cache::no_ticket, std::move(entered));
    if (truncated || octets.size() > max_command_octets) text = {};
    const auto seen = cache_.begin(path.peer, cookie, text, now);
    if (seen.what != reply_cache::state::fresh) {
        commands_.count_retransmission();
        if (seen.what == reply_cache::state::answered) answer(cookie, seen.reply, path);
        return;
    }
    begin(text, path, cookie, seen.number, std::move(entered));
}

void udp_listener::begin(std::string_view text, const datagram_path& path, std::string_view cookie,
                         reply_cache::ticket ticket, command_gate::pass entered) {
    std::shared_ptr<waiting_peer> from;
    try {
        from = std::make_shared<waiting_peer>(shared_from_this(), path, cookie, ticket, std::move(entered));
    } catch (...) {
        cache_.forget(ticket);
        throw;
    }
    const command_origin origin{path.peer.address(), address_ ? address_ : path.local};
    commands_.execute(text, origin, cookie.size() + 1, std::move(from));
}

void udp_listener::on_reply(const waiting_peer& to, std::string_view reply) noexcept {
    cache_.complete(to.ticket, reply);
    answer(to.cookie, reply, to.path);
}

void udp_listener::answer(std::string_view cookie, std::string_view reply,
                          const datagram_path& path) noexcept {
    if (!socket_.is_open()) return;
    auto& [octets, to] = replies_[reply_count_];
    to = path;
    octets.clear();
    if (!cookie.empty()) octets.append(cookie).push_back(' ');
    octets.append(reply).push_back('\n');
    if (++reply_count_ == replies_.size() || replies_leave_ == sending::at_once) return send_replies();
    if (replies_leave_ == sending::soon) send_soon();
}

/// Once the handlers have run that are ready now, as they may have more to say.
void udp_listener::send_soon() noexcept {
    if (sending_soon_) return;
    post_surely(settings_.gate->strand(), next_sending_, [self = shared_from_this()] {
        self->sending_soon_ = false;
        self->send_replies();
    });
    sending_soon_ = true;
}

void udp_listener::send_replies() noexcept {
    try {
        send({replies_.data(), std::exchange(reply_count_, 0)});
    } catch (const std::exception&) {  // out of memory: the controller sends its commands again
    }
}

void udp_listener::send(std::span<const reply_datagram> unsent) {
    while (!unsent.empty() && backlog_.empty() && socket_.is_open()) {
        error_code failure;
        unsent = unsent.subspan(send_datagrams(socket_.native_handle(), unsent, failure));
        if (!failure || failure == asio::error::would_block) break;
        note_lost_reply(failure);
        unsent = unsent.subspan(1);
    }
    for (const auto& each : unsent)
        keep_for_later(each);
}

void udp_listener::keep_for_later(const reply_datagram& unsent) {
    if (!socket_.is_open()) return;
    if (backlog_.size() >= backlog_limit) return note_lost_reply(asio::error::no_buffer_space);
    backlog_.push_back(unsent);
    if (backlog_.size() == 1) wait_for_room();
}

void udp_listener::wait_for_room() noexcept {
    socket_.async_wait(asio::ip::udp::socket::wait_write,
                       next_write_.hold([self = shared_from_this()](const error_code& failure) {
                           if (!failure) self->send_backlog();
                       }));
}

void udp_listener::send_backlog() noexcept {
    if (backlog_.empty()) return;  // stopped meanwhile
    error_code failure;
    static_cast<void>(send_datagrams(socket_.native_handle(), {&backlog_.front(), 1}, failure));
    if (failure != asio::error::would_block) {
        if (failure) note_lost_reply(failure);
        backlog_.pop_front();
    }
    if (!backlog_.empty()) wait_for_room();
}

void udp_listener::note(control_incident incident, const endpoint& peer) noexcept {
    settings_.gate->incidents.note(incident, settings_.name, [&] { return peer.address().to_string(); });
}

// The controller retransmits and finds the reply in the cache, so a loss costs time only.
void udp_listener::note_lost_reply(const error_code& cause) noexcept {
    settings_.gate->incidents.note(control_incident::reply_lost, settings_.name,
                                   [&] { return cause.message(); });
}

}  // namespace rtpproxy
