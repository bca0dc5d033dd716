#pragma once

#include "rtpproxy/accounting/call_record.hpp"
#include "rtpproxy/accounting/format_record.hpp"
#include "rtpproxy/accounting/record_target.hpp"

#include <boost/system/result.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace rtpproxy {

/// Appends call records to files, on a thread of its own: whoever hands one over never waits for a disk.
///
/// A file that cannot be written (full disk, no directory, locked by another program) costs records only once
/// `most_waiting` of them wait for it; each such episode has a line in the log when it begins, when records
/// are lost, and when it ends.
class record_writer {
  public:
    struct settings {
        std::vector<record_target> targets;
        std::size_t most_waiting = 65536;  ///< about a kilobyte each, for the thread and for each file
        std::chrono::milliseconds patience{3000};  ///< of stop(), with a locked file or a disk that hangs
    };

    explicit record_writer(settings chosen);
    record_writer(const record_writer&) = delete;
    record_writer& operator=(const record_writer&) = delete;
    /// As stop().
    ~record_writer();

    /// Opens the files, or says which of them cannot be opened and why. As the user and with the rights that
    /// the program will have from now on, since a file that was moved is made anew.
    [[nodiscard]] boost::system::result<void, std::string> open();

    /// Starts the thread. Once open, and not before the process has forked for the last time.
    void start(record_origin origin);

    /// Takes a record to be written, and gives it its number. A full queue loses it; gaps in the numbers
    /// tell. From any thread, before and after start(); takes a lock for a moment, never waits for a disk.
    void submit(std::unique_ptr<call_record> record) noexcept;

    /// Writes what is left and ends the thread. Gives up after `patience`, or a second more with a thread that
    /// hangs in the kernel, which is left to itself.
    void stop();

    /// Records that were not written, counted for each file. From any thread.
    [[nodiscard]] std::uint64_t lost() const noexcept;

  private:
    class worker;

    settings settings_;
    std::shared_ptr<worker> worker_;  // the thread's as well, in case it has to be left behind
    std::future<void> finished_;
    std::thread thread_;
};

}  // namespace rtpproxy
