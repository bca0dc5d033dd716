#define BOOST_TEST_MODULE capabilities
#include "rtpproxy/protocol/capabilities.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <set>

using namespace rtpproxy;

BOOST_AUTO_TEST_CASE(only_what_works_is_claimed) {
    for (const auto* date :
         {"20040107", "20050322", "20060704", "20071116", "20191015", "20230205", "20080403", "20081102",
          "20081224", "20090810", "20140323", "20140617", "20141004", "20150330", "20150420", "20150617",
          "20071218", "20200226", "20170313", "20230314", "20230424", "20251015", "20260306", "20260308"})
        BOOST_TEST_CONTEXT(date) {
            BOOST_TEST(has_capability(date, true));
        }
    for (const auto* date : {"20071217"})
        BOOST_TEST_CONTEXT(date) {
            BOOST_TEST(!has_capability(date, true));
        }
}

BOOST_AUTO_TEST_CASE(timeout_notification_needs_a_target) {
    BOOST_TEST(has_capability("20081224", true));
    BOOST_TEST(!has_capability("20081224", false));
    for (const auto& one : capabilities())
        BOOST_TEST(has_capability(one.date, false) == (one.supported && one.date != "20081224"));
}

BOOST_AUTO_TEST_CASE(unknown_dates_are_denied) {
    for (const auto* date :
         {"", "0", "2004010", "200401070", " 20040107", "20040108", "99999999", "vf", "\xff"})
        BOOST_TEST(!has_capability(date, true));
}

BOOST_AUTO_TEST_CASE(table_is_complete_and_in_order) {
    BOOST_TEST(capabilities().size() == 26U);
    BOOST_TEST(capabilities().front().date == base_version);
    std::set<std::string_view> dates;
    for (const auto& one : capabilities()) {
        BOOST_TEST(one.date.size() == 8U);
        BOOST_TEST(!one.description.empty());
        BOOST_TEST(dates.insert(one.date).second);
    }
    BOOST_TEST(std::ranges::is_sorted(capabilities(), {}, &capability::date));
}
