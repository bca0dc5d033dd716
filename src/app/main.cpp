#include "rtpproxy/app/configuration.hpp"
#include "rtpproxy/app/daemon.hpp"
#include "rtpproxy/app/program.hpp"

#include <unistd.h>

#include <cstdlib>
#include <exception>
#include <iostream>
#include <variant>

int main(int argc, char** argv) {
    try {
        rtpproxy::ensure_standard_streams();
        const auto configured = rtpproxy::load_configuration(argc, argv, environ, std::cout, std::cerr);
        if (const auto* ended = std::get_if<rtpproxy::exit_code>(&configured)) return ended->value;
        return rtpproxy::run_program(std::get<rtpproxy::settings>(configured));
    } catch (const std::exception& error) {
        std::cerr << "rtpproxy: " << error.what() << '\n';
        return EXIT_FAILURE;
    }
}
