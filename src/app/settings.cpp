#include "rtpproxy/app/settings.hpp"

#include <memory>

namespace rtpproxy {

local_addresses make_local_addresses(const settings& s) {
    std::vector<local_address_ptr> book;
    for (const local_address& address : s.listen)
        book.push_back(std::make_shared<const local_address>(address));
    if (!s.bridging) return local_addresses(std::move(book));
    return {book[0], book[1], {book.begin() + 2, book.end()}};
}

}  // namespace rtpproxy
