#include "rtpproxy/media/kernel_random.hpp"

#include <cstdlib>
#include <utility>

namespace rtpproxy {

kernel_random::result_type kernel_random::operator()() noexcept {
    if (left_ == 0) {
        arc4random_buf(numbers_.data(), sizeof numbers_);
        left_ = numbers_.size();
    }
    return std::exchange(numbers_[--left_], 0);  // what was used is not left in memory
}

}  // namespace rtpproxy
