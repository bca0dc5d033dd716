#include "rtpproxy/tools/extract_audio.hpp"

#include "rtpproxy/codec/sound_writer.hpp"
#include "rtpproxy/tools/output_file.hpp"

#include "party_recording.hpp"
#include "recording_details_file.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <limits>
#include <ostream>
#include <string_view>
#include <utility>
#include <vector>

namespace rtpproxy {

namespace {

namespace fs = std::filesystem;
using outcome = party_recording::outcome;

constexpr std::size_t samples_at_once = track_rate;
constexpr std::uint64_t progress_samples = std::uint64_t{60} * track_rate;

/// What is written there is gone.
bool is_null_device(const fs::path& path) noexcept {
    struct stat status {};
    struct stat null_device {};
    return ::stat(path.c_str(), &status) == 0 && ::stat("/dev/null", &null_device) == 0 &&
           S_ISCHR(status.st_mode) && status.st_rdev == null_device.st_rdev;
}

std::int16_t clip(std::int32_t sum) noexcept {
    using limits = std::numeric_limits<std::int16_t>;
    return static_cast<std::int16_t>(std::clamp<std::int32_t>(sum, limits::min(), limits::max()));
}

/// The formats of the options, with what is usual for telephony where nothing is said.
sound_format format_of(const extract_options& options) {
    sound_format format{options.file_format, options.data_format, options.stereo ? 2U : 1U, track_rate};
    if (!format.data.empty()) return format;
    format.data = options.stereo ? "ms_adpcm" : "gsm610";
    if (!can_write(format)) format.data.clear();
    return format;
}

class extraction {
  public:
    extraction(const extract_options& options, std::ostream& out, std::ostream& err,
               const std::function<void(std::uint64_t)>& on_progress)
        : options_(options), out_(out), err_(err), on_progress_(on_progress) {}

    extract_outcome run() {
        if (auto error = open_captures(); !error.empty()) return fail(error);
        if (auto error = check_names(); !error.empty()) return fail(error);
        if (auto error = create_outputs(); !error.empty()) return fail(error, extract_outcome::no_output);
        if (auto done = write_sound(); !done) return fail(done.error());
        for (const auto* party : parties()) {
            party->report().print(out_);
            party->summarise(err_);
        }
        if (decoded_samples() == 0 && silent_packets() == 0 && !discards_)
            return fail("nothing of that is audio");
        if (auto done = commit_all(outputs_); !done) return fail(done.error());
        if (decoded_samples() == 0 && !discards_)
            return fail("nothing of that can be decoded by this build: the output is silence",
                        extract_outcome::silence);
        return delete_inputs();
    }

  private:
    using party_place = std::optional<party_recording> extraction::*;

    extract_outcome fail(std::string_view message, extract_outcome code = extract_outcome::failed) {
        err_ << "extractaudio: " << message << '\n';
        return code;
    }

    [[nodiscard]] std::vector<party_recording*> parties() {
        std::vector<party_recording*> found;
        for (auto* party : {&answer_, &originate_})
            if (*party) found.push_back(&**party);
        return found;
    }

    /// @returns a message, or nothing.
    std::string open_captures() {
        for (const auto& [source, place] : {std::pair{&options_.answer, &extraction::answer_},
                                            std::pair{&options_.originate, &extraction::originate_}}) {
            if (!*source) continue;
            if (auto error = open_capture(**source, place); !error.empty()) return error;
        }
        if (parties().empty()) return "there is no capture to read";
        return {};
    }

    std::string open_capture(const capture_source& source, party_place place) {
        std::optional<rtp_decryptor> decryptor;
        if (!source.crypto.empty()) {
            auto made = rtp_decryptor::make(source.crypto);
            if (!made) return source.path.string() + ": cannot decrypt: " + made.error();
            decryptor.emplace(std::move(*made));
        }
        auto opened = capture_input::open(source.path);
        if (opened) {
            (this->*place).emplace(std::move(*opened), std::move(decryptor), options_, err_);
            return {};
        }
        if (options_.needs_all) return opened.error();
        err_ << "extractaudio: " << opened.error() << '\n';
        return {};
    }

    /// An output that is an input would be deleted or overwritten.
    std::string check_names() {
        std::error_code ignored;
        auto outputs = options_.links;
        outputs.push_back(options_.output);
        for (const auto& output : outputs)
            for (const auto* party : parties())
                if (fs::equivalent(output, party->path(), ignored))
                    return output.string() + ": is one of the captures";
        return {};
    }

    std::string create_outputs() {
        discards_ = is_null_device(options_.output);
        if (discards_) return options_.links.empty() ? "" : options_.output.string() + ": cannot have links";
        auto created = output_file::create(options_.output);
        if (!created) return created.error();
        outputs_.push_back(std::move(*created));
        for (const auto& link : options_.links) {
            auto linked = output_file::create_link(outputs_.front(), link);
            if (!linked) return linked.error();
            outputs_.push_back(std::move(*linked));
        }
        return {};
    }

