#include "rtpproxy/tools/extract_audio.hpp"
#include "rtpproxy/tools/output_file.hpp"

#include <cstdlib>
#include <exception>
#include <iostream>

int main(int argc, char** argv) {
    try {
        rtpproxy::remove_temporaries_on_signals();
        return rtpproxy::run_extractaudio(argc, argv, std::cout, std::cerr);
    } catch (const std::exception& error) {
        std::cerr << "extractaudio: " << error.what() << '\n';
        return EXIT_FAILURE;
    }
}
