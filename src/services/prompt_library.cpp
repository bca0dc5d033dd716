#include "rtpproxy/services/prompt_library.hpp"

#include <exception>
#include <utility>

namespace rtpproxy {
namespace {

constexpr std::size_t most_recent_answers = 1024;
constexpr std::size_t most_useless_files = 1024;

std::string text_of(const prompt_request& wanted) {
    return wanted.codecs + ' ' + wanted.name;  // a codec list has no space
}

/// Why nothing of a codec list can be played: the first file that is there but of no use, or else the first
/// that is missing.
class reasons {
  public:
    void add(const prompt_failure& failure) {
        if (first_.empty() || (first_is_missing_ && !failure.missing)) {
            first_ = failure.reason;
            first_is_missing_ = failure.missing;
        }
    }
    [[nodiscard]] std::string text() const {
        return first_.empty() ? "no payload type that can be played" : first_;
    }

  private:
    std::string first_;
    bool first_is_missing_ = false;
};

}  // namespace

prompt_ptr prompt_library::find_recent(const prompt_request& wanted) {
    const std::lock_guard lock(mutex_);
    const auto found = recent_.find(text_of(wanted));
    if (found == recent_.end() || steady_clock::now() - found->second.when > settings_.trusted_for)
        return nullptr;
    return found->second.found.lock();
}

void prompt_library::find(prompt_request wanted, found_handler on_found) {
    auto asked = std::make_shared<lookup>(lookup{std::move(wanted), std::move(on_found)});
    if (++lookups_ > settings_.most_lookups)
        return answer(*asked, {.found = nullptr, .reason = "too many prompts are being read"});
    try {
        run_([this, asked = std::move(asked)] { attempt(asked); });
    } catch (...) {
        --lookups_;
        throw;
    }
}

void prompt_library::answer(const lookup& asked, prompt_lookup result) noexcept {
    --lookups_;
    asked.on_found(std::move(result));
}

void prompt_library::answer_for_want_of_memory(const lookup& asked) noexcept {
    answer(asked, {.found = nullptr, .reason = "out of memory"});  // short enough to need none
}

void prompt_library::attempt(const std::shared_ptr<lookup>& asked) noexcept {
    outcome result;
    try {
        result = look_up(asked);
    } catch (const std::exception&) {
        return answer_for_want_of_memory(*asked);
    }
    if (!result) return;
    if (result->found) remember(asked->wanted, result->found);
    answer(*asked, std::move(*result));
}

prompt_library::outcome prompt_library::look_up(const std::shared_ptr<lookup>& asked) {
    reasons why_not;
    for (const auto& format : read_playable_formats(asked->wanted.codecs, settings_.dynamic_payloads)) {
        auto source = open_source(settings_.files, asked->wanted.name, format);
        if (!source) {
            why_not.add(source.error());
            continue;
        }
        const prompt_cache::key key{source->file.name, format.payload_type};
        const auto version = source->file.version;
        auto known = claim(key, version, asked);
        if (known.what == claim_result::in_cache)
            return prompt_lookup{.found = std::move(known.found), .reason = {}};
        if (known.what == claim_result::being_read) return std::nullopt;
        if (known.what == claim_result::is_useless) {
            why_not.add(known.why_not);
            continue;
        }
        auto read = try_read(std::move(*source), format);
        on_read(key, version, read);
        if (read) return prompt_lookup{.found = std::move(*read), .reason = {}};
        why_not.add(read.error());
    }
    return prompt_lookup{.found = nullptr, .reason = why_not.text()};
}

/// A cached prompt of this version, why there is none, or the right to read the file.
prompt_library::known_file prompt_library::claim(const prompt_cache::key& key, const file_version& version,
                                                 const std::shared_ptr<lookup>& asked) {
    const std::lock_guard lock(mutex_);
    if (auto found = cache_.find(key, version)) return {.what = claim_result::in_cache, .found = found};
    const auto useless = useless_.find(key);
    if (useless != useless_.end() && useless->second.version == version &&
        steady_clock::now() < useless->second.until)
        return {.what = claim_result::is_useless, .why_not = useless->second.why};
    const auto [reading, is_first] = being_read_.try_emplace(key);
    if (is_first) return {.what = claim_result::mine};
    reading->second.push_back(asked);
    return {.what = claim_result::being_read};
}

/// Decoders are given whatever is in the file, and may run out of memory over it.
boost::system::result<prompt_ptr, prompt_failure> prompt_library::try_read(
    prompt_source source, const frame_format& format) const noexcept {
    try {
        const auto name = source.file.name;
        try {
            return read_prompt(std::move(source), format, settings_.cache_octets);
        } catch (const std::exception& error) {
            return prompt_failure{.missing = false, .reason = name + ": " + error.what()};
        }
    } catch (const std::exception&) {
        return prompt_failure{.missing = false, .reason = "out of memory"};
    }
}

/// Lets those that waited for the file try again: now they find what became of it in memory.
void prompt_library::on_read(const prompt_cache::key& key, const file_version& version,
                             const boost::system::result<prompt_ptr, prompt_failure>& read) noexcept {
    std::vector<std::shared_ptr<lookup>> waiting;
    {
        const std::lock_guard lock(mutex_);
        keep(key, version, read);
        const auto reading = being_read_.find(key);
        waiting = std::move(reading->second);
        being_read_.erase(reading);
    }
    for (auto& each : waiting) {
        try {
            run_([this, each] { attempt(each); });
        } catch (const std::exception&) {
            answer_for_want_of_memory(*each);
        }
    }
}

/// Under the mutex. What there is no memory for is read again the next time.
void prompt_library::keep(const prompt_cache::key& key, const file_version& version,
                          const boost::system::result<prompt_ptr, prompt_failure>& read) noexcept {
    try {
        if (read) return cache_.keep(key, version, *read);
        if (useless_.size() >= most_useless_files) useless_.clear();
        useless_.insert_or_assign(
            key, useless_file{version, read.error(), steady_clock::now() + settings_.useless_for});
    } catch (const std::exception&) {
        useless_.erase(key);
    }
}

void prompt_library::remember(const prompt_request& wanted, const prompt_ptr& found) noexcept {
    try {
        const std::lock_guard lock(mutex_);
        if (recent_.size() >= most_recent_answers) recent_.clear();
        recent_[text_of(wanted)] = {found, steady_clock::now()};
    } catch (const std::exception&) {  // it is looked for again
    }
}

}  // namespace rtpproxy
