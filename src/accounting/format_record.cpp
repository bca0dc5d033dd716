#include "rtpproxy/accounting/format_record.hpp"

namespace rtpproxy {

std::string_view record_header(record_format format) noexcept {
    return format == record_format::csv ? csv_header() : std::string_view{};
}

std::string format_record(record_format format, const call_record& record, const record_origin& origin) {
    return format == record_format::csv ? format_csv(record, origin) : format_json(record, origin);
}

}  // namespace rtpproxy