    /// Lets all tracks begin when the first of them does.
    outcome find_origin() {
        std::optional<wall_time> origin;
        for (auto* party : parties()) {
            if (auto read = party->read_first(); !read) return read;
            const auto first = party->first_arrival();
            if (first) origin = origin ? std::min(*origin, *first) : *first;
        }
        for (auto* party : parties())
            party->begin_at(origin.value_or(wall_time{}));
        return {};
    }

    outcome write_sound() {
        if (auto found = find_origin(); !found) return found;
        if (discards_) return write_sound_to([](auto) { return outcome{}; });
        auto writer =
            sound_writer::open(outputs_.front().descriptor(), options_.output.string(), format_of(options_));
        if (!writer) return writer.error();
        const auto written = write_sound_to([&](auto samples) { return writer->write(samples); });
        return written ? writer->finish() : written;
    }

    template <typename Write>
    outcome write_sound_to(Write write) {
        for (std::uint64_t done = 0;;) {
            const auto count = read_some();
            if (!count) return count.error();
            if (*count == 0) return {};
            if (auto written = write(mix(*count)); !written) return written;
            report_progress(done, *count);
            done += *count;
        }
    }

    /// Reads the captures as far as needed for the next samples. @returns how many there are.
    boost::system::result<std::size_t, std::string> read_some() {
        std::uint64_t ready = 0;
        bool at_end = true;
        for (auto* party : parties()) {
            if (auto read = party->read_until_ready(samples_at_once); !read) return read.error();
            ready = std::max(ready, party->track().ready());
            at_end = at_end && party->at_end();
        }
        return at_end ? static_cast<std::size_t>(std::min<std::uint64_t>(ready, samples_at_once))
                      : samples_at_once;
    }

    /// The next samples of a party: the average of the voices in its capture, so that they cannot be too
    /// loud.
    static void take(party_recording& party, std::vector<std::int32_t>& samples) {
        party.track().add_to(samples);
        const auto voices = static_cast<std::int32_t>(party.voices());
        if (voices <= 1) return;
        for (auto& sample : samples)
            sample /= voices;
    }

    /// The next `count` samples of both parties: their average in one channel, or two channels that take
    /// turns.
    std::span<const std::int16_t> mix(std::size_t count) {
        left_.assign(count, 0);
        right_.assign(count, 0);
        if (answer_) take(*answer_, left_);
        if (originate_) take(*originate_, right_);
        const bool both = answer_ && originate_ && answer_->voices() != 0 && originate_->voices() != 0;
        samples_.clear();
        for (std::size_t i = 0; i < count; ++i) {
            if (options_.stereo) {
                samples_.push_back(clip(left_[i]));
                samples_.push_back(clip(right_[i]));
            } else {
                samples_.push_back(clip((left_[i] + right_[i]) / (both ? 2 : 1)));
            }
        }
        return samples_;
    }

    void report_progress(std::uint64_t before, std::uint64_t more) const {
        if (on_progress_ && before / progress_samples != (before + more) / progress_samples)
            on_progress_((before + more) / track_rate);
    }

    [[nodiscard]] std::uint64_t decoded_samples() {
        std::uint64_t sum = 0;
        for (auto* party : parties())
            sum += party->track().decoded_samples();
        return sum;
    }

    [[nodiscard]] std::uint64_t silent_packets() {
        std::uint64_t sum = 0;
        for (auto* party : parties())
            sum += party->track().packets().silent;
        return sum;
    }

    extract_outcome delete_inputs() {
        if (!options_.delete_inputs) return extract_outcome::done;
        for (const auto* party : parties()) {
            const auto details = find_recording_details(party->path());
            std::error_code error;
            fs::remove(party->path(), error);
            if (error) return fail(party->path().string() + ": " + error.message());
            if (details) fs::remove(*details, error);
            if (error) return fail(details->string() + ": " + error.message());
        }
        return extract_outcome::done;
    }

    const extract_options& options_;
    std::ostream& out_;
    std::ostream& err_;
    const std::function<void(std::uint64_t)>& on_progress_;
    std::optional<party_recording> answer_;
    std::optional<party_recording> originate_;
    bool discards_ = false;  // what is written
    std::vector<output_file> outputs_;
    std::vector<std::int32_t> left_;
    std::vector<std::int32_t> right_;
    std::vector<std::int16_t> samples_;
};

/// @returns the datagrams in a capture, or -1 after saying why they cannot be counted.
std::int64_t count_packets(const fs::path& path, std::ostream& err) {
    auto capture = capture_input::open(path);
    if (!capture) {
        err << "extractaudio: " << capture.error() << '\n';
        return -1;
    }
    for (std::int64_t count = 0;; ++count) {
        const auto packet = capture->next();
        if (!packet) {
            err << "extractaudio: " << packet.error().message << '\n';
            return -1;
        }
        if (!*packet) return count;
    }
}

}  // namespace

extract_outcome extract_audio(const extract_options& options, std::ostream& out, std::ostream& err,
                              const std::function<void(std::uint64_t)>& on_progress) {
    if (!options.count_only) return extraction{options, out, err, on_progress}.run();
    for (const auto* source : {&options.answer, &options.originate})
        if (*source) out << (*source)->path.string() << ": " << count_packets((*source)->path, err) << '\n';
    return extract_outcome::done;
}

}  // namespace rtpproxy
