#include "recorder_writer.hpp"

#include "rtpproxy/log/log.hpp"
#include "rtpproxy/strands/run_strand.hpp"

#include "disk_file.hpp"
#include "path_in.hpp"
#include "recording_details.hpp"
#include "rename_to_new.hpp"

#include <fmt/format.h>

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>
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

/// Whatever it is; a link is not followed.
bool is_there(const std::filesystem::path& path) noexcept {
    struct stat status {};
    return ::lstat(path.c_str(), &status) == 0;
}

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
        // What needs memory first, so that it is begun as a whole or not at all.
        begun = std::make_shared<recording>(std::move(order));
        instructions to_begin{{.of = begun, .begins = true}};
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
    for (const auto& [of, begins] : under_way_) {
        if (!begins || of->closed) continue;
        open_.emplace(of.get(), of);
        choose_names(*of);
    }
    // Packets of a recording that has ended were all queued before its end was ordered.
    const bool any_ended =
        std::ranges::any_of(under_way_, [](const recording_instruction& each) { return !each.begins; });
    if (any_ended) write_waiting_packets();
    for (; !under_way_.empty(); under_way_.pop_front()) {
        const auto& [of, begins] = under_way_.front();
        if (begins)
            open(*of);
        else
            close(*of);
    }
}

/// In the order in which they were begun, though the first packet of one was there before its order was
/// taken.
void recorder::writer::name_what_has_begun() {
    std::vector<std::shared_ptr<recording>> begun;
    {
        const std::lock_guard lock{mutex_};
        for (const auto& [of, begins] : orders_)
            if (begins) begun.push_back(of);
    }
    for (const auto& each : begun)
        choose_names(*each);
}

/// Takes the number of the other leg's recording where that is free, so that what was said at one time is
/// found together.
void recorder::writer::choose_names(recording& of) {
    if (*of.number != 0) return;
    const auto& beside = of.order.beside;
    const bool together =
        beside && *beside != 0 && are_free(file_names_of(of.order, settings.format, *beside));
    give_number(of, together ? *beside : free_number(of.order));
}

void recorder::writer::give_number(recording& of, unsigned number) {
    auto names = file_names_of(of.order, settings.format, number);
    auto used = names.all();
    std::set<std::string> in_use(std::make_move_iterator(used.begin()), std::make_move_iterator(used.end()));
    names_in_use_.merge(in_use);
    of.names = std::move(names);
    *of.number = number;
}

/// One whose predecessor is taken. Found by doubling and halving, as there may be many recordings of a name.
unsigned recorder::writer::free_number(const recording_order& order) const {
    if (is_free(order, 1)) return 1;
    unsigned taken = 1;
    unsigned free = 2;
    for (; !is_free(order, free); free *= 2)
        taken = free;
    while (free - taken > 1) {
        const auto middle = taken + (free - taken) / 2;
        (is_free(order, middle) ? free : taken) = middle;
    }
    return free;
}

/// A number belongs to both legs, so that those of different times are not taken for one call.
bool recorder::writer::is_free(const recording_order& order, unsigned number) const {
    if (!are_free(file_names_of(order, settings.format, number))) return false;
    if (!order.names_leg) return true;
    auto of_other_leg = order;
    of_other_leg.party = other(order.party);
    return are_free(file_names_of(of_other_leg, settings.format, number));
}

bool recorder::writer::are_free(const recording_file_names& names) const {
    return std::ranges::all_of(names.all(), [this](const std::string& name) { return is_free(name); });
}

bool recorder::writer::is_free(const std::string& name) const {
    const auto target = path_in(settings.directory, name);
    if (names_in_use_.contains(name) || is_there(target)) return false;
    return settings.spool.empty() ||
           (!is_there(path_in(settings.spool, name)) && !mover_->is_moving_to(target));
}

void recorder::writer::give_names_back(const recording& of) {
    for (const auto* name : {&of.names.rtp, &of.names.rtcp, &of.names.details})
        names_in_use_.erase(*name);
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

/// Opens a recording unless it is open.
void recorder::writer::open(recording& opened) {
    if (opened.files || opened.closed) return;
    if (*opened.number == 0) name_what_has_begun();
    choose_names(opened);
    open_files(opened);
    log::info(opened.order.call_id, "recording to {}", opened.names.rtp);
}

/// Another program may take a name between our look and our file; then there is another number.
void recorder::writer::open_files(recording& opened) {
    constexpr int most_attempts = 16;
    for (int attempt = 1;; ++attempt) {
        auto files = open_recording_files(opened, working_directory(), around_, now_);
        if (!files->name_is_taken() || attempt == most_attempts) {
            opened.files = std::move(files);
            return;
        }
        give_names_back(opened);
        give_number(opened, free_number(opened.order));
    }
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
    if (!closed.files) open_files(closed);
    closed.files->close(now_);
    if (closed.order.details) write_details(closed);
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
    const auto unfinished = path_in(working_directory(), '.' + of.names.details + ".part");
    ::unlink(unfinished.c_str());  // of a program that was killed
    disk_file file{unfinished, disk_};
    if (!file.ready(now_) || !file.write(std::as_bytes(std::span{text}), 0, now_)) return;
    if (const auto error = rename_to_new(unfinished, path)) {
        ::unlink(unfinished.c_str());
        not_in_place(path, error);
    }
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
    const auto error = rename_to_new(from, to);
    if (!error || error == std::errc::no_such_file_or_directory) return;  // never made: that has been told
    if (error != std::errc::cross_device_link) return not_in_place(to, error);
    auto aside = path_in(settings.spool, fmt::format("{}.moving-{}", name, ++moves_));
    while (is_there(aside))  // it could not be moved then
        aside = path_in(settings.spool, fmt::format("{}.moving-{}", name, ++moves_));
    if (const auto stays = rename_to_new(from, aside)) return not_in_place(to, stays);
    mover_->move(aside, to);
}

/// A name that somebody else took is no trouble of the disk.
void recorder::writer::not_in_place(const std::filesystem::path& path, const std::error_code& why) {
    if (why != std::errc::file_exists) return disk_.failed(path, why, now_);
    log::err(log::global, "recording: {} is there already, and not ours; it is left alone", path.string());
}

void recorder::writer::forget(const recording& closed) {
    std::shared_ptr<recording> last;  // not to be destroyed under the mutex, nor before we are done with it
    if (const auto found = open_.find(&closed); found != open_.end()) {
        last = std::move(found->second);
        open_.erase(found);
    }
    give_names_back(closed);
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
