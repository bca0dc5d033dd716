#include "load/measure.hpp"
#include "load/options.hpp"
#include "load/report.hpp"

#include <boost/json/serialize.hpp>

#include <exception>
#include <fstream>
#include <iostream>

namespace {

void write(const boost::json::object& results, const std::string& json_file) {
    if (json_file == "-") {
        std::cout << boost::json::serialize(results) << '\n';
        return;
    }
    rtpproxy::bench::print_table(std::cout, results);
    if (json_file.empty()) return;
    std::ofstream file(json_file);
    file << boost::json::serialize(results) << '\n';
    if (!file.flush()) throw std::runtime_error("cannot write " + json_file);
}

}  // namespace

int main(int argc, char** argv) {
    try {
        const auto options = rtpproxy::bench::read_options(argc, argv);
        if (!options) return 0;
        write(rtpproxy::bench::measure(*options), options->json_file);
    } catch (const std::exception& failure) {
        std::cerr << "rtp_load: " << failure.what() << '\n';
        return 1;
    }
    return 0;
}
