#pragma once

#include "rtpproxy/accounting/call_record.hpp"
#include "rtpproxy/accounting/record_target.hpp"

#include <sys/types.h>

#include <string>
#include <string_view>

namespace rtpproxy {

/// Which program a record is of.
struct record_origin {
    std::string node;  ///< name of the host
    pid_t pid = 0;
};

/// The first line of a file, without its end; empty: there is none (JSON).
[[nodiscard]] std::string_view record_header(record_format format) noexcept;

/// A line of a file, without its end. What came from outside cannot begin a new line, column or member: see
/// format_csv() and format_json().
[[nodiscard]] std::string format_record(record_format format, const call_record& record,
                                        const record_origin& origin);

/// The names of the classic program's columns (its module acct_csv, record version 1.2), joined by commas.
[[nodiscard]] std::string_view csv_header() noexcept;

/// 54 columns. `_ino` and `_o` are the callee's, `_ina` and `_a` the caller's. Times are seconds since 1970,
/// 0.000000 when there is none; jitter is in RTP timestamp units.
///
/// Control characters and bytes that are not UTF-8 are written as in the log (`\n`, `\x1B`); a text with a
/// comma or quote is quoted (RFC 4180). (The classic program writes both as they are.)
[[nodiscard]] std::string format_csv(const call_record& record, const record_origin& origin);

/// One object (RFC 8259). Members are described in docs/OPERATIONS.md; units are in their names, null stands
/// for what is not known. Bytes that are not UTF-8 are shown as `\xHH`.
[[nodiscard]] std::string format_json(const call_record& record, const record_origin& origin);

}  // namespace rtpproxy
