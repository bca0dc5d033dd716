#pragma once

#include <boost/endian/conversion.hpp>

#include <cstddef>
#include <span>
#include <vector>

namespace rtpproxy {

using byte_order = boost::endian::order;

/// Appends `value` in that byte order.
template <byte_order Order, typename Value>
void append(std::vector<std::byte>& to, Value value) {
    std::byte octets[sizeof value];
    boost::endian::endian_store<Value, sizeof value, Order>(reinterpret_cast<unsigned char*>(octets), value);
    to.insert(to.end(), octets, octets + sizeof value);
}

template <typename Value>
void append_big(std::vector<std::byte>& to, Value value) {
    append<byte_order::big>(to, value);
}
template <typename Value>
void append_native(std::vector<std::byte>& to, Value value) {
    append<byte_order::native>(to, value);
}

/// Reads a value in that byte order. `from` must be long enough.
template <typename Value>
[[nodiscard]] Value load(std::span<const std::byte> from, byte_order order) noexcept {
    const auto* octets = reinterpret_cast<const unsigned char*>(from.data());
    return order == byte_order::big
               ? boost::endian::endian_load<Value, sizeof(Value), byte_order::big>(octets)
               : boost::endian::endian_load<Value, sizeof(Value), byte_order::little>(octets);
}

template <typename Value>
[[nodiscard]] Value load_big(std::span<const std::byte> from) noexcept {
    return load<Value>(from, byte_order::big);
}

}  // namespace rtpproxy
