#include "stdio_pump.hpp"

#include "rtpproxy/threads/start_thread.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>

namespace rtpproxy {
namespace {

constexpr int poll_milliseconds = 1000;
constexpr std::size_t max_output_octets =
    4096;  // what a pipe that polls writable takes without blocking (PIPE_BUF)

// One direction: octets read and not yet written.
struct transfer {
    std::array<char, 8192> buffer{};
    std::size_t begin = 0;
    std::size_t end = 0;
    bool ended = false;

    [[nodiscard]] bool empty() const { return begin == end; }
    [[nodiscard]] bool finished() const { return ended && empty(); }
};

bool transient(int cause) {
    return cause == EINTR || cause == EAGAIN;
}

// A reset is reported once, ahead of what the other end had written before: replies may still follow it.
void fill(transfer& direction, int from, std::size_t limit) {
    const auto octets = ::read(from, direction.buffer.data(), limit);
    if (octets < 0 && (transient(errno) || errno == ECONNRESET)) return;
    direction.begin = 0;
    direction.end = octets > 0 ? static_cast<std::size_t>(octets) : 0;
    direction.ended = octets <= 0;
}

template <typename Write>
void drain(transfer& direction, Write write) {
    const auto octets = write(direction.buffer.data() + direction.begin, direction.end - direction.begin);
    if (octets >= 0)
        direction.begin += static_cast<std::size_t>(octets);
    else if (!transient(errno))
        direction = transfer{.ended = true};  // nobody reads: the rest is lost
}

class pump_loop {
  public:
    pump_loop(int stdin_fd, int stdout_fd, int pair) : stdin_(stdin_fd), stdout_(stdout_fd), pair_(pair) {}

    void run(const std::stop_token& stop) {
        while (!output_.finished()) {
            pollfd input{input_.empty() && !input_.ended ? stdin_ : -1, POLLIN, 0};
            pollfd output{output_.empty() ? -1 : stdout_, POLLOUT, 0};
            pollfd pair{pair_, pair_events(), 0};
            if (pair.events == 0) pair.fd = -1;
            std::array watched{input, output, pair};
            const int ready = ::poll(watched.data(), watched.size(), poll_milliseconds);
            if (ready == 0 && stop.stop_requested()) return;
            if (ready > 0) move(watched[0].revents, watched[1].revents, watched[2].revents);
        }
        ::shutdown(pair_, SHUT_RDWR);  // nobody is left to answer
    }

  private:
    [[nodiscard]] short pair_events() const {
        const int in = output_.empty() && !output_.ended ? POLLIN : 0;
        return static_cast<short>(in | (input_.empty() ? 0 : POLLOUT));
    }

    void move(short input, short output, short pair) {
        if (input != 0) fill(input_, stdin_, stdio_pump::max_packet_octets);
        if (output != 0)
            drain(output_, [this](const char* data, std::size_t size) {
                return ::write(stdout_, data, std::min(size, max_output_octets));
            });
        if ((pair & (POLLIN | POLLHUP | POLLERR)) != 0 && output_.empty())
            fill(output_, pair_, output_.buffer.size());
        if (!input_.empty() && (pair & (POLLOUT | POLLHUP | POLLERR)) != 0)
            drain(input_, [this](const char* data, std::size_t size) {
                return ::send(pair_, data, size, MSG_NOSIGNAL | MSG_DONTWAIT);
            });
        if (input_.finished() && !told_end_) {
            told_end_ = true;
            ::shutdown(pair_, SHUT_WR);
        }
    }

    int stdin_;
    int stdout_;
    int pair_;
    transfer input_;
    transfer output_;
    bool told_end_ = false;
};

}  // namespace

stdio_pump::stdio_pump(int stdin_fd, int stdout_fd, int pair_end) : pair_end_(pair_end) {
    thread_ = start_thread("stdio", thread_role::background, [=, stop = stop_.get_token()] {
        pump_loop(stdin_fd, stdout_fd, pair_end).run(stop);
    });
}

stdio_pump::~stdio_pump() {
    stop_.request_stop();
    thread_.join();
    ::close(pair_end_);
}

}  // namespace rtpproxy
