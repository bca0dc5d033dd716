#define BOOST_TEST_MODULE audio_codec
#include "rtpproxy/codec/audio_codec.hpp"

#include "support/audio.hpp"

#include <boost/test/unit_test.hpp>

#include <array>
#include <random>
#include <string>

using namespace rtpproxy;
using namespace rtpproxy::test;

namespace {

using octets = std::vector<std::byte>;

octets encode(codec_id codec, const samples& audio) {
    octets encoded;
    const auto appended = make_encoder(codec)->encode(audio, encoded);
    BOOST_TEST(appended == encoded.size());
    return encoded;
}

samples decode(codec_id codec, const octets& payload, decoder_bandwidth bandwidth = decoder_bandwidth::full) {
    samples decoded;
    BOOST_TEST(make_decoder(codec, bandwidth)->decode(payload, decoded));
    return decoded;
}

/// Through encoder and decoder in packets of `samples_a_packet`.
samples round_trip(codec_id codec, const samples& audio, std::size_t samples_a_packet,
                   decoder_bandwidth bandwidth = decoder_bandwidth::full) {
    const auto encoder = make_encoder(codec);
    const auto decoder = make_decoder(codec, bandwidth);
    samples decoded;
    for (std::size_t at = 0; at + samples_a_packet <= audio.size(); at += samples_a_packet) {
        octets payload;
        encoder->encode(std::span{audio}.subspan(at, samples_a_packet), payload);
        BOOST_TEST(decoder->decode(payload, decoded));
    }
    return decoded;
}

struct built_codec {
    codec_id codec;
    std::size_t packet;         ///< samples of 20 ms
    double least_correlation;   ///< of speech with what comes back
    std::size_t longest_delay;  ///< samples
};

// G.729 models a voice and does not keep the shape of the wave.
const std::array built_codecs = {
    built_codec{codec_id::pcmu, 160, 0.999, 0}, built_codec{codec_id::pcma, 160, 0.999, 0},
    built_codec{codec_id::g722, 320, 0.99, 60}, built_codec{codec_id::gsm, 160, 0.95, 0},
    built_codec{codec_id::g729, 160, 0.6, 100}, built_codec{codec_id::opus, 960, 0.99, 200},
};

octets one_octet(unsigned value) {
    return {static_cast<std::byte>(value)};
}

}  // namespace

BOOST_AUTO_TEST_CASE(static_payload_types_have_their_codec) {
    BOOST_TEST((codec_of_payload_type(0) == codec_id::pcmu));
    BOOST_TEST((codec_of_payload_type(3) == codec_id::gsm));
    BOOST_TEST((codec_of_payload_type(4) == codec_id::g723));
    BOOST_TEST((codec_of_payload_type(8) == codec_id::pcma));
    BOOST_TEST((codec_of_payload_type(9) == codec_id::g722));
    BOOST_TEST((codec_of_payload_type(18) == codec_id::g729));
    for (const auto other : {1, 2, 5, 13, 34, 96, 101, 127, 255})
        BOOST_TEST(!codec_of_payload_type(static_cast<std::uint8_t>(other)), other);
}

BOOST_AUTO_TEST_CASE(traits_are_those_of_the_codec_asked_for) {
    for (const auto codec : {codec_id::pcmu, codec_id::pcma, codec_id::g722, codec_id::gsm, codec_id::g723,
                             codec_id::g729, codec_id::opus}) {
        const auto& traits = traits_of(codec);
        BOOST_TEST((traits.id == codec));
        if (traits.payload_type) BOOST_TEST((codec_of_payload_type(*traits.payload_type) == codec));
    }
}

BOOST_AUTO_TEST_CASE(codecs_are_found_by_their_name_in_any_case) {
    for (const auto& traits : all_codecs())
        BOOST_TEST((codec_named(traits.name) == traits.id));
    BOOST_TEST((codec_named("Opus") == codec_id::opus));
    BOOST_TEST((codec_named("pcma") == codec_id::pcma));
    for (const auto* other : {"", "opu", "opus2", "opus/48000", " opus", "speex", "telephone-event"})
        BOOST_TEST(!codec_named(other), other);
}

