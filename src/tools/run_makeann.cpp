#include "rtpproxy/codec/codec_id.hpp"
#include "rtpproxy/tools/makeann.hpp"
#include "rtpproxy/tools/output_file.hpp"

#include <getopt.h>

#include <charconv>
#include <cstdlib>
#include <ostream>
#include <string_view>

namespace rtpproxy {

namespace {

constexpr std::string_view usage = "usage: makeann [-l LIMIT [-L]] [-v] [--raw] infile [outfile_template]\n";

constexpr std::string_view help =
    "\n"
    "Encodes infile once for each codec rtpproxy plays from raw frames: outfile_template.0 (PCMU),\n"
    ".3 (GSM), .8 (PCMA), .9 (G.722), .18 (G.729, where the build has it). Infile is raw signed 16 bit\n"
    "little-endian samples (mono, 8 kHz) or a file libsndfile reads: WAV, FLAC, Ogg and others.\n"
    "\n"
    "  -l LIMIT      stop after so many samples, counted at 8 kHz\n"
    "  -L            repeat infile until the limit\n"
    "  -v            send less in silence (G.729 only)\n"
    "  --raw         take infile for raw samples, whatever it looks like\n"
    "  -h, --help    show this\n";

constexpr int raw_option = 256;

std::optional<std::uint64_t> positive(std::string_view text) noexcept {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    constexpr std::uint64_t most = std::uint64_t{1} << 40U;
    if (error != std::errc{} || end != text.data() + text.size() || value == 0 || value > most)
        return std::nullopt;
    return value;
}

/// Either options or, when there is nothing more to do, the exit code.
struct arguments {
    makeann_options options;
    std::optional<int> exit_code;
};

class argument_reader {
  public:
    argument_reader(std::ostream& out, std::ostream& err) : out_(out), err_(err) {}

    arguments read(int argc, char** argv) {
        static const option long_options[] = {
            {"raw", no_argument, nullptr, raw_option}, {"help", no_argument, nullptr, 'h'}, {}};
        optind = 0;  // the GNU way to begin anew
        opterr = 0;
        for (int letter; (letter = ::getopt_long(argc, argv, "l:Lvh", long_options, nullptr)) != -1;) {
            take(letter);
            if (read_.exit_code) return read_;
        }
        take_names(argc, argv);
        return read_;
    }

  private:
    void take(int letter) {
        switch (letter) {
            case 'l':
                read_.options.limit = positive(optarg);
                if (!read_.options.limit) fail("-l takes a number of samples above 0");
                break;
            case 'L':
                read_.options.loops = true;
                break;
            case 'v':
                read_.options.suppresses_silence = true;
                if (!can_encode(codec_id::g729)) fail("-v needs a build with G.729");
                break;
            case raw_option:
                read_.options.raw = true;
                break;
            case 'h':
                out_ << usage << help;
                read_.exit_code = EXIT_SUCCESS;
                break;
            default:
                fail("unknown option, or one without its value");
        }
    }

    void take_names(int argc, char** argv) {
        const int names = argc - optind;
        if (names != 1 && names != 2) return fail("one or two file names are needed");
        if (read_.options.loops && !read_.options.limit) return fail("-L needs -l");
        read_.options.input = argv[optind];
        read_.options.output = argv[argc - 1];
    }

    void fail(std::string_view reason) {
        err_ << "makeann: " << reason << '\n' << usage;
        read_.exit_code = EXIT_FAILURE;
    }

    std::ostream& out_;
    std::ostream& err_;
    arguments read_;
};

}  // namespace

int run_makeann(int argc, char** argv, std::ostream& out, std::ostream& err) {
    const auto given = argument_reader{out, err}.read(argc, argv);
    if (given.exit_code) return *given.exit_code;
    const auto made = make_announcements(given.options, err);
    if (made) return EXIT_SUCCESS;
    err << "makeann: " << made.error() << '\n';
    return EXIT_FAILURE;
}

}  // namespace rtpproxy
