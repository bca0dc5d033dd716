// Drives a fuzz target without libFuzzer: hands it every file of the corpora named on the command line, then
// a number of random changes of them.
//
//   TARGET [--runs N] [--seed S] FILE|DIRECTORY...
//
// The same seed, corpus and standard library make the same inputs. An input that ends the program is kept in
// the file crash-TARGET.

#include "fuzz.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
extern "C" void __sanitizer_set_death_callback(void (*callback)());
#endif

namespace {

using octets = std::string;

struct options {
    std::uint64_t runs = 0;
    std::uint64_t seed = 20040107;
    std::vector<std::filesystem::path> corpora;
};

const octets* current = nullptr;
std::string crash_file;

/// Called when the program is about to die: keeps the input. Only calls what a signal handler may.
void keep_current() {
    if (current == nullptr) return;
    const int file = ::open(crash_file.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0644);
    if (file < 0) return;
    [[maybe_unused]] const auto written = ::write(file, current->data(), current->size());
    ::close(file);
    current = nullptr;
}

void on_signal(int signal) {
    keep_current();
    std::signal(signal, SIG_DFL);
    std::raise(signal);
}

void keep_the_input_that_kills(const std::filesystem::path& program) {
    crash_file = "crash-" + program.filename().string();
    std::signal(SIGABRT, on_signal);
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    __sanitizer_set_death_callback(keep_current);
#else
    for (const int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL})
        std::signal(signal, on_signal);
#endif
}

void run(const octets& input) {
    current = &input;
    // A copy that ends where the input ends, so that a sanitizer notices who reads on.
    std::vector<std::uint8_t> copy(input.begin(), input.end());
    LLVMFuzzerTestOneInput(copy.data(), copy.size());
    current = nullptr;
}

/// Changes, drops, doubles and splices octets.
class mutator {
  public:
    mutator(const std::vector<octets>& corpus, std::uint64_t seed) : corpus_(corpus), random_(seed) {}

    octets next() {
        octets input = any();
        for (auto changes = 1 + below(8); changes > 0; --changes)
            change(input);
        return input;
    }

  private:
    std::size_t below(std::size_t end) {
        return std::uniform_int_distribution<std::size_t>(0, end - 1)(random_);
    }
    const octets& any() { return corpus_[below(corpus_.size())]; }

    char octet() {
        static constexpr std::string_view telling = " \t\n&%+-.:;,=/@*#\"\\{}[]0123456789aAcCfFlLtTuU";
        return below(3) == 0 ? static_cast<char>(below(256)) : telling[below(telling.size())];
    }

    octets slice(const octets& from, std::size_t most) {
        return from.substr(below(from.size() + 1), below(most));
    }

    /// A whole line of some input.
    octets line() {
        const auto& from = any();
        const auto begin = from.rfind('\n', below(from.size() + 1)) + 1;  // npos + 1 is 0
        const auto end = from.find('\n', begin);
        return from.substr(begin, end == octets::npos ? end : end + 1 - begin);
    }

    void change(octets& input) {
        const auto at = below(input.size() + 1);
        switch (below(7)) {
            case 0:
                input.insert(at, 1, octet());
                break;
            case 1:
                input.erase(at, below(16));
                break;
            case 2:
                input.insert(at, slice(input, 32));
                break;
            case 3:
                input.insert(at, slice(any(), 32));
                break;
            case 4:
                input.insert(input.rfind('\n', at) == octets::npos ? 0 : input.rfind('\n', at) + 1, line());
                break;
            case 5:
                if (at < input.size()) input[at] = static_cast<char>(input[at] ^ (1 << below(8)));
                break;
            default:
                if (at < input.size()) input[at] = octet();
        }
    }

    const std::vector<octets>& corpus_;
    std::mt19937_64 random_;
};

std::uint64_t number(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error == std::errc{} && end == text.data() + text.size()) return value;
    std::fprintf(stderr, "expected a number: %.*s\n", static_cast<int>(text.size()), text.data());
    std::exit(2);
}

options read_options(std::span<char*> arguments) {
    options result;
    for (std::size_t i = 1; i < arguments.size(); ++i) {
        const std::string_view argument = arguments[i];
        const bool last = i + 1 == arguments.size();
        if (argument == "--runs" && !last)
            result.runs = number(arguments[++i]);
        else if (argument == "--seed" && !last)
            result.seed = number(arguments[++i]);
        else
            result.corpora.emplace_back(argument);
    }
    return result;
}

octets read_file(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

/// The contents of all files in the order of their names.
std::vector<octets> read_corpora(const std::vector<std::filesystem::path>& corpora) {
    std::vector<std::filesystem::path> files;
    for (const auto& corpus : corpora) {
        if (std::filesystem::is_directory(corpus))
            for (const auto& entry : std::filesystem::directory_iterator(corpus))
                files.push_back(entry.path());
        else
            files.push_back(corpus);
    }
    std::ranges::sort(files);
    std::vector<octets> contents;
    std::ranges::transform(files, std::back_inserter(contents), read_file);
    return contents;
}

}  // namespace

int main(int argc, char** argv) {
    const std::span arguments(argv, static_cast<std::size_t>(argc));
    const auto chosen = read_options(arguments);
    const auto corpus = read_corpora(chosen.corpora);
    if (corpus.empty()) {
        std::fputs("no inputs: name files or directories\n", stderr);
        return 2;
    }
    keep_the_input_that_kills(arguments[0]);
    run({});
    std::ranges::for_each(corpus, run);
    mutator mutate(corpus, chosen.seed);
    for (std::uint64_t i = 0; i < chosen.runs; ++i)
        run(mutate.next());
    std::printf("%zu files, %llu random inputs (seed %llu): nothing found\n", corpus.size(),
                static_cast<unsigned long long>(chosen.runs), static_cast<unsigned long long>(chosen.seed));
}
