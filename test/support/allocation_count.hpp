#pragma once

#include <atomic>
#include <cstddef>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
// GCC has this in its sanitizer libraries but ships no header for it.
extern "C" int __sanitizer_install_malloc_and_free_hooks(void (*)(const volatile void*, std::size_t),
                                                         void (*)(const volatile void*));
#else
#include <cerrno>
extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_memalign(std::size_t, std::size_t);
}
#endif

namespace rtpproxy::test {

/// Heap allocations of the program so far, counted where every library ends up: at malloc. Include it in one
/// file of a program only.
inline std::atomic<std::size_t> allocations{0};

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline void start_counting_allocations() {
    __sanitizer_install_malloc_and_free_hooks([](const volatile void*, std::size_t) { ++allocations; },
                                              [](const volatile void*) {});
}
#else
inline void start_counting_allocations() {}
#endif

}  // namespace rtpproxy::test

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
// The dynamic linker prefers these to libc's, for the program and every library in it.
extern "C" {
void* malloc(std::size_t size) {
    ++rtpproxy::test::allocations;
    return __libc_malloc(size);
}
void* aligned_alloc(std::size_t alignment, std::size_t size) {
    ++rtpproxy::test::allocations;
    return __libc_memalign(alignment, size);
}
int posix_memalign(void** memory, std::size_t alignment, std::size_t size) {
    ++rtpproxy::test::allocations;
    *memory = __libc_memalign(alignment, size);
    return *memory == nullptr ? ENOMEM : 0;
}
}
#endif
