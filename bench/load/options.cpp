#include "load/options.hpp"

#include "load/call.hpp"
#include "load/ipv4.hpp"

#include <boost/program_options.hpp>

#include <iostream>
#include <map>
#include <stdexcept>

namespace rtpproxy::bench {
namespace {

namespace po = boost::program_options;

constexpr double packets_per_second_of_a_stream = 50;

template <typename Enum>
Enum choose(const std::map<std::string, Enum>& names, const std::string& option, const std::string& name) {
    const auto found = names.find(name);
    if (found == names.end()) throw std::invalid_argument("--" + option + " does not know '" + name + "'");
    return found->second;
}

po::options_description describe() {
    po::options_description options(
        "rtp_load: plays calls through an RTP relay and measures what becomes of them");
    options.add_options()         //
        ("help,h", "print this")  //
        ("mode", po::value<std::string>()->default_value("paced"),
         "paced: media at --rate; closed: --in-flight packets under way; search: the highest rate below 0.1 "
         "% "
         "loss and 20 ms p99; cycles: set up and end calls with --outstanding commands under way; burst: "
         "--outstanding commands at once")  //
        ("protocol", po::value<std::string>()->default_value("rtpproxy"),
         "rtpproxy, ng (rtpengine), or none: the two ends without a relay")                           //
        ("server", po::value<std::string>()->default_value("127.0.0.1:22222"), "control port (UDP)")  //
        ("pid", po::value<pid_t>(), "the relay's process, to account for CPU and memory")             //
        ("sessions", po::value<std::size_t>()->default_value(100), "calls, two streams each")         //
        ("rate", po::value<double>()->default_value(0),
         "packets a second in all; 0: 50 a stream. search begins at a quarter of it and goes up to ten "
         "times")                                                                                          //
        ("time", po::value<double>()->default_value(5), "seconds of measurement (search: of each trial)")  //
        ("warm-up", po::value<double>()->default_value(1), "seconds of media before it")                   //
        ("rest", po::value<double>()->default_value(0.3),
         "seconds of silence between the two: queues run empty, and a generator of real-time priority "
         "regains "
         "its share of the CPU")                                                                        //
        ("in-flight", po::value<std::size_t>()->default_value(64), "packets under way in mode closed")  //
        ("outstanding", po::value<std::size_t>()->default_value(16), "commands under way")              //
        ("sockets", po::value<std::size_t>()->default_value(2), "media sockets of the generator")       //
        ("probe-interval", po::value<int>()->default_value(0),
         "milliseconds between control commands beside the media; 0: none")                                //
        ("count-system-calls", po::bool_switch(), "of --pid; needs the right to trace, costs some speed")  //
        ("service", po::value<std::vector<std::string>>()->default_value({}, ""),
         "rtpproxy command to send about each call once it is set up; {call}, {sink_host} and {sink_port} in "
         "it are replaced (repeatable)")  //
        ("json", po::value<std::string>()->default_value(""), "file for the results; -: standard output");
    return options;
}

template <typename Number>
Number in_range(const po::variables_map& given, const char* name, Number low, Number high) {
    const auto value = given[name].as<Number>();
    if (!(value >= low && value <= high))
        throw std::invalid_argument("--" + std::string(name) + " must be from " + std::to_string(low) +
                                    " to " + std::to_string(high));
    return value;
}

void read_numbers(const po::variables_map& given, load_options& options) {
    using seconds = std::chrono::duration<double>;
    options.sessions = in_range<std::size_t>(given, "sessions", 1, most_calls);
    options.rate = in_range<double>(given, "rate", 0, 1e8);
    if (options.rate == 0)
        options.rate = packets_per_second_of_a_stream * 2 * static_cast<double>(options.sessions);
    options.time = seconds(in_range<double>(given, "time", 0.1, 3600));
    options.warm_up = seconds(in_range<double>(given, "warm-up", 0, 3600));
    options.rest = seconds(in_range<double>(given, "rest", 0, 60));
    options.in_flight = in_range<std::size_t>(given, "in-flight", 1, 100'000);
    options.outstanding = in_range<std::size_t>(given, "outstanding", 1, 10'000);
    options.sockets = in_range<std::size_t>(given, "sockets", 1, 64);
    options.probe_interval = std::chrono::milliseconds(in_range<int>(given, "probe-interval", 0, 60'000));
}

load_options interpret(const po::variables_map& given) {
    load_options options;
    options.mode = choose<run_mode>({{"paced", run_mode::paced},
                                     {"closed", run_mode::closed},
                                     {"search", run_mode::search},
                                     {"cycles", run_mode::cycles},
                                     {"burst", run_mode::burst}},
                                    "mode", given["mode"].as<std::string>());
    options.protocol = choose<control_protocol>({{"rtpproxy", control_protocol::rtpproxy},
                                                 {"ng", control_protocol::ng},
                                                 {"none", control_protocol::none}},
                                                "protocol", given["protocol"].as<std::string>());
    options.server = parse_host_and_port(given["server"].as<std::string>());
    if (given.count("pid") != 0) options.server_process = given["pid"].as<pid_t>();
    read_numbers(given, options);
    options.count_system_calls = given["count-system-calls"].as<bool>();
    options.services = given["service"].as<std::vector<std::string>>();
    options.json_file = given["json"].as<std::string>();
    const bool needs_control = options.mode == run_mode::cycles || options.mode == run_mode::burst ||
                               options.probe_interval.count() > 0;
    if (needs_control && options.protocol == control_protocol::none)
        throw std::invalid_argument("control commands need a --protocol");
    return options;
}

}  // namespace

std::optional<load_options> read_options(int argc, char** argv) {
    const auto known = describe();
    po::variables_map given;
    po::store(po::parse_command_line(argc, argv, known), given);
    if (given.count("help") != 0) {
        std::cout << known;
        return std::nullopt;
    }
    return interpret(given);
}

}  // namespace rtpproxy::bench
