#pragma once

#include "rtpproxy/control/command_executor.hpp"

#include <memory>
#include <string>
#include <utility>

namespace rtpproxy::test {

/// A sender that hands the reply of its command to a function.
template <typename Handler>
class function_sender final : public command_sender {
  public:
    explicit function_sender(Handler handler) : handler_(std::move(handler)) {}
    void on_reply(std::string reply) noexcept override { handler_(std::move(reply)); }

  private:
    Handler handler_;
};

template <typename Handler>
std::shared_ptr<command_sender> reply_to(Handler handler) {
    return std::make_shared<function_sender<Handler>>(std::move(handler));
}

}  // namespace rtpproxy::test
