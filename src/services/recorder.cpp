#include "rtpproxy/services/recorder.hpp"

#include "rtpproxy/log/log.hpp"
#include "rtpproxy/threads/start_thread.hpp"

#include "recorder_writer.hpp"

#include <utility>

namespace rtpproxy {

recorder::recorder(recorder_settings chosen) : writer_(std::make_shared<writer>(std::move(chosen))) {}

recorder::~recorder() {
    stop();
}

void recorder::start(std::size_t shards) {
    writer_->prepare(*this, shards);
    writer_->thread = start_thread("recorder", thread_role::background,
                                   [writer = writer_] { writer->write_until_stopped(); });
}

void recorder::stop() {
    if (!writer_->thread.joinable()) return;
    writer_->ask_to_stop();
    if (writer_->wait_until_stopped()) return writer_->thread.join();
    log::always(log::level::err, log::global,
                "recording: the disk does not answer; what is not written yet is lost");
    writer_->thread.detach();
}

recording_channel& recorder::channel(std::size_t shard) {
    return *writer_->channels.at(shard);
}

const recorder_settings& recorder::settings() const noexcept {
    return writer_->settings;
}

recorder_statistics recorder::statistics() const {
    return {writer_->written.load(), writer_->lost.load()};
}

std::shared_ptr<recording> recorder::begin(recording_order order, bool insist) {
    return writer_->begin(std::move(order), insist);
}

void recorder::end(std::shared_ptr<recording> ended, recording_end how) noexcept {
    writer_->end(std::move(ended), std::move(how));
}

}  // namespace rtpproxy
