// Debian's Boost.Log is built with the native syslog back-end; its header shows it only to those who ask.
#define BOOST_LOG_USE_NATIVE_SYSLOG

#include "queued_output.hpp"

#include "rtpproxy/threads/start_thread.hpp"

#include "descriptor.hpp"
#include "state.hpp"

#include <boost/log/attributes/value_extraction.hpp>
#include <boost/log/core/core.hpp>
#include <boost/log/core/record_view.hpp>
#include <boost/log/sinks/async_frontend.hpp>
#include <boost/log/sinks/basic_sink_backend.hpp>
#include <boost/log/sinks/bounded_fifo_queue.hpp>
#include <boost/log/sinks/syslog_backend.hpp>
#include <boost/log/utility/exception_handler.hpp>
#include <boost/log/utility/formatting_ostream.hpp>
#include <boost/smart_ptr/make_shared.hpp>

#include <syslog.h>
#include <unistd.h>

#include <future>
#include <thread>

namespace rtpproxy::log {
namespace {

namespace sinks = boost::log::sinks;

const entry& entry_of(const boost::log::record_view& record) {
    return boost::log::extract_or_throw<entry>(entry_attribute, record);
}

std::string format_line(const entry& line, line_format format) {
    return format == line_format::json ? format_json(line) : format_text(line);
}

// Overflow strategy of Boost.Log's bounded queue: never wait, count.
struct count_and_drop {
    template <typename Lock>
    static bool on_overflow(const boost::log::record_view&, Lock&) {
        state.overflowed.fetch_add(1, std::memory_order_relaxed);
        state.pending.fetch_sub(1, std::memory_order_relaxed);
        return false;
    }
    static void on_queue_space_available() {}
    static void interrupt() {}
};

struct stderr_backend : sinks::basic_formatted_sink_backend<char, sinks::synchronized_feeding> {
    std::atomic<bool> abandoned = false;

    void consume(const boost::log::record_view&, const std::string& line) {
        if (abandoned) return;
        if (!write_all(STDERR_FILENO, line)) state.unwritable.fetch_add(1);
        state.pending.fetch_sub(1);
    }
};

struct counted_syslog_backend : sinks::syslog_backend {
    std::atomic<bool> abandoned = false;

    using sinks::syslog_backend::syslog_backend;

    void consume(const boost::log::record_view& record, const std::string& line) {
        if (abandoned) return;
        sinks::syslog_backend::consume(record, line);
        state.pending.fetch_sub(1);
    }
};

template <typename Backend>
class queued_output final : public output {
  public:
    template <typename Formatter>
    queued_output(const char* name, boost::shared_ptr<Backend> backend, Formatter formatter)
        : backend_(std::move(backend)), sink_(boost::make_shared<sink>(backend_, without_thread)) {
        sink_->set_formatter(std::move(formatter));
        sink_->set_exception_handler(boost::log::make_exception_suppressor());
        thread_ = start_thread(name, thread_role::background, [sink = sink_, ended = ended_]() noexcept {
            sink->run();
            sink->flush();
            ended->set_value();
        });
        boost::log::core::get()->add_sink(sink_);
    }

    ~queued_output() override {
        boost::log::core::get()->remove_sink(sink_);
        sink_->stop();
        if (ended_->get_future().wait_for(stop_patience) == std::future_status::ready) {
            thread_.join();
        } else {  // its reader hangs, and the thread with it
            backend_->abandoned = true;
            thread_.detach();
        }
    }

  private:
    using sink = sinks::asynchronous_sink<Backend, sinks::bounded_fifo_queue<queued_lines, count_and_drop>>;
    static constexpr bool without_thread = false;

    boost::shared_ptr<Backend> backend_;
    boost::shared_ptr<sink> sink_;
    const std::shared_ptr<std::promise<void>> ended_ = std::make_shared<std::promise<void>>();
    std::thread thread_;
};

sinks::syslog::level syslog_level(level severity) {
    switch (severity) {
        case level::dbug:
            return sinks::syslog::debug;
        case level::info:
            return sinks::syslog::info;
        case level::warn:
            return sinks::syslog::warning;
        case level::err:
            return sinks::syslog::error;
        case level::crit:
            break;
    }
    return sinks::syslog::critical;
}

}  // namespace

std::unique_ptr<output> open_stderr(const configuration& wanted) {
    const auto since = wanted.format == line_format::text ? wanted.times_since : std::nullopt;
    auto formatter = [format = wanted.format, since](const boost::log::record_view& record,
                                                     boost::log::formatting_ostream& to) {
        const entry& line = entry_of(record);
        if (since) to << format_relative_time(line, *since);
        to << format_line(line, format) << '\n';
    };
    return std::make_unique<queued_output<stderr_backend>>("log-stderr", boost::make_shared<stderr_backend>(),
                                                           formatter);
}

std::unique_ptr<output> open_syslog(const configuration& wanted) {
    const auto facility = sinks::syslog::make_facility(*wanted.syslog_facility);
    auto backend = boost::make_shared<counted_syslog_backend>(
        boost::log::keywords::facility = facility, boost::log::keywords::use_impl = sinks::syslog::native,
        boost::log::keywords::ident = "rtpproxy");
    backend->set_severity_mapper(
        [](const boost::log::record_view& record) { return syslog_level(entry_of(record).severity); });
    // The backend opens it without LOG_PID, and only at the first line, when a chroot may hide /dev/log.
    ::openlog("rtpproxy", LOG_PID | LOG_NDELAY, facility);
    auto formatter = [format = wanted.format](const boost::log::record_view& record,
                                              boost::log::formatting_ostream& to) {
        to << format_line(entry_of(record), format);
    };
    return std::make_unique<queued_output<counted_syslog_backend>>("log-syslog", std::move(backend),
                                                                   formatter);
}

}  // namespace rtpproxy::log

#ifdef __SANITIZE_THREAD__
// The system's libboost_log is not built with ThreadSanitizer, which therefore does not see that the last
// holder of a record is ordered after the others by its reference count, nor the order in which the library
// itself ends.
extern "C" const char* __tsan_default_suppressions();   // NOLINT(bugprone-reserved-identifier)
extern "C" const char* __tsan_default_suppressions() {  // NOLINT(bugprone-reserved-identifier)
    return "race:boost::log::v2_mt_posix::attribute_value_set::~attribute_value_set\n"
           "race:boost::log::v2_mt_posix::attributes::attribute_value_impl<rtpproxy::log::entry>\n"
           "race:boost::log::v2_mt_posix::record_view::public_data::destroy\n"
           "race:boost::log::v2_mt_posix::core::push_record_move\n"
           "called_from_lib:libboost_log.so\n";
}
#endif
