#include "rtpproxy/tools/extract_options.hpp"

#include "rtpproxy/codec/sound_writer.hpp"

#include <getopt.h>

#include <algorithm>
#include <cstdlib>
#include <ostream>
#include <string_view>

namespace rtpproxy {

namespace {

constexpr std::string_view usage =
    "usage: extractaudio [-idsne] [-F file_fmt] [-D data_fmt] rdir outfile [link ...]\n"
    "       extractaudio [-idsne] [-F file_fmt] [-D data_fmt] [-A answer_capture]\n"
    "                    [-B originate_capture] [--alice-crypto SPEC] [--bob-crypto SPEC]\n"
    "                    outfile [link ...]\n"
    "       extractaudio -S rdir\n"
    "       extractaudio -S [-A answer_capture] [-B originate_capture]\n";

constexpr std::string_view help =
    "\n"
    "Makes a sound file of the recordings of a call: pcap or ad-hoc, by themselves rdir.a.rtp (what\n"
    "the callee sent) and rdir.o.rtp (the caller). Each link is another name of the sound file.\n"
    "If outfile is /dev/null, there is none, only what is told of the captures.\n"
    "\n"
    "  -A FILE            capture of what the callee sent\n"
    "  -B FILE            capture of what the caller sent\n"
    "  --alice-crypto SPEC, --bob-crypto SPEC\n"
    "                     the capture of -A, of -B is SRTP; SPEC is\n"
    "                     AES_CM_128_HMAC_SHA1_80:KEY or AES_CM_128_HMAC_SHA1_32:KEY,\n"
    "                     KEY what is behind inline: in the SDP\n"
    "  -s                 stereo: callee left, caller right\n"
    "  -n                 leave out gaps; the parties are not synchronised then\n"
    "  -F FORMAT          kind of file; wav by itself, '-F help' has a list\n"
    "  -D FORMAT          kind of data in it; by itself gsm610, in stereo ms_adpcm\n"
    "  -d                 delete the captures afterwards, and the JSON files beside them\n"
    "  -e                 fail if one of the captures cannot be opened\n"
    "  --salvage          of a damaged capture, use what is in front of the damage\n"
    "  -i                 run at idle priority\n"
    "  -S                 only count the packets of each capture; -1 if it cannot be read\n"
    "  -h, --help         show this\n";

enum long_option : int { alice_crypto = 256, bob_crypto, salvage };

constexpr auto short_options = "A:B:D:F:Sdehins";

bool contains(const std::vector<std::string_view>& names, std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

class option_reader {
  public:
    option_reader(std::ostream& out, std::ostream& err) : out_(out), err_(err) {}

    std::variant<extract_options, int> read(int argc, char** argv) {
        static const option long_options[] = {{"alice-crypto", required_argument, nullptr, alice_crypto},
                                              {"bob-crypto", required_argument, nullptr, bob_crypto},
                                              {"salvage", no_argument, nullptr, salvage},
                                              {"help", no_argument, nullptr, 'h'},
                                              {}};
        optind = 0;  // the GNU way to begin anew
        opterr = 0;
        for (int letter; (letter = ::getopt_long(argc, argv, short_options, long_options, nullptr)) != -1;) {
            take(letter);
            if (exit_code_) return *exit_code_;
        }
        take_names({argv + optind, argv + argc});
        if (!exit_code_) check_formats();
        if (exit_code_) return *exit_code_;
        return options_;
    }

  private:
    void take(int letter) {
        switch (letter) {
            case 'A':
                answer_ = optarg;
                break;
            case 'B':
                originate_ = optarg;
                break;
            case 'D':
                options_.data_format = optarg;
                break;
            case 'F':
                options_.file_format = optarg;
                break;
            case alice_crypto:
                answer_crypto_ = optarg;
                if (answer_crypto_.empty()) fail("--alice-crypto needs a value");
                break;
            case bob_crypto:
                originate_crypto_ = optarg;
                if (originate_crypto_.empty()) fail("--bob-crypto needs a value");
                break;
            case 'h':
                out_ << usage << help;
                exit_code_ = EXIT_SUCCESS;
                break;
            default:
                take_flag(letter);
        }
    }

    void take_flag(int letter) {
        switch (letter) {
            case 'S':
                options_.count_only = true;
                break;
            case 'd':
                options_.delete_inputs = true;
                break;
            case 'e':
                options_.needs_all = true;
                break;
            case 'i':
                options_.idle_priority = true;
                break;
            case 'n':
                options_.gapless = true;
                break;
            case 's':
                options_.stereo = true;
                break;
            case salvage:
                options_.salvages = true;
                break;
            default:
                fail("unknown option, or one without its value");
        }
    }

    void take_names(std::vector<std::string> names) {
        const bool named = !answer_.empty() || !originate_.empty();
        if (!named && !names.empty()) {
            answer_ = names.front() + ".a.rtp";
            originate_ = names.front() + ".o.rtp";
            names.erase(names.begin());
        } else if (!named) {
            return fail("no recording is named");
        }
        take_source(answer_, answer_crypto_, options_.answer, "--alice-crypto needs -A");
        take_source(originate_, originate_crypto_, options_.originate, "--bob-crypto needs -B");
        if (exit_code_) return;
        if (options_.count_only) return names.empty() ? void() : fail("-S takes no further names");
        if (names.empty()) return fail("no output is named");
        options_.output = names.front();
        options_.links.assign(names.begin() + 1, names.end());
    }

    void take_source(const std::string& path, const std::string& crypto,
                     std::optional<capture_source>& source, std::string_view objection) {
        if (!path.empty()) source = capture_source{path, crypto};
        if (path.empty() && !crypto.empty()) fail(objection);
    }

    void check_formats() {
        const auto containers = sound_container_names();
        const auto encodings = sound_data_names();
        const auto& file = options_.file_format;
        const auto& data = options_.data_format;
        if (!contains(containers, file)) return refuse("file", file, containers);
        if (!data.empty() && !contains(encodings, data)) return refuse("data", data, encodings);
        const sound_format format{file, data, options_.stereo ? 2U : 1U};
        if (!can_write(format))
            fail("a file of format " + file + " cannot have " + (options_.stereo ? "stereo " : "mono ") +
                 data + " data");
    }

    void refuse(std::string_view kind, std::string_view name, const std::vector<std::string_view>& known) {
        err_ << "extractaudio: unknown " << kind << " format " << name << "; known are:";
        for (const auto format : known)
            err_ << ' ' << format;
        err_ << '\n';
        exit_code_ = EXIT_FAILURE;
    }

    void fail(std::string_view reason) {
        err_ << "extractaudio: " << reason << '\n' << usage;
        exit_code_ = EXIT_FAILURE;
    }

    std::ostream& out_;
    std::ostream& err_;
    extract_options options_;
    std::string answer_;
    std::string originate_;
    std::string answer_crypto_;
    std::string originate_crypto_;
    std::optional<int> exit_code_;
};

}  // namespace

std::variant<extract_options, int> read_extract_options(int argc, char** argv, std::ostream& out,
                                                        std::ostream& err) {
    return option_reader{out, err}.read(argc, argv);
}

}  // namespace rtpproxy
