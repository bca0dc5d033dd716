#include "rtpproxy/services/recorder.hpp"

#include "rtpproxy/log/log.hpp"

#include "recorder_writer.hpp"

#include <pthread.h>
#include <signal.h>

#include <utility>

namespace rtpproxy {
namespace {

/// Signals are the control strand's. A file that grows beyond RLIMIT_FSIZE shows as an error, not as SIGXFSZ.
void block_signals() {
    sigset_t blocked;
    sigfillset(&blocked);
    for (const int fault : {SIGILL, SIGTRAP, SIGABRT, SIGFPE, SIGBUS, SIGSEGV, SIGSYS})
        sigdelset(&blocked, fault);
    pthread_sigmask(SIG_BLOCK, &blocked, nullptr);
}

}  // namespace

recorder::recorder(recorder_settings chosen) : writer_(std::make_shared<writer>(std::move(chosen))) {}

recorder::~recorder() {
    stop();
}

void recorder::start(std::size_t shards) {
    writer_->prepare(*this, shards);
    writer_->thread = std::thread([writer = writer_] {
        block_signals();
        pthread_setname_np(pthread_self(), "recorder");
        writer->run();
    });
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

void recorder::end(std::shared_ptr<recording> ended, recording_end how) {
    writer_->end(std::move(ended), std::move(how));
}

}  // namespace rtpproxy
