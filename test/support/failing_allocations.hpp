#pragma once

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>

namespace rtpproxy::test {

/// Lets memory run short at a certain allocation of the program, whichever thread it is of: of those by `new`
/// and of Asio's. Include it in one file of a program only.
class failing_allocations {
  public:
    /// The allocation number `first`, counted from 1 on, fails, and so do the next `more`.
    static void begin(long first, long more) noexcept {
        last_ = more;
        left_ = first;
    }
    /// @returns whether any has failed.
    static bool end() noexcept { return left_.exchange(never) <= 0; }

    /// Whether the next one is to fail.
    static bool next() noexcept {
        if (left_.load(std::memory_order_relaxed) == never) return false;
        const auto left = --left_;
        return left <= 0 && left >= -last_.load(std::memory_order_relaxed);
    }

  private:
    static constexpr long never = 1L << 40;
    static inline std::atomic<long> left_{never};
    static inline std::atomic<long> last_{0};
};

inline void* allocate_or_fail(std::size_t octets) {
    void* const memory = failing_allocations::next() ? nullptr : std::malloc(octets != 0 ? octets : 1);
    if (memory == nullptr) throw std::bad_alloc();
    return memory;
}

inline void* allocate_or_fail(std::size_t octets, std::align_val_t alignment) {
    void* memory = nullptr;
    if (failing_allocations::next() ||
        ::posix_memalign(&memory, static_cast<std::size_t>(alignment), octets) != 0)
        throw std::bad_alloc();
    return memory;
}

}  // namespace rtpproxy::test

// Not inlined: the compiler would take what one of them calls for a mistake of the caller.
// NOLINTBEGIN(misc-definitions-in-headers): of the whole program
[[gnu::noinline]] void* operator new(std::size_t octets) {
    return rtpproxy::test::allocate_or_fail(octets);
}
[[gnu::noinline]] void* operator new[](std::size_t octets) {
    return rtpproxy::test::allocate_or_fail(octets);
}
[[gnu::noinline]] void* operator new(std::size_t octets, std::align_val_t alignment) {
    return rtpproxy::test::allocate_or_fail(octets, alignment);
}
[[gnu::noinline]] void* operator new[](std::size_t octets, std::align_val_t alignment) {
    return rtpproxy::test::allocate_or_fail(octets, alignment);
}
[[gnu::noinline]] void* operator new(std::size_t octets, const std::nothrow_t&) noexcept {
    return rtpproxy::test::failing_allocations::next() ? nullptr : std::malloc(octets != 0 ? octets : 1);
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
    std::free(memory);
}
[[gnu::noinline]] void operator delete[](void* memory) noexcept {
    std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept {
    std::free(memory);
}
[[gnu::noinline]] void operator delete[](void* memory, std::size_t) noexcept {
    std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::align_val_t) noexcept {
    std::free(memory);
}
[[gnu::noinline]] void operator delete[](void* memory, std::align_val_t) noexcept {
    std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
    std::free(memory);
}
[[gnu::noinline]] void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept {
    std::free(memory);
}
// Asio takes its memory here, past `new`.
extern "C" void* aligned_alloc(std::size_t alignment, std::size_t octets) {
    void* memory = nullptr;
    if (rtpproxy::test::failing_allocations::next() || ::posix_memalign(&memory, alignment, octets) != 0)
        return nullptr;
    return memory;
}
// NOLINTEND(misc-definitions-in-headers)
