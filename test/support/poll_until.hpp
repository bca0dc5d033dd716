#pragma once

#include <chrono>
#include <thread>

namespace rtpproxy::test {

inline constexpr auto patience = std::chrono::seconds(20);

/// Waits until `done()` holds, asking again and again; false when it does not in time.
template <typename Predicate>
[[nodiscard]] bool poll_until(Predicate done) {
    for (const auto end = std::chrono::steady_clock::now() + patience;
         std::chrono::steady_clock::now() < end;) {
        if (done()) return true;
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return done();
}

}  // namespace rtpproxy::test
