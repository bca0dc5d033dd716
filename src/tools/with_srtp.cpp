#include "rtpproxy/tools/rtp_decryptor.hpp"

#include <boost/archive/iterators/binary_from_base64.hpp>
#include <boost/archive/iterators/transform_width.hpp>

#include <srtp2/srtp.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <new>
#include <type_traits>

namespace rtpproxy {

namespace {

constexpr std::size_t key_octets = SRTP_AES_ICM_128_KEY_LEN_WSALT;
constexpr std::size_t key_characters = key_octets / 3 * 4;
/// UDP carries no more; the library may write its trailer behind.
constexpr std::size_t longest_packet = 65536 + SRTP_MAX_TRAILER_LEN;
using master_key = std::array<unsigned char, key_octets>;
using set_policy = void (*)(srtp_crypto_policy_t*);

set_policy policy_of(std::string_view suite) noexcept {
    if (suite == "AES_CM_128_HMAC_SHA1_80") return srtp_crypto_policy_set_rtp_default;
    if (suite == "AES_CM_128_HMAC_SHA1_32") return srtp_crypto_policy_set_aes_cm_128_hmac_sha1_32;
    return nullptr;
}

bool is_base64(std::string_view text) noexcept {
    constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    return text.find_first_not_of(alphabet) == std::string_view::npos;
}

bool read_key(std::string_view text, master_key& key) {
    namespace iterators = boost::archive::iterators;
    using octets = iterators::transform_width<iterators::binary_from_base64<const char*>, 8, 6>;
    if (text.size() != key_characters || !is_base64(text)) return false;
    std::copy_n(octets(text.data()), key.size(), key.begin());
    return true;
}

/// The library has state for the whole process.
bool initialise() noexcept {
    static const bool done = srtp_init() == srtp_err_status_ok;
    return done;
}

struct context_deleter {
    void operator()(srtp_t context) const noexcept { srtp_dealloc(context); }
};

}  // namespace

struct rtp_decryptor::state {
    std::unique_ptr<std::remove_pointer_t<srtp_t>, context_deleter> context;
    std::vector<std::byte> packet;
};

rtp_decryptor::rtp_decryptor(std::unique_ptr<state> keyed) noexcept : state_(std::move(keyed)) {}
rtp_decryptor::rtp_decryptor(rtp_decryptor&&) noexcept = default;
rtp_decryptor& rtp_decryptor::operator=(rtp_decryptor&&) noexcept = default;
rtp_decryptor::~rtp_decryptor() = default;

boost::system::result<rtp_decryptor, std::string> rtp_decryptor::make(std::string_view crypto) {
    const auto colon = crypto.find(':');
    const auto set = policy_of(crypto.substr(0, colon));
    if (!set) return std::string{"the suite is to be AES_CM_128_HMAC_SHA1_80 or AES_CM_128_HMAC_SHA1_32"};
    master_key key;
    if (colon == std::string_view::npos || !read_key(crypto.substr(colon + 1), key))
        return std::string{"the key is to be 40 characters of Base64"};
    if (!initialise()) return std::string{"libsrtp2 does not start"};

    srtp_policy_t policy{};
    set(&policy.rtp);
    srtp_crypto_policy_set_rtcp_default(&policy.rtcp);
    policy.ssrc.type = ssrc_any_inbound;
    policy.key = key.data();
    policy.window_size = 1024;
    policy.allow_repeat_tx = 1;
    auto keyed = std::make_unique<state>();
    srtp_t context = nullptr;
    if (srtp_create(&context, &policy) != srtp_err_status_ok) return std::string{"libsrtp2 refuses the key"};
    keyed->context.reset(context);
    keyed->packet.resize(longest_packet);
    return rtp_decryptor{std::move(keyed)};
}

std::span<const std::byte> rtp_decryptor::decrypt(std::span<const std::byte> packet) {
    if (packet.size() > longest_packet - SRTP_MAX_TRAILER_LEN) return {};
    std::copy(packet.begin(), packet.end(), state_->packet.begin());
    int length = static_cast<int>(packet.size());
    if (srtp_unprotect(state_->context.get(), state_->packet.data(), &length) != srtp_err_status_ok)
        return {};
    return std::span{state_->packet}.first(static_cast<std::size_t>(std::max(length, 0)));
}

}  // namespace rtpproxy
