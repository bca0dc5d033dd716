// PCMU, PCMA (ITU-T G.711), G.722 and GSM 06.10 by spandsp.

#include "backends.hpp"

#include <spandsp.h>

#include <algorithm>
#include <new>

namespace rtpproxy::codec_backends {

namespace {

template <auto Release>
struct released_by {
    template <class State>
    void operator()(State* state) const noexcept {
        Release(state);
    }
};

template <class State, auto Release>
using state_ptr = std::unique_ptr<State, released_by<Release>>;

/// spandsp's constructors return null when there is no memory.
template <class State>
State* checked(State* state) {
    if (!state) throw std::bad_alloc{};
    return state;
}

const std::uint8_t* octets_of(std::span<const std::byte> bytes) noexcept {
    return reinterpret_cast<const std::uint8_t*>(bytes.data());
}

/// Makes room for `count` more elements and lets `fill(place)` write them, which returns how many it wrote.
/// @returns whether it wrote all.
template <class Element, class Fill>
bool append(std::vector<Element>& out, std::size_t count, Fill fill) {
    const auto before = out.size();
    out.resize(before + count);
    const auto written = std::min(count, static_cast<std::size_t>(std::max(fill(out.data() + before), 0)));
    out.resize(before + written);
    return written == count;
}

std::uint8_t* octets_at(std::byte* place) noexcept {
    return reinterpret_cast<std::uint8_t*>(place);
}

int g711_law(codec_id codec) noexcept {
    return codec == codec_id::pcma ? G711_ALAW : G711_ULAW;
}

class g711_encoder final : public audio_encoder {
  public:
    explicit g711_encoder(codec_id codec)
        : audio_encoder(codec), state_(checked(g711_init(nullptr, g711_law(codec)))) {}

  private:
    void encode_frames(std::span<const std::int16_t> samples, std::vector<std::byte>& encoded) override {
        append(encoded, samples.size(), [&](std::byte* place) {
            return g711_encode(state_.get(), octets_at(place), samples.data(),
                               static_cast<int>(samples.size()));
        });
    }

    state_ptr<g711_state_t, g711_free> state_;
};

class g711_decoder final : public audio_decoder {
  public:
    explicit g711_decoder(codec_id codec)
        : audio_decoder(codec, 8000), state_(checked(g711_init(nullptr, g711_law(codec)))) {}

  private:
    bool decode_payload(std::span<const std::byte> payload, std::vector<std::int16_t>& samples) override {
        return append(samples, payload.size(), [&](std::int16_t* place) {
            return g711_decode(state_.get(), place, octets_of(payload), static_cast<int>(payload.size()));
        });
    }

    state_ptr<g711_state_t, g711_free> state_;
};

constexpr int g722_bit_rate = 64000;

class g722_encoder final : public audio_encoder {
  public:
    g722_encoder()
        : audio_encoder(codec_id::g722), state_(checked(g722_encode_init(nullptr, g722_bit_rate, 0))) {}

  private:
    void encode_frames(std::span<const std::int16_t> samples, std::vector<std::byte>& encoded) override {
        append(encoded, samples.size() / 2, [&](std::byte* place) {
            return g722_encode(state_.get(), octets_at(place), samples.data(),
                               static_cast<int>(samples.size()));
        });
    }

    state_ptr<g722_encode_state_t, g722_encode_free> state_;
};

class g722_decoder final : public audio_decoder {
  public:
    explicit g722_decoder(decoder_bandwidth bandwidth)
        : audio_decoder(codec_id::g722, bandwidth == decoder_bandwidth::full ? 16000 : 8000),
          state_(checked(g722_decode_init(
              nullptr, g722_bit_rate, bandwidth == decoder_bandwidth::full ? 0 : G722_SAMPLE_RATE_8000))) {}

  private:
    bool decode_payload(std::span<const std::byte> payload, std::vector<std::int16_t>& samples) override {
        return append(samples, payload.size() * (output_rate() / 8000), [&](std::int16_t* place) {
            return g722_decode(state_.get(), place, octets_of(payload), static_cast<int>(payload.size()));
        });
    }

    state_ptr<g722_decode_state_t, g722_decode_free> state_;
};

class gsm_encoder final : public audio_encoder {
  public:
    gsm_encoder()
        : audio_encoder(codec_id::gsm), state_(checked(gsm0610_init(nullptr, GSM0610_PACKING_VOIP))) {}

  private:
    void encode_frames(std::span<const std::int16_t> samples, std::vector<std::byte>& encoded) override {
        const auto frames = samples.size() / traits().frame_samples;
        append(encoded, frames * traits().frame_octets, [&](std::byte* place) {
            return gsm0610_encode(state_.get(), octets_at(place), samples.data(),
                                  static_cast<int>(samples.size()));
        });
    }

    state_ptr<gsm0610_state_t, gsm0610_free> state_;
};

class gsm_decoder final : public audio_decoder {
  public:
    gsm_decoder()
        : audio_decoder(codec_id::gsm, 8000), state_(checked(gsm0610_init(nullptr, GSM0610_PACKING_VOIP))) {}

  private:
    bool decode_payload(std::span<const std::byte> payload, std::vector<std::int16_t>& samples) override {
        const auto frames = count_frames(payload);
        const auto whole = payload.first(frames * traits().frame_octets);
        const bool decoded = append(samples, frames * traits().frame_samples, [&](std::int16_t* place) {
            return gsm0610_decode(state_.get(), place, octets_of(whole), static_cast<int>(whole.size()));
        });
        return decoded && whole.size() == payload.size();
    }

    /// Frames up to the first without the signature of RFC 3551 §4.5.8.1, which spandsp does not look at.
    [[nodiscard]] std::size_t count_frames(std::span<const std::byte> payload) const noexcept {
        constexpr std::byte signature{0xd};
        std::size_t frames = 0;
        for (; payload.size() >= traits().frame_octets; payload = payload.subspan(traits().frame_octets)) {
            if (payload.front() >> 4 != signature) break;
            ++frames;
        }
        return frames;
    }

    state_ptr<gsm0610_state_t, gsm0610_free> state_;
};

}  // namespace

std::unique_ptr<audio_encoder> make_spandsp_encoder(codec_id codec) {
    switch (codec) {
        case codec_id::pcmu:
        case codec_id::pcma:
            return std::make_unique<g711_encoder>(codec);
        case codec_id::g722:
            return std::make_unique<g722_encoder>();
        case codec_id::gsm:
            return std::make_unique<gsm_encoder>();
        default:
            return nullptr;
    }
}

std::unique_ptr<audio_decoder> make_spandsp_decoder(codec_id codec, decoder_bandwidth bandwidth) {
    switch (codec) {
        case codec_id::pcmu:
        case codec_id::pcma:
            return std::make_unique<g711_decoder>(codec);
        case codec_id::g722:
            return std::make_unique<g722_decoder>(bandwidth);
        case codec_id::gsm:
            return std::make_unique<gsm_decoder>();
        default:
            return nullptr;
    }
}

}  // namespace rtpproxy::codec_backends
