#include "rtpproxy/log/sinks.hpp"

#include "rtpproxy/log/escape.hpp"
#include "rtpproxy/log/log.hpp"
#include "rtpproxy/log/token_bucket.hpp"

#include "descriptor.hpp"
#include "loss_report.hpp"
#include "queued_output.hpp"
#include "state.hpp"

#include <boost/log/attributes/attribute_value_impl.hpp>
#include <boost/log/core.hpp>
#include <boost/log/sources/record_ostream.hpp>
#include <boost/log/utility/exception_handler.hpp>

#include <unistd.h>

#include <memory>
#include <vector>

namespace rtpproxy::log {
namespace {

namespace attributes = boost::log::attributes;

// Changed by start() and stop() only, which do not run at once.
std::vector<std::unique_ptr<output>> outputs;

// Kept for good: a thread that stop() left stuck may still be there when static objects are destroyed.
boost::log::core& immortal_core() {
    static auto& core = *new boost::log::core_ptr(boost::log::core::get());
    return *core;
}

token_bucket bucket(usual_lines_a_second, usual_lines_a_second* burst_seconds);

void write_directly(const entry& line) {
    const auto text = escape(line.text, text_limit, escape_for::text);
    if (!try_write(STDERR_FILENO, "rtpproxy: " + text + "\n")) state.unwritable.fetch_add(1);
}

void submit(entry&& line) {
    const auto sinks = state.outputs.load(std::memory_order_acquire);
    if (sinks == 0) return write_directly(line);
    auto record = immortal_core().open_record(boost::log::attribute_set());
    if (!record) return;
    record.attribute_values().insert(entry_attribute, attributes::make_attribute_value(std::move(line)));
    state.pending.fetch_add(sinks, std::memory_order_relaxed);
    immortal_core().push_record(std::move(record));
}

entry make_entry(level severity, std::string_view context, const std::source_location& where,
                 std::string text) {
    return {std::chrono::system_clock::now(),
            uptime(),
            severity,
            std::string(context),
            std::string(short_function_name(where.function_name())),
            where.line(),
            std::move(text)};
}

void report_losses(bool at_once) {
    const auto now = std::chrono::steady_clock::now();
    if (const auto text = take_loss_report(now, at_once); !text.empty())
        submit(make_entry(level::warn, global, std::source_location::current(), text));
}

}  // namespace

namespace detail {

std::atomic<level> threshold = level::err;

void write(level severity, std::string_view context, const std::source_location& where,
           fmt::string_view format, fmt::format_args values, rate limit) noexcept {
    try {
        const bool pass = limit == rate::unlimited || bucket.try_take(std::chrono::steady_clock::now());
        if (!pass) state.rate_limited.fetch_add(1, std::memory_order_relaxed);
        report_losses(false);
        if (pass) submit(make_entry(severity, context, where, fmt::vformat(format, values)));
    } catch (...) {
        state.unwritable.fetch_add(1);  // out of memory: a log line is not worth ending a call for
    }
}

}  // namespace detail

void start(const configuration& wanted) {
    stop();
    immortal_core().set_exception_handler(boost::log::make_exception_suppressor());
    state.format = wanted.format;
    state.lines_a_second = wanted.lines_a_second;
    bucket.limit(wanted.lines_a_second, wanted.lines_a_second * burst_seconds);
    if (wanted.to_stderr) outputs.push_back(open_stderr(wanted));
    if (wanted.syslog_facility) outputs.push_back(open_syslog(wanted));
    open_emergency_outputs(wanted);
    set_threshold(wanted.threshold);
    state.pending = 0;
    state.outputs.store(static_cast<int>(outputs.size()), std::memory_order_release);
}

void stop() noexcept {
    if (outputs.empty()) return;
    try {
        report_losses(true);
    } catch (...) {
        state.unwritable.fetch_add(1);
    }
    state.outputs.store(0, std::memory_order_release);
    close_emergency_outputs();
    outputs.clear();
}

void set_threshold(level least) noexcept {
    detail::threshold.store(least, std::memory_order_relaxed);
}

losses lost_lines() noexcept {
    return {state.rate_limited, state.overflowed, state.unwritable};
}

}  // namespace rtpproxy::log
