#include "rtpproxy/accounting/record_writer.hpp"

#include "rtpproxy/log/log.hpp"
#include "rtpproxy/threads/start_thread.hpp"

#include "record_output.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <optional>
#include <utility>

namespace rtpproxy {
namespace {

using record_queue = std::deque<std::unique_ptr<call_record>>;

std::string_view name_of(record_format format) {
    return format == record_format::csv ? "csv" : "json";
}

std::string why_not_opened(const record_target& target, const boost::system::error_code& error) {
    const auto reason = error == boost::system::errc::not_supported ? std::string("is no regular file")
                                                                    : log::error_text(error);
    return fmt::format("{}:{}: {}", name_of(target.format), target.path.string(), reason);
}

}  // namespace

/// The queue and, on the thread, the files.
class record_writer::worker {
  public:
    explicit worker(const settings& chosen) : most_waiting_(chosen.most_waiting) {
        for (const auto& target : chosen.targets)
            outputs_.emplace_back(target, chosen.most_waiting);
    }

    [[nodiscard]] std::vector<record_output>& outputs() noexcept { return outputs_; }
    [[nodiscard]] std::uint64_t lost() const noexcept { return lost_of_queue_ + lost_of_outputs_; }

    void submit(std::unique_ptr<call_record> record) {
        bool first_loss = false;
        {
            const std::lock_guard lock{mutex_};
            record->id = ++last_id_;
            if (queue_.size() < most_waiting_ && !ending_)
                queue_.push_back(std::move(record));
            else
                first_loss = lose_one();
        }
        wake_.notify_one();
        if (first_loss)
            log::err(log::global, "call records: {} wait to be written, further ones are lost",
                     most_waiting_);
    }

    void run(const record_origin& origin) {
        bool ending = false;
        while (!ending) {
            ending = wait_for_work();
            try {
                hand_out(take_queue());
                flush(origin);
            } catch (const std::exception& error) {  // out of memory
                log::err(log::global, "call records: {}", error.what());
            }
        }
        try {
            finish(origin);
        } catch (const std::exception& error) {
            log::err(log::global, "call records: {}", error.what());
        }
    }

    void end_by(time_point deadline) {
        {
            const std::lock_guard lock{mutex_};
            ending_ = true;
            deadline_ = deadline;
        }
        wake_.notify_one();
    }

    std::promise<void> finished;

  private:
    /// Whether the log is to tell: of the first one since the queue was taken, but not after the end.
    bool lose_one() {
        lost_of_queue_ += outputs_.size();
        return !std::exchange(losing_, true) && !ending_;
    }

    /// @returns whether the end has come.
    bool wait_for_work() {
        std::unique_lock lock{mutex_};
        const auto has_come = [this] { return !queue_.empty() || ending_; };
        if (const auto retry = retry_after())
            wake_.wait_for(lock, *retry, has_come);
        else
            wake_.wait(lock, has_come);
        return ending_;
    }

    record_queue take_queue() {
        const std::lock_guard lock{mutex_};
        losing_ = false;
        return std::exchange(queue_, {});
    }

    void hand_out(record_queue records) noexcept {
        for (auto& each : records) {
            try {
                hand_out(std::move(each));
            } catch (const std::exception&) {  // out of memory
                lost_of_queue_ += outputs_.size();
            }
        }
    }

    void hand_out(std::shared_ptr<const call_record> record) {
        for (auto& output : outputs_)
            output.add(record);
    }

    void flush(const record_origin& origin) {
        std::uint64_t lost = 0;
        for (auto& output : outputs_) {
            output.flush(origin);
            lost += output.lost();
        }
        lost_of_outputs_ = lost;
    }

    [[nodiscard]] std::optional<std::chrono::milliseconds> retry_after() const {
        std::optional<std::chrono::milliseconds> soonest;
        for (const auto& output : outputs_)
            if (const auto after = output.retry_after()) soonest = std::min(soonest.value_or(*after), *after);
        return soonest;
    }

    /// Locks pass; whatever else is wrong will not be put right now.
    void finish(const record_origin& origin) {
        const auto waits = [](const record_output& output) { return output.is_locked_out(); };
        while (std::ranges::any_of(outputs_, waits) && steady_clock::now() < deadline_) {
            std::this_thread::sleep_for(retry_after().value_or(std::chrono::milliseconds{0}));
            flush(origin);
        }
        std::uint64_t written = 0;
        for (auto& output : outputs_) {
            output.abandon();
            written += output.written();
        }
        flush(origin);
        log::always(log::level::info, log::global, "call records: {} lines written, {} lost", written,
                    lost());
    }

    const std::size_t most_waiting_;
    std::vector<record_output> outputs_;
    std::mutex mutex_;
    std::condition_variable wake_;
    record_queue queue_;
    std::uint64_t last_id_ = 0;
    bool losing_ = false;
    bool ending_ = false;
    time_point deadline_{};  // written before ending_
    std::atomic<std::uint64_t> lost_of_queue_{0};
    std::atomic<std::uint64_t> lost_of_outputs_{0};
};

record_writer::record_writer(settings chosen)
    : settings_(std::move(chosen)), worker_(std::make_shared<worker>(settings_)) {}

record_writer::~record_writer() {
    stop();
}

boost::system::result<void, std::string> record_writer::open() {
    for (std::size_t i = 0; i < settings_.targets.size(); ++i)
        if (const auto error = worker_->outputs()[i].open())
            return {boost::system::in_place_error, why_not_opened(settings_.targets[i], error)};
    return {};
}

void record_writer::start(record_origin origin) {
    finished_ = worker_->finished.get_future();
    thread_ =
        start_thread("call-records", thread_role::background, [shared = worker_, origin = std::move(origin)] {
            shared->run(origin);
            shared->finished.set_value();
        });
}

void record_writer::submit(std::unique_ptr<call_record> record) noexcept {
    try {
        worker_->submit(std::move(record));
    } catch (const std::exception&) {  // out of memory: the gap in the numbers tells
    }
}

void record_writer::stop() {
    if (!thread_.joinable()) return;
    worker_->end_by(steady_clock::now() + settings_.patience);
    constexpr std::chrono::seconds for_the_last_write{1};
    if (finished_.wait_for(settings_.patience + for_the_last_write) == std::future_status::timeout) {
        log::always(log::level::err, log::global, "call records: the disk hangs, what waits for it is lost");
        thread_.detach();
        return;
    }
    thread_.join();
}

std::uint64_t record_writer::lost() const noexcept {
    return worker_->lost();
}

}  // namespace rtpproxy
