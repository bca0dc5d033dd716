#define BOOST_TEST_MODULE session_match
#include "rtpproxy/session/session_match.hpp"

#include "rtpproxy/session/session_table.hpp"

#include <boost/test/unit_test.hpp>

using namespace rtpproxy;

namespace {

using wanted = std::optional<match>;
constexpr auto none = std::nullopt;

struct tag_case {
    std::string_view session_tag, from_tag;
    std::optional<std::string_view> to_tag;
    wanted stream, any_stream;
};

const tag_case cases[] = {
    {"F;1", "F;1", none, match::direct, match::direct},
    {"F;1", "F;1", "T;1", match::direct, match::direct},
    {"F;1", "T;1", "F;1", match::reverse, match::reverse},
    {"F;1", "T;1", "F", match::reverse, match::reverse},
    {"F;2", "T;1", "F", none, match::reverse},
    {"F;1", "T", "F", none, match::reverse},
    {"F;1", "F", none, none, match::direct},
    {"F;1", "F", "T", none, match::direct},
    {"F;1", "T", "F;1", match::reverse, match::reverse},
    {"F1", "F", none, none, none},
    {"F;10", "F;1", none, none, none},
    {"F", "F;1", none, none, none},
    {"F", "T;1", "F", match::reverse, match::reverse},
    {"F;1", "f;1", none, none, none},
    {"F;1", "X;1", "Y;1", none, none},
    {"F;x;2", "T;2", "F", match::reverse, match::reverse},
};

std::unique_ptr<session> make_session(std::string call_id, std::string from_tag) {
    return std::make_unique<session>(std::move(call_id), std::move(from_tag),
                                     inactivity{inactivity::mode::shared, 60, 60, 0}, time_point{});
}

}  // namespace

BOOST_AUTO_TEST_CASE(tags_name_streams) {
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.session_tag << " from " << c.from_tag << " to " << c.to_tag.value_or("-")) {
            BOOST_TEST((match_stream(c.session_tag, c.from_tag, c.to_tag) == c.stream));
            BOOST_TEST((match_any_stream(c.session_tag, c.from_tag, c.to_tag) == c.any_stream));
        }
    }
}

BOOST_AUTO_TEST_CASE(media_number_follows_the_last_semicolon) {
    BOOST_TEST(media_number("abc;12") == "12");
    BOOST_TEST(media_number("a;b;3") == "3");
    BOOST_TEST(media_number("abc").empty());
    BOOST_TEST(media_number("").empty());
}

BOOST_AUTO_TEST_CASE(sessions_of_a_call_are_searched_in_creation_order) {
    session_table table;
    session& first = table.add(make_session("c", "a"));
    session& second = table.add(make_session("c", "b"));
    table.add(make_session("other", "a"));
    BOOST_TEST(table.find_stream("c", "b", "a").found == &first);
    BOOST_TEST(table.find_stream("c", "b", std::nullopt).found == &second);
    BOOST_TEST(!table.find_stream("none", "a", std::nullopt));
    BOOST_TEST(table.size() == 3u);
}

BOOST_AUTO_TEST_CASE(lone_tag_is_the_creating_one_but_for_what_ends_sessions) {
    session_table table;
    session& audio = table.add(make_session("c", "F;1"));
    session& video = table.add(make_session("c", "F;2"));
    audio.to_tag = "T;1";
    video.to_tag = "T;2";
    BOOST_TEST(!table.find_stream("c", "T;2", std::nullopt));
    BOOST_TEST(table.find_all_streams("c", "T", std::nullopt).empty());
    BOOST_TEST(table.find_all_streams("c", "F", std::nullopt).size() == 2u);
    BOOST_TEST(table.find_streams_to_end("c", "F;1", std::nullopt).front().found == &audio);
    BOOST_TEST(table.find_streams_to_end("c", "T", std::nullopt).size() == 2u);
    BOOST_TEST(table.find_streams_to_end("c", "T;2", std::nullopt).front().found == &video);
    BOOST_TEST((table.find_streams_to_end("c", "T;2", std::nullopt).front().how == match::reverse));
    BOOST_TEST(table.find_streams_to_end("c", "T", "x").empty());
    BOOST_TEST(table.find_streams_to_end("c", "x", std::nullopt).empty());
    BOOST_TEST(table.find_streams_to_end("none", "T", std::nullopt).empty());
}

BOOST_AUTO_TEST_CASE(removed_session_is_gone_and_owned_by_the_caller) {
    session_table table;
    session& added = table.add(make_session("c", "a"));
    const auto owned = table.remove(added);
    BOOST_TEST(owned.get() == &added);
    BOOST_TEST(table.size() == 0u);
    BOOST_TEST(!table.find_stream("c", "a", std::nullopt));
}
