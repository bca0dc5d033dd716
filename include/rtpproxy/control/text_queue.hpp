#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string_view>

namespace rtpproxy {

/// Keeps many short texts and drops them in the order they came, without an allocation for each: they are put
/// one after the other into blocks, and a block is given back once nothing in it is needed. A text stays in
/// its place. Not thread-safe.
class text_queue {
  public:
    /// Counts blocks from the first one on.
    using block_number = std::uint64_t;

    /// Keeps a copy of `text`. What is returned is valid until its block is dropped.
    std::string_view append(std::string_view text) {
        if (blocks_.empty() || text.size() > room_) begin_block(text.size());
        char* const begin = blocks_.back().get() + used_;
        text.copy(begin, text.size());
        used_ += text.size();
        room_ -= text.size();
        return {begin, text.size()};
    }

    /// The block of the text that was appended last.
    [[nodiscard]] block_number last_block() const noexcept { return first_ + blocks_.size() - 1; }

    /// Drops the texts in all blocks in front of `block`.
    void drop_before(block_number block) noexcept {
        for (; first_ < block && blocks_.size() > 1; ++first_)
            blocks_.pop_front();
    }

    [[nodiscard]] std::size_t blocks() const noexcept { return blocks_.size(); }

    static constexpr std::size_t block_octets = std::size_t{64} << 10;

  private:
    void begin_block(std::size_t least) {
        const auto octets = std::max(block_octets, least);
        blocks_.push_back(std::make_unique_for_overwrite<char[]>(octets));
        used_ = 0;
        room_ = octets;
    }

    std::deque<std::unique_ptr<char[]>> blocks_;
    block_number first_ = 0;  // the number of blocks_.front()
    std::size_t used_ = 0;    // of the last block
    std::size_t room_ = 0;    // left in it
};

}  // namespace rtpproxy
