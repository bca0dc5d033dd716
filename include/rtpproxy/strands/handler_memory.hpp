#pragma once

#include <boost/asio/bind_allocator.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <memory>
#include <new>
#include <utility>

namespace rtpproxy {

/// Memory for one handler on its way through an io_context.
///
/// Whoever has some can post, or wait, without asking for more: what has to happen then does, however short
/// memory is. It is for one handler at a time; it is free again when the handler runs. It stays alive as long
/// as a handler is in it.
class handler_memory {
  public:
    /// Where it is. May be part of a larger object that is shared.
    class room {
      public:
        room() = default;
        room(const room&) = delete;
        room& operator=(const room&) = delete;

        [[nodiscard]] void* allocate(std::size_t octets) {
            if (octets <= octets_.size() && !taken_.exchange(true, std::memory_order_acquire))
                return octets_.data();
            return ::operator new(octets);
        }
        void deallocate(void* memory) noexcept {
            if (memory == octets_.data())
                taken_.store(false, std::memory_order_release);
            else
                ::operator delete(memory);
        }

      private:
        friend class handler_memory;
        alignas(std::max_align_t) std::array<std::byte, 320> octets_;
        std::atomic<bool> taken_ = false;
    };

    /// Hands out the room, and more when it is taken.
    template <typename T>
    class allocator {
      public:
        using value_type = T;

        explicit allocator(std::shared_ptr<room> from) noexcept : room_(std::move(from)) {}
        template <typename Other>
        allocator(const allocator<Other>& other) noexcept  // NOLINT(google-explicit-constructor): as of std
            : room_(other.room_) {}

        [[nodiscard]] T* allocate(std::size_t count) {
            static_assert(alignof(T) <= alignof(std::max_align_t));
            return static_cast<T*>(room_->allocate(count * sizeof(T)));
        }
        void deallocate(T* memory, std::size_t) noexcept { room_->deallocate(memory); }

        template <typename Other>
        bool operator==(const allocator<Other>& other) const noexcept {
            return room_ == other.room_;
        }

      private:
        template <typename>
        friend class allocator;
        std::shared_ptr<room> room_;
    };

    /// Octets a handler may have; Asio's own share is less than the rest.
    static constexpr std::size_t most_octets = 128;

    handler_memory() : room_(std::make_shared<room>()) {}
    explicit handler_memory(std::shared_ptr<room> shared) noexcept : room_(std::move(shared)) {}

    /// `handler`, to be handed to an asynchronous operation, which then takes its memory from here.
    template <typename Handler>
    [[nodiscard]] auto hold(Handler handler) const {
        static_assert(sizeof(Handler) <= most_octets);
        return boost::asio::bind_allocator(allocator<void>(room_), std::move(handler));
    }

  private:
    std::shared_ptr<room> room_;
};

/// Posts a handler that has memory, which cannot fail.
template <typename Handler>
void post_surely(const boost::asio::io_context::executor_type& strand, const handler_memory& memory,
                 Handler handler) noexcept {
    boost::asio::post(strand, memory.hold(std::move(handler)));
}

/// Runs a handler here if this is the strand, else posts it. Never fails, so the handler must not, either:
/// Asio's own dispatch() would keep its exception for whoever runs the io_context.
template <typename Handler>
void run_on(const boost::asio::io_context::executor_type& strand, const handler_memory& memory,
            Handler handler) noexcept {
    static_assert(noexcept(handler()));
    if (strand.running_in_this_thread())
        handler();
    else
        post_surely(strand, memory, std::move(handler));
}

}  // namespace rtpproxy
