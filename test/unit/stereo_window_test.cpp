#define BOOST_TEST_MODULE stereo_window
#include "rtpproxy/capture/stereo_window.hpp"

#include <boost/test/unit_test.hpp>

#include <vector>

using namespace rtpproxy;
using samples = std::vector<std::int16_t>;

namespace {

constexpr std::size_t left = 0;
constexpr std::size_t right = 1;

samples changed(const stereo_window& window) {
    const auto piece = window.changed().samples;
    return {piece.begin(), piece.end()};
}

}  // namespace

BOOST_AUTO_TEST_CASE(channels_alternate) {
    stereo_window window{100};
    window.put(left, 0, samples{1, 2});
    window.put(right, 0, samples{3, 4});
    BOOST_TEST(changed(window) == (samples{1, 3, 2, 4}), boost::test_tools::per_element());
    BOOST_TEST(window.end() == 2);
}

BOOST_AUTO_TEST_CASE(what_nobody_fills_is_silence) {
    stereo_window window{100};
    window.put(left, 2, samples{1});
    BOOST_TEST(changed(window) == (samples{0, 0, 0, 0, 1, 0}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(only_what_changed_is_written_again) {
    stereo_window window{100};
    window.put(left, 0, samples{1, 1, 1});
    window.written();
    BOOST_TEST(window.changed().samples.empty());
    window.put(right, 1, samples{2});
    BOOST_TEST(window.changed().at == 1);
    BOOST_TEST(changed(window) == (samples{1, 2, 1, 0}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_is_too_late_is_dropped) {
    stereo_window window{100};
    window.put(left, 0, samples{1, 2, 3, 4});
    window.written();
    window.move_to(2);
    window.put(right, 0, samples{5, 6, 7});
    BOOST_TEST(window.changed().at == 2);
    BOOST_TEST(changed(window) == (samples{3, 7, 4, 0}), boost::test_tools::per_element());
    window.written();
    window.put(right, 0, samples{5});
    BOOST_TEST(window.changed().samples.empty());
}

BOOST_AUTO_TEST_CASE(room_moves_along) {
    stereo_window window{10};
    BOOST_TEST(window.has_room_until(10));
    BOOST_TEST(!window.has_room_until(11));
    window.put(left, 0, samples{1});
    window.move_to(1000);
    BOOST_TEST(window.begin() == 1000);
    BOOST_TEST(window.end() == 1000);
    BOOST_TEST(window.has_room_until(1010));
    window.move_to(5);
    BOOST_TEST(window.begin() == 1000);
    window.put(right, 1001, samples{9});
    BOOST_TEST(window.changed().at == 1000);
    BOOST_TEST(changed(window) == (samples{0, 0, 0, 9}), boost::test_tools::per_element());
}
