#include "recorder_writer.hpp"

#include "rtpproxy/log/log.hpp"
#include "rtpproxy/strands/run_strand.hpp"

#include "disk_file.hpp"
#include "path_in.hpp"
#include "recording_details.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <span>
#include <utility>

namespace rtpproxy {
namespace {

constexpr auto poll_interval = std::chrono::milliseconds{20};  // while something is recorded
constexpr auto stop_patience = std::chrono::seconds{5};
constexpr auto calm = std::chrono::seconds{5};
constexpr std::size_t largest_packet = 65536;
constexpr std::size_t smallest_queue = 1U << 20U;
// Of what one shard has sent, before the others get their turn.
constexpr std::size_t turn_octets = 1U << 20U;

}  // namespace

recorder::writer::writer(recorder_settings chosen) : settings(std::move(chosen)) {}

void recorder::writer::prepare(recorder& owner, std::size_t shards) {
    update_clocks();
    probe_directories();
    if (!settings.spool.empty()) mover_.emplace();
    payload_.reserve(largest_packet);  // once its head is taken out of a queue, a packet has to follow
    const auto octets = std::max(settings.queue_octets / std::max<std::size_t>(shards, 1), smallest_queue);
    for (std::size_t i = 0; i < shards; ++i)
        channels.push_back(std::make_unique<recording_channel>(owner, octets));
}

// From the shards.

std::shared_ptr<recording> recorder::writer::begin(recording_order order, bool insist) {
    if (!insist && !disk_.usable()) return nullptr;
    std::shared_ptr<recording> begun;
    {
        const std::lock_guard lock{mutex_};
        if (stopping_) return nullptr;
        auto names = free_names(order);
        auto replaced = ended_with(names);
        begun = std::make_shared<recording>(std::move(order), std::move(names), std::move(replaced));
        // What needs memory first, so that it is begun as a whole or not at all.
        instructions to_begin{{.of = begun, .begins = true}};
        std::map<std::string, std::shared_ptr<recording>> files;
        for (const auto& name : begun->names.all())
            files.emplace(name, begun);
        for (const auto& [name, of] : files)
            by_file_.erase(name);
        by_file_.merge(files);
        orders_.splice(orders_.end(), to_begin);
    }
    work_.notify_one();
    return begun;
}

void recorder::writer::end(std::shared_ptr<recording> ended, recording_end how) noexcept {
    {
        const std::lock_guard lock{mutex_};
        ended->has_ended = true;
        ended->end = std::move(how);
        auto& prepared = ended->to_end;
        orders_.splice(orders_.end(), prepared);
        orders_.back().of = std::move(ended);
    }
    work_.notify_one();
}

/// The names of the order, or with a number if a recording that runs has one of them.
recording_file_names recorder::writer::free_names(const recording_order& order) const {
    const auto runs = [this](const std::string& name) {
        const auto found = by_file_.find(name);
        return found != by_file_.end() && !found->second->has_ended;
    };
    auto names = file_names_of(order, settings.format, order.stem);
    for (unsigned number = 2; std::ranges::any_of(names.all(), runs); ++number)
        names = file_names_of(order, settings.format, fmt::format("{}-{}", order.stem, number));
    return names;
}

/// The recording that ended, but may not be closed yet, and has one of these names.
std::shared_ptr<recording> recorder::writer::ended_with(const recording_file_names& names) const {
    for (const auto& name : names.all())
        if (const auto found = by_file_.find(name); found != by_file_.end()) return found->second;
    return nullptr;
}

void recorder::writer::ask_to_stop() {
    const std::lock_guard lock{mutex_};
    stopping_ = true;
    work_.notify_one();
}

bool recorder::writer::wait_until_stopped() {
    std::unique_lock lock{mutex_};
    return stopped_.wait_for(lock, stop_patience, [this] { return has_stopped_; });
}

// On the thread.

/// What fails, for want of memory, costs what was being written at most.
void recorder::writer::write_until_stopped() noexcept {
    for (bool last = false; !last;) {
        try {
            last = write_once();
        } catch (...) {
            log_exception("recording", "writing");
        }
    }
    try {
        write_the_rest();
    } catch (...) {
        log_exception("recording", "the end");
    }
    mover_.reset();  // which moves what is left
    const std::lock_guard lock{mutex_};
    has_stopped_ = true;
    stopped_.notify_one();
}

/// @returns whether that was the last time.
bool recorder::writer::write_once() {
    wait_for_work();
    update_clocks();
    const bool last = is_stopping();
    carry_out_orders();
    write_waiting_packets();
    if (now_ >= next_second_) every_second();
    return last;
}

/// What nobody ended: its session was still there. A shard ends its sessions before.
void recorder::writer::write_the_rest() {
    while (!open_.empty())
        close(*std::shared_ptr{open_.begin()->second});
    every_second();
}

bool recorder::writer::is_stopping() {
    const std::lock_guard lock{mutex_};
    return stopping_;
}

void recorder::writer::wait_for_work() {
    std::unique_lock lock{mutex_};
    const auto ready = [this] { return stopping_ || !orders_.empty(); };
    if (!open_.empty() || !under_way_.empty())
        work_.wait_for(lock, poll_interval, ready);
    else if (disk_.in_trouble() || losing_)
        work_.wait_for(lock, std::chrono::seconds{1}, ready);
    else
        work_.wait(lock, ready);
}

void recorder::writer::take_orders() {
    const std::lock_guard lock{mutex_};
    under_way_.splice(under_way_.end(), orders_);
}

/// What fails is tried again, with all that was ordered later.
void recorder::writer::carry_out_orders() {
    take_orders();
    for (const auto& [of, begins] : under_way_)
        if (begins && !of->closed) open_.emplace(of.get(), of);
    // Packets of a recording that has ended were all queued before its end was ordered.
    const bool any_ended = std::ranges::any_of(
        under_way_, [](const recording_instruction& each) { return !each.begins || each.of->predecessor; });
    if (any_ended) write_waiting_packets();
    for (; !under_way_.empty(); under_way_.pop_front()) {
        const auto& [of, begins] = under_way_.front();
        if (begins)
            open(*of);
        else
            close(*of);
    }
}

void recorder::writer::write_waiting_packets() {
    std::vector<std::size_t> left;
    for (const auto& each : channels)
        left.push_back(each->waiting());
    for (bool more = true; std::exchange(more, false);) {
        for (std::size_t i = 0; i < channels.size(); ++i) {
            const auto turn = std::min(left[i], turn_octets);
            if (turn == 0) continue;
            write_some(*channels[i], turn);
            left[i] -= turn;
            more = more || left[i] != 0;
        }
    }
}

/// At least that many octets of the queue.
void recorder::writer::write_some(recording_channel& from, std::size_t octets) {
    recorded_packet packet;
    std::uint64_t packets = 0;
    for (std::size_t taken = 0; taken < octets; ++packets) {
        recording* of = from.take(packet, payload_);
        if (of == nullptr) break;
        taken += payload_.size() + recording_channel::header_octets();
        open(*of);
        if (!of->closed) of->files->add(packet, to_wall(packet.when), now_);
    }
    written += packets;
}

/// Opens a recording unless it is open. One of the same name before it has had all its packets by now, as
/// they came by the same channel or were waited for.
void recorder::writer::open(recording& opened) {
    if (opened.files || opened.closed) return;
    if (const auto before = std::exchange(opened.predecessor, nullptr)) close(*before);
    opened.files = open_recording_files(opened, working_directory(), around_, now_);
    log::info(opened.order.call_id, "recording to {}", opened.names.rtp);
}

void recorder::writer::close(recording& closed) {
    if (std::exchange(closed.closed, true)) return;
    try {
        complete_files(closed);
    } catch (...) {
        log_exception("recording", "the end of a recording");
    }
    lost_in_queues_ += closed.lost;
    forget(closed);
}

void recorder::writer::complete_files(recording& closed) {
    if (!closed.files) closed.files = open_recording_files(closed, working_directory(), around_, now_);
    closed.files->close(now_);
    write_details(closed);
    hand_over(closed);
    log::info(closed.order.call_id, "recording to {} is complete, {} packets are missing", closed.names.rtp,
              closed.files->lost() + closed.lost);
}

/// All at once: whoever sees the file sees all of it.
void recorder::writer::write_details(const recording& of) {
    const auto lost_packets = of.files->lost() + of.lost;
    const auto ended = of.has_ended ? of.end.when : now_;
    const auto text =
        describe_recording(of, settings.format, {to_wall(of.order.begun), to_wall(ended)}, lost_packets);
    const auto path = path_in(working_directory(), of.names.details);
    disk_file file{path_in(working_directory(), '.' + of.names.details + ".part"), disk_};
    if (!file.ready(now_) || !file.write(std::as_bytes(std::span{text}), 0, now_)) return;
    if (::rename(file.path().c_str(), path.c_str()) != 0) disk_.failed(path, last_system_error(), now_);
}

/// From the spool directory to where recordings belong; the details last, as the sign that all is there.
void recorder::writer::hand_over(const recording& of) {
    if (settings.spool.empty()) return;
    for (const auto& name : of.names.all())
        hand_over(name);
}

/// Files that have to be copied get another name first: a new recording may want the old one.
void recorder::writer::hand_over(const std::string& name) {
    const auto from = path_in(settings.spool, name);
    const auto to = path_in(settings.directory, name);
    if (::rename(from.c_str(), to.c_str()) == 0) return;
    const auto error = last_system_error();
    if (error == std::errc::no_such_file_or_directory) return;  // was never made: that has been told
    const auto aside = path_in(settings.spool, fmt::format("{}.moving-{}", name, ++moves_));
    if (error == std::errc::cross_device_link && ::rename(from.c_str(), aside.c_str()) == 0)
        return mover_->move(aside, to);
    disk_.failed(to, error, now_);
}

void recorder::writer::forget(const recording& closed) {
    std::shared_ptr<recording> last;  // not to be destroyed under the mutex, nor before we are done with it
    if (const auto found = open_.find(&closed); found != open_.end()) {
        last = std::move(found->second);
        open_.erase(found);
    }
    const std::lock_guard lock{mutex_};
    const auto& names = closed.names;
    for (const auto* name : {&names.rtp, &names.rtcp, &names.details}) {
        const auto found = by_file_.find(*name);
        if (found != by_file_.end() && found->second.get() == &closed) by_file_.erase(found);
    }
}

void recorder::writer::every_second() {
    next_second_ = now_ + std::chrono::seconds{1};
    std::uint64_t lost_packets = lost_in_queues_;
    for (const auto& [of, owner] : open_) {
        if (of->files) owner->files->flush(now_);
        lost_packets += of->lost;
    }
    report_losses(lost_packets);
    lost = lost_packets + disk_.lost();
    if (disk_.in_trouble()) probe_directories();
}

void recorder::writer::probe_directories() {
    disk_.probe(settings.directory, now_);
    if (!settings.spool.empty()) disk_.probe(settings.spool, now_);
}

/// One line when packets begin to be lost for want of room, one when none was for a while.
void recorder::writer::report_losses(std::uint64_t now_lost) {
    if (now_lost != told_lost_) {
        last_loss_ = now_;
        if (!std::exchange(losing_, true)) {
            losses_before_ = told_lost_;
            log::err(log::global,
                     "recording: the disk is too slow, or hangs; packets are missing from recordings");
        }
        told_lost_ = now_lost;
    }
    if (!losing_ || now_ < last_loss_ + calm) return;
    losing_ = false;
    log::warn(log::global, "recording: the disk keeps up again; {} packets are missing",
              told_lost_ - losses_before_);
}

void recorder::writer::update_clocks() {
    now_ = steady_clock::now();
    wall_now_ = std::chrono::system_clock::now();
}

wall_time recorder::writer::to_wall(time_point when) const {
    return std::chrono::floor<std::chrono::microseconds>(
        wall_now_ - std::chrono::duration_cast<std::chrono::system_clock::duration>(now_ - when));
}

const std::filesystem::path& recorder::writer::working_directory() const noexcept {
    return settings.spool.empty() ? settings.directory : settings.spool;
}

}  // namespace rtpproxy
