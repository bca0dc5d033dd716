#define BOOST_TEST_MODULE text_queue
#include "rtpproxy/control/text_queue.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

using namespace rtpproxy;

namespace {

constexpr std::size_t texts_a_block = 64;
const std::string sixty_fourth(text_queue::block_octets / texts_a_block, 'x');

}  // namespace

BOOST_AUTO_TEST_CASE(texts_stay_in_their_place) {
    text_queue queue;
    std::vector<std::string_view> kept;
    for (int i = 0; i < 20'000; ++i)
        kept.push_back(queue.append(std::to_string(i)));
    BOOST_TEST(queue.blocks() > 1U);
    for (int i = 0; i < 20'000; ++i)
        BOOST_TEST_REQUIRE(kept[static_cast<std::size_t>(i)] == std::to_string(i));
}

BOOST_AUTO_TEST_CASE(an_empty_text_is_one_too) {
    text_queue queue;
    const auto nothing = queue.append("");
    BOOST_TEST(nothing.empty());
    BOOST_TEST((nothing.data() != nullptr));
    BOOST_TEST(queue.last_block() == 0U);
}

BOOST_AUTO_TEST_CASE(a_block_is_filled_to_the_last_octet) {
    text_queue queue;
    for (std::size_t i = 0; i < texts_a_block; ++i)
        (void)queue.append(sixty_fourth);
    BOOST_TEST(queue.blocks() == 1U);
    (void)queue.append("y");
    BOOST_TEST(queue.blocks() == 2U);
    BOOST_TEST(queue.last_block() == 1U);
}

BOOST_AUTO_TEST_CASE(a_text_longer_than_a_block_has_one_of_its_own) {
    text_queue queue;
    (void)queue.append("x");
    const std::string long_text(3 * text_queue::block_octets, 'z');
    BOOST_TEST(queue.append(long_text) == long_text);
    BOOST_TEST(queue.append("y") == "y");
    BOOST_TEST(queue.blocks() == 3U);
}

BOOST_AUTO_TEST_CASE(blocks_are_given_back_from_the_front) {
    text_queue queue;
    for (std::size_t i = 0; i < 5 * texts_a_block; ++i)
        (void)queue.append(sixty_fourth);
    const auto last = queue.append("the last one");
    BOOST_TEST(queue.last_block() == 5U);

    queue.drop_before(2);
    BOOST_TEST(queue.blocks() == 4U);
    queue.drop_before(1);  // long gone
    BOOST_TEST(queue.blocks() == 4U);
    queue.drop_before(queue.last_block());
    BOOST_TEST(queue.blocks() == 1U);
    BOOST_TEST(last == "the last one");
    BOOST_TEST(queue.last_block() == 5U);
}

BOOST_AUTO_TEST_CASE(a_steady_flow_takes_no_more_room) {
    text_queue queue;
    std::vector<text_queue::block_number> block_of;
    std::size_t most = 0;
    for (std::size_t i = 0; i < 100 * texts_a_block; ++i) {
        (void)queue.append(sixty_fourth);
        block_of.push_back(queue.last_block());
        if (i >= texts_a_block) queue.drop_before(block_of[i - texts_a_block]);
        most = std::max(most, queue.blocks());
    }
    BOOST_TEST(most <= 3U);
}
