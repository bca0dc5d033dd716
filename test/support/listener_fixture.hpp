#pragma once

#include "rtpproxy/control/control_listener.hpp"

#include "support/blocking_socket.hpp"
#include "support/fake_executor.hpp"
#include "support/io_thread.hpp"
#include "support/temporary_directory.hpp"

#include <memory>
#include <string>
#include <vector>

namespace rtpproxy::test {

/// Listeners on a strand of their own before a fake executor. Its end checks that they leave nothing behind.
struct listener_fixture {
    temporary_directory directory;
    fake_executor executor;
    listener_settings settings;
    io_thread io;
    std::vector<std::unique_ptr<control_listener>> listeners;

    ~listener_fixture() { stop(); }

    /// Opens and starts a listener; gives its port.
    std::uint16_t listen(const std::string& text) {
        const auto spec = parse_control_socket(text);
        BOOST_TEST_REQUIRE(spec.has_value());
        auto listener = make_control_listener(io.strand(), *spec, executor, settings);
        BOOST_TEST_INFO((listener ? "" : listener.error()));
        BOOST_TEST_REQUIRE(listener.has_value());
        listeners.push_back(std::move(*listener));
        io.run([this] { listeners.back()->start(); });
        return listeners.back()->port();
    }

    /// Why a listener cannot be opened.
    std::string failure(const std::string& text) {
        const auto spec = parse_control_socket(text);
        BOOST_TEST_REQUIRE(spec.has_value());
        const auto listener = make_control_listener(io.strand(), *spec, executor, settings);
        return listener ? "" : listener.error();
    }

    /// Stops every listener and checks that no operation is left. Once is enough.
    void stop() {
        if (io.finished()) return;
        io.run([this] {
            executor.forget();
            listeners.clear();
        });
        io.finish();
    }
};

}  // namespace rtpproxy::test
