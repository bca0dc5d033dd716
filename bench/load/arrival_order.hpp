#pragma once

#include <cstdint>

namespace rtpproxy::bench {

/// Tells packets of one stream that overtook each other, or came twice.
class arrival_order {
  public:
    enum class verdict : std::uint8_t { in_order, late, duplicate };

    /// Takes the number of the next packet to arrive. Numbers more than 63 behind the highest are `late`.
    verdict take(std::uint64_t number) noexcept {
        if (number >= next_) {
            const auto ahead = number + 1 - next_;
            seen_ = (ahead < 64 ? seen_ << ahead : 0) | 1;
            next_ = number + 1;
            return verdict::in_order;
        }
        const auto behind = next_ - 1 - number;
        if (behind >= 64) return verdict::late;
        const auto bit = std::uint64_t{1} << behind;
        if ((seen_ & bit) != 0) return verdict::duplicate;
        seen_ |= bit;
        return verdict::late;
    }

  private:
    std::uint64_t next_ = 0;
    std::uint64_t seen_ = 0;  // bit n: the packet n before the highest
};

}  // namespace rtpproxy::bench
