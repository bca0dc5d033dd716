#pragma once

#include "rtpproxy/accounting/call_record.hpp"
#include "rtpproxy/accounting/format_record.hpp"
#include "rtpproxy/accounting/record_target.hpp"

#include "record_file.hpp"

#include <boost/system/error_code.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>

namespace rtpproxy {

/// One file of the record writer, and the records that it has not taken yet. On the writer's thread.
class record_output {
  public:
    record_output(const record_target& target, std::size_t backlog_limit);

    boost::system::error_code open() { return file_.open(); }

    /// Keeps `record` to be written. A full backlog loses it.
    void add(std::shared_ptr<const call_record> record);

    /// Writes what there is. What the file does not take is kept.
    void flush(const record_origin& origin);

    /// How long to wait before trying again; empty: nothing is left to write.
    [[nodiscard]] std::optional<std::chrono::milliseconds> retry_after() const noexcept;

    /// Whether another program's lock is all that keeps records from the file.
    [[nodiscard]] bool is_locked_out() const noexcept;

    /// Gives up what is left.
    void abandon();

    [[nodiscard]] std::uint64_t written() const noexcept { return written_; }
    [[nodiscard]] std::uint64_t lost() const noexcept { return lost_; }

  private:
    [[nodiscard]] std::string format_batch(const record_origin& origin) const;
    void take_off(std::size_t lines) noexcept;
    void on_failure(const boost::system::error_code& error);
    void on_success();

    record_format format_;
    record_file file_;
    std::size_t backlog_limit_;
    std::deque<std::shared_ptr<const call_record>> backlog_;
    boost::system::error_code failure_;  ///< why it does not take records now
    bool told_ = false;                  ///< of the failure
    std::uint64_t lost_before_ = 0;      ///< when the failure began
    std::uint64_t written_ = 0;
    std::uint64_t lost_ = 0;
};

}  // namespace rtpproxy