BOOST_AUTO_TEST_CASE(nothing_codes_g723) {
    BOOST_TEST(!can_encode(codec_id::g723));
    BOOST_TEST(!can_decode(codec_id::g723));
    BOOST_TEST(!make_encoder(codec_id::g723));
    BOOST_TEST(!make_decoder(codec_id::g723));
}

BOOST_AUTO_TEST_CASE(the_build_says_what_it_can_do) {
    for (const auto& [codec, packet, least, delay] : built_codecs) {
        BOOST_TEST_CONTEXT(traits_of(codec).name) {
            BOOST_TEST(can_encode(codec) == (make_encoder(codec) != nullptr));
            BOOST_TEST(can_decode(codec) == (make_decoder(codec) != nullptr));
        }
    }
}

// ITU-T G.711 table 2: decoder output values, in the 14 bit scale of the table, which 16 bit samples have
// four times of. The code's bits are sent inverted.
BOOST_AUTO_TEST_CASE(mu_law_is_that_of_the_recommendation) {
    if (!can_encode(codec_id::pcmu)) return;
    struct entry {
        unsigned code;
        int value;
    };
    for (const auto& [code, value] :
         {entry{0x80, 8031}, entry{0x8f, 4191}, entry{0x9f, 2079}, entry{0xaf, 1023}, entry{0xbf, 495},
          entry{0xcf, 231}, entry{0xdf, 99}, entry{0xef, 33}, entry{0xfe, 2}, entry{0xff, 0},
          entry{0x00, -8031}, entry{0x0f, -4191}}) {
        BOOST_TEST_CONTEXT(code) {
            BOOST_TEST(decode(codec_id::pcmu, one_octet(code)) ==
                       samples{static_cast<std::int16_t>(4 * value)});
            const auto sample = static_cast<std::int16_t>(4 * value);
            BOOST_TEST((encode(codec_id::pcmu, {sample}) == one_octet(code)));
        }
    }
}

// ITU-T G.711 table 1: decoder output values in 13 bit scale, eight times of which are 16 bit samples. Every
// other bit of the code is sent inverted.
BOOST_AUTO_TEST_CASE(a_law_is_that_of_the_recommendation) {
    if (!can_encode(codec_id::pcma)) return;
    struct entry {
        unsigned code;
        int value;
    };
    for (const auto& [code, value] :
         {entry{0xff, 4032}, entry{0xf0, 2112}, entry{0xe0, 1056}, entry{0xd0, 528}, entry{0xc0, 264},
          entry{0xb0, 132}, entry{0xa0, 66}, entry{0x90, 33}, entry{0x80, 1}, entry{0x00, -1},
          entry{0x20, -66}, entry{0x70, -2112}, entry{0x7f, -4032}}) {
        BOOST_TEST_CONTEXT(code) {
            const auto sent = one_octet(code ^ 0x55U);
            const auto sample = static_cast<std::int16_t>(8 * value);
            BOOST_TEST(decode(codec_id::pcma, sent) == samples{sample});
            BOOST_TEST((encode(codec_id::pcma, {sample}) == sent));
        }
    }
}

