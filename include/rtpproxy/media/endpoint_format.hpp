#pragma once

#include "rtpproxy/net/endpoint.hpp"

#include <fmt/format.h>

/// Lets log lines take an endpoint as it is, so that it becomes text only where the line is written:
/// `192.0.2.1:4000`, `[2001:db8::1]:4000`.
template <>
struct fmt::formatter<rtpproxy::endpoint> {
    static constexpr auto parse(format_parse_context& context) { return context.begin(); }
    static auto format(const rtpproxy::endpoint& value, format_context& context) {
        const auto host = value.address().to_string();
        return value.address().is_v6() ? fmt::format_to(context.out(), "[{}]:{}", host, value.port())
                                       : fmt::format_to(context.out(), "{}:{}", host, value.port());
    }
};
