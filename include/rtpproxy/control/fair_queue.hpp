#pragma once

#include "rtpproxy/control/control_peer.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <cstddef>
#include <deque>
#include <iterator>
#include <list>
#include <utility>

namespace rtpproxy {

/// Flows by key, in the order of their turns. A flow is here while something of it waits.
template <typename Key, typename Flow>
class turn_order {
  public:
    turn_order() = default;
    turn_order(turn_order&&) = default;
    turn_order& operator=(turn_order&&) = default;

    [[nodiscard]] bool empty() const noexcept { return flows_.empty(); }

    /// Adds a flow, which has the last turn. Throws std::bad_alloc, and has added none then.
    Flow& add(const Key& key, Flow flow) {
        std::list<std::pair<Key, Flow>> added;
        added.emplace_back(key, std::move(flow));
        index_.emplace(key, added.begin());
        flows_.splice(flows_.end(), added);
        return flows_.back().second;
    }

    /// The flow of `key`, or null.
    [[nodiscard]] Flow* find(const Key& key) const {
        const auto known = index_.find(key);
        return known == index_.end() ? nullptr : &known->second->second;
    }

    /// Whose turn it is. Not when empty.
    [[nodiscard]] Flow& next() noexcept { return flows_.front().second; }

    /// Ends a turn: the flow that had it goes last, or away when it `is_done`.
    void end_turn(bool is_done) {
        if (is_done) {
            index_.erase(flows_.front().first);
            flows_.pop_front();
        } else {
            flows_.splice(flows_.end(), flows_, flows_.begin());
        }
    }

  private:
    std::list<std::pair<Key, Flow>> flows_;
    boost::unordered_flat_map<Key, typename std::list<std::pair<Key, Flow>>::iterator, boost::hash<Key>>
        index_;
};

/// What waits to be done for many peers. Hosts have turns, and within the turns of a host so have its parts;
/// each turn is one item. Items of one part keep their order.
///
/// Nobody can fill the queue: what waits for a host may cost no more than what is left free, and likewise for
/// each part (the dynamic threshold of Choudhury and Hahne). So one part alone has a third of the capacity,
/// and a peer of which nothing waits finds room as long as there is any.
///
/// Pure. Not thread-safe.
template <typename Item>
class fair_queue {
  public:
    /// `capacity` is in the unit of the costs handed to push().
    explicit fair_queue(std::size_t capacity) : capacity_(capacity) {}

    [[nodiscard]] bool empty() const noexcept { return hosts_.empty(); }
    /// How many items wait.
    [[nodiscard]] std::size_t size() const noexcept { return size_; }

    /// Whether a further item of that peer has room.
    [[nodiscard]] bool has_room(const control_peer& peer) const {
        const auto free = capacity_ - (cost_ < capacity_ ? cost_ : capacity_);
        const auto* host = hosts_.find(peer.host);
        if (host == nullptr) return free != 0;
        if (host->cost >= free) return false;
        const auto* part = host->parts.find(peer.part);
        return part == nullptr || part->cost < free - host->cost;
    }

    /// Adds an item, whether there is room or not. `cost` is what it takes of the capacity until it leaves.
    /// Throws std::bad_alloc, and has added nothing then.
    void push(const control_peer& peer, Item item, std::size_t cost) {
        auto& host = put(peer, std::move(item), cost);
        host.cost += cost;
        cost_ += cost;
        ++size_;
    }

    /// Takes out the item whose turn it is. Not when empty.
    Item pop() {
        auto& host = hosts_.next();
        auto& part = host.parts.next();
        auto [item, cost] = std::move(part.items.front());
        part.items.pop_front();
        part.cost -= cost;
        host.cost -= cost;
        cost_ -= cost;
        --size_;
        host.parts.end_turn(part.items.empty());
        hosts_.end_turn(host.parts.empty());
        return std::move(item);
    }

  private:
    struct part_flow {
        void add(Item item, std::size_t with_cost) {
            items.emplace_back(std::move(item), with_cost);
            cost += with_cost;
        }

        std::deque<std::pair<Item, std::size_t>> items;
        std::size_t cost = 0;
    };
    struct host_flow {
        turn_order<control_peer::part_id, part_flow> parts;
        std::size_t cost = 0;
    };

    /// Flows are added with what waits in them, since one in which nothing waits must not have a turn.
    host_flow& put(const control_peer& peer, Item item, std::size_t cost) {
        auto* const host = hosts_.find(peer.host);
        auto* const part = host != nullptr ? host->parts.find(peer.part) : nullptr;
        if (part != nullptr) {
            part->add(std::move(item), cost);
            return *host;
        }
        part_flow new_part;
        new_part.add(std::move(item), cost);
        if (host != nullptr) {
            host->parts.add(peer.part, std::move(new_part));
            return *host;
        }
        host_flow new_host;
        new_host.parts.add(peer.part, std::move(new_part));
        return hosts_.add(peer.host, std::move(new_host));
    }

    std::size_t capacity_;
    std::size_t cost_ = 0;
    std::size_t size_ = 0;
    turn_order<control_peer::host_id, host_flow> hosts_;
};

}  // namespace rtpproxy
