#include "rtpproxy/services/prompt_cache.hpp"

#include <iterator>

namespace rtpproxy {

prompt_ptr prompt_cache::find(const key& wanted, const file_version& version) {
    const auto found = index_.find(wanted);
    if (found == index_.end() || found->second->version != version) return nullptr;
    kept_.splice(kept_.begin(), kept_, found->second);
    return found->second->kept;
}

void prompt_cache::keep(const key& name, const file_version& version, prompt_ptr read) {
    if (const auto older = index_.find(name); older != index_.end()) forget(older->second);
    if (read->octets.size() > limit_) return;
    while (octets_ + read->octets.size() > limit_)
        forget(std::prev(kept_.end()));
    const auto octets = read->octets.size();
    kept_.push_front({name, version, std::move(read)});
    try {
        index_.emplace(name, kept_.begin());
    } catch (...) {
        kept_.pop_front();
        throw;
    }
    octets_ += octets;
}

void prompt_cache::forget(entries::iterator forgotten) {
    octets_ -= forgotten->kept->octets.size();
    index_.erase(forgotten->name);
    kept_.erase(forgotten);
}

}  // namespace rtpproxy
