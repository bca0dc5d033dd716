#include "record_output.hpp"

#include "rtpproxy/log/log.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace rtpproxy {
namespace {

constexpr std::size_t batch_octets = 64 * 1024;
constexpr std::chrono::milliseconds locked_retry{50};
constexpr std::chrono::milliseconds failed_retry{1000};

bool is_locked(const boost::system::error_code& error) {
    return error == boost::system::errc::resource_unavailable_try_again;
}

}  // namespace

record_output::record_output(const record_target& target, std::size_t backlog_limit)
    : format_(target.format),
      file_(target.path, record_header(target.format)),
      backlog_limit_(backlog_limit) {}

void record_output::add(std::shared_ptr<const call_record> record) {
    if (backlog_.size() < backlog_limit_) {
        backlog_.push_back(std::move(record));
        return;
    }
    if (lost_++ == lost_before_)
        log::err(log::global, "call records: {} wait for {}, further ones are lost until it can be written",
                 backlog_.size(), file_.path().string());
}

std::string record_output::format_batch(const record_origin& origin) const {
    std::string lines;
    for (const auto& record : backlog_) {
        if (lines.size() >= batch_octets) break;
        lines += format_record(format_, *record, origin);
        lines += '\n';
    }
    return lines;
}

void record_output::flush(const record_origin& origin) {
    while (!backlog_.empty()) {
        const auto lines = format_batch(origin);
        const auto [octets, error] = file_.append(lines);
        const auto whole = std::string_view(lines).substr(0, octets);
        take_off(static_cast<std::size_t>(std::ranges::count(whole, '\n')));
        if (error) return on_failure(error);
        on_success();
    }
}

void record_output::take_off(std::size_t lines) noexcept {
    backlog_.erase(backlog_.begin(), backlog_.begin() + static_cast<std::ptrdiff_t>(lines));
    written_ += lines;
}

void record_output::on_failure(const boost::system::error_code& error) {
    failure_ = error;
    if (is_locked(error) || std::exchange(told_, true)) return;
    log::err(log::global, "call records: cannot write {}: {}; they wait, {} at most", file_.path().string(),
             log::error_text(error), backlog_limit_);
}

void record_output::on_success() {
    if (told_ || lost_ != lost_before_)
        log::warn(log::global, "call records: {} is written again; {} were lost", file_.path().string(),
                  lost_ - lost_before_);
    failure_ = {};
    told_ = false;
    lost_before_ = lost_;
}

std::optional<std::chrono::milliseconds> record_output::retry_after() const noexcept {
    if (backlog_.empty()) return std::nullopt;
    return is_locked(failure_) ? locked_retry : failed_retry;
}

bool record_output::is_locked_out() const noexcept {
    return !backlog_.empty() && is_locked(failure_);
}

void record_output::abandon() {
    if (backlog_.empty()) return;
    const auto reason =
        is_locked(failure_) ? std::string("another program has locked it") : log::error_text(failure_);
    log::err(log::global, "call records: {} are lost, {} could not be written: {}", backlog_.size(),
             file_.path().string(), reason);
    lost_ += backlog_.size();
    backlog_.clear();
}

}  // namespace rtpproxy