BOOST_AUTO_TEST_CASE(speech_survives_each_codec) {
    for (const auto& [codec, packet, least_correlation, longest_delay] : built_codecs) {
        if (!can_encode(codec)) continue;
        BOOST_TEST_CONTEXT(traits_of(codec).name) {
            const auto speech = make_speech(traits_of(codec).sample_rate, 2);
            const auto heard = round_trip(codec, speech, packet);
            BOOST_TEST(heard.size() == speech.size());
            BOOST_TEST(best_correlation(speech, heard, longest_delay) > least_correlation);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_tone_keeps_its_frequency_in_each_codec) {
    for (const auto& [codec, packet, least_correlation, longest_delay] : built_codecs) {
        if (!can_encode(codec)) continue;
        BOOST_TEST_CONTEXT(traits_of(codec).name) {
            const auto rate = traits_of(codec).sample_rate;
            const auto heard = round_trip(codec, make_tone(440, rate, 2), packet);
            BOOST_TEST(frequency_of(std::span{heard}.subspan(rate / 2), rate) == 440,
                       boost::test_tools::tolerance(0.01));
        }
    }
}

BOOST_AUTO_TEST_CASE(g722_carries_what_8_khz_cannot) {
    if (!can_encode(codec_id::g722)) return;
    const auto heard = round_trip(codec_id::g722, make_tone(5500, 16000, 1), 320);
    BOOST_TEST(frequency_of(std::span{heard}.subspan(1600), 16000) == 5500,
               boost::test_tools::tolerance(0.01));
}

BOOST_AUTO_TEST_CASE(narrowband_decoders_give_8_khz) {
    for (const auto& [codec, packet, least_correlation, longest_delay] : built_codecs) {
        if (!can_encode(codec)) continue;
        BOOST_TEST_CONTEXT(traits_of(codec).name) {
            BOOST_TEST(make_decoder(codec, decoder_bandwidth::narrowband)->output_rate() == 8000U);
            const auto tone = make_tone(440, traits_of(codec).sample_rate, 2);
            const auto heard = round_trip(codec, tone, packet, decoder_bandwidth::narrowband);
            BOOST_TEST(heard.size() == 16000U);
            BOOST_TEST(frequency_of(std::span{heard}.subspan(4000), 8000) == 440,
                       boost::test_tools::tolerance(0.01));
        }
    }
}

BOOST_AUTO_TEST_CASE(frames_have_the_octets_the_traits_tell) {
    for (const auto& [codec, packet, least_correlation, longest_delay] : built_codecs) {
        const auto& traits = traits_of(codec);
        if (!can_encode(codec) || traits.frame_octets == 0) continue;
        BOOST_TEST_CONTEXT(traits.name) {
            BOOST_TEST(encode(codec, samples(7 * traits.frame_samples)).size() == 7 * traits.frame_octets);
        }
    }
}

BOOST_AUTO_TEST_CASE(opus_frames_have_one_length_whatever_is_in_them) {
    if (!can_encode(codec_id::opus)) return;
    std::minstd_rand random{7};
    samples noise(48000);
    for (auto& sample : noise)
        sample = static_cast<std::int16_t>(random() >> 8U);
    const samples loud = make_tone(1000, 48000, 1, 32767);
    for (const auto& audio : {samples(48000), make_speech(48000, 1), noise, loud}) {
        BOOST_TEST(encode(codec_id::opus, audio).size() == 50 * opus_encoder_frame_octets);
        const auto encoder = make_encoder(codec_id::opus);
        for (std::size_t at = 0; at < audio.size(); at += 960) {
            octets packet;
            BOOST_TEST(encoder->encode(std::span{audio}.subspan(at, 960), packet) ==
                       opus_encoder_frame_octets);
            // RFC 6716 §3.1: one frame (code 0), mono.
            BOOST_TEST((std::to_integer<unsigned>(packet.front()) & 7U) == 0U);
        }
    }
}

BOOST_AUTO_TEST_CASE(opus_carries_what_wideband_cannot) {
    if (!can_encode(codec_id::opus)) return;
    const auto heard = round_trip(codec_id::opus, make_tone(12000, 48000, 1), 960);
    BOOST_TEST(frequency_of(std::span{heard}.subspan(4800), 48000) == 12000,
               boost::test_tools::tolerance(0.01));
}

BOOST_AUTO_TEST_CASE(gsm_frames_have_their_signature) {
    if (!can_encode(codec_id::gsm)) return;
    const auto encoded = encode(codec_id::gsm, make_speech(8000, 0.1));
    for (std::size_t at = 0; at < encoded.size(); at += 33)
        BOOST_TEST((std::to_integer<unsigned>(encoded[at]) >> 4) == 0xdU);  // RFC 3551 §4.5.8.1
}

BOOST_AUTO_TEST_CASE(a_last_short_frame_is_filled_up) {
    for (const auto& [codec, packet, least_correlation, longest_delay] : built_codecs) {
        if (!can_encode(codec)) continue;
        const auto& traits = traits_of(codec);
        BOOST_TEST_CONTEXT(traits.name) {
            auto speech = make_speech(traits.sample_rate, 0.1);
            speech.resize(2 * traits.frame_samples + (traits.frame_samples + 1) / 2);
            auto filled = speech;
            filled.resize((filled.size() + traits.frame_samples - 1) / traits.frame_samples *
                          traits.frame_samples);
            BOOST_TEST((encode(codec, speech) == encode(codec, filled)));
        }
    }
}

BOOST_AUTO_TEST_CASE(nothing_becomes_nothing) {
    for (const auto& [codec, packet, least_correlation, longest_delay] : built_codecs) {
        if (!can_encode(codec)) continue;
        BOOST_TEST(encode(codec, {}).empty());
        BOOST_TEST(decode(codec, {}).empty());
    }
}

BOOST_AUTO_TEST_CASE(samples_of_hours_are_encoded_in_pieces) {
    if (!can_encode(codec_id::pcmu)) return;
    const samples audio(3'000'001, std::int16_t{100});
    BOOST_TEST(encode(codec_id::pcmu, audio).size() == audio.size());
    BOOST_TEST(encode(codec_id::g722, audio).size() == audio.size() / 2 + 1);
}

BOOST_AUTO_TEST_CASE(what_is_behind_whole_frames_is_passed_over) {
    for (const auto codec : {codec_id::gsm, codec_id::g729}) {
        if (!can_decode(codec)) continue;
        const auto& traits = traits_of(codec);
        BOOST_TEST_CONTEXT(traits.name) {
            auto payload = encode(codec, make_speech(8000, 0.1));
            const auto whole = decode(codec, payload);
            payload.resize(payload.size() + traits.frame_octets - 1);
            samples decoded;
            BOOST_TEST(!make_decoder(codec)->decode(payload, decoded));
            BOOST_TEST(decoded == whole);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_gsm_frame_without_signature_is_refused) {
    if (!can_decode(codec_id::gsm)) return;
    samples decoded;
    BOOST_TEST(!make_decoder(codec_id::gsm)->decode(octets(33, std::byte{0x5a}), decoded));
    BOOST_TEST(decoded.empty());
}

BOOST_AUTO_TEST_CASE(a_payload_longer_than_udp_carries_is_refused) {
    if (!can_decode(codec_id::pcmu)) return;
    samples decoded;
    BOOST_TEST(!make_decoder(codec_id::pcmu)->decode(octets(65536), decoded));
    BOOST_TEST(decoded.empty());
}

BOOST_AUTO_TEST_CASE(any_octets_can_be_decoded) {
    std::minstd_rand random{20};
    for (const auto& [codec, packet, least_correlation, longest_delay] : built_codecs) {
        if (!can_decode(codec)) continue;
        for (const auto bandwidth : {decoder_bandwidth::full, decoder_bandwidth::narrowband}) {
            const auto decoder = make_decoder(codec, bandwidth);
            samples decoded;
            for (int i = 0; i < 1000; ++i) {
                octets payload(random() % 400);
                for (auto& octet : payload)
                    octet = static_cast<std::byte>(random() >> 8U);
                decoded.clear();
                decoder->decode(payload, decoded);
                BOOST_REQUIRE(decoded.size() <= 5760 + 16 * payload.size());
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(silence_costs_less_with_silence_suppression) {
    if (!can_encode(codec_id::g729)) return;
    octets always;
    octets suppressed;
    make_encoder(codec_id::g729)->encode(samples(80'000), always);
    make_silence_suppressing_encoder(codec_id::g729)->encode(samples(80'000), suppressed);
    BOOST_TEST(always.size() == 10'000U);
    BOOST_TEST(suppressed.size() < 1000U);
}
